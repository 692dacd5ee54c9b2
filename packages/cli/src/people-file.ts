/** Reads people from a CSV file (RFC 4180, with or without BOM); every complaint names the line. */
import { type ImportedPerson, importedPerson, profileChange } from "@sallyport/contracts";
import { nearest } from "@sallyport/settings";
import { CsvError, parse } from "csv-parse/sync";
import { Complaint } from "./complaint.ts";

const PROFILE = Object.keys(profileChange.shape);
/** What a column may be called, or stand for. */
const FIELDS = ["externalId", ...PROFILE, "active"] as const;
const ACTIVE: Readonly<Record<string, boolean>> = { true: true, yes: true, "1": true, false: false, no: false, "0": false };
/** Complaints of one file: enough to see what is wrong with it. */
const SHOWN = 20;
const DELIMITERS = [",", ";", "\t"];

export interface PeopleFileOptions {
  /** `Column=field`, for columns that are called otherwise. */
  map?: readonly string[] | undefined;
  delimiter?: string | undefined;
}

export interface PeopleFile {
  people: ImportedPerson[];
  /** Line of each person, from 1. */
  lines: number[];
  /** Columns that stand for nothing and were not read. */
  ignored: string[];
}

/**
 * The first line names the columns. An empty cell takes the field away, a column that is not there leaves it alone: the file is the truth of
 * what it holds. Throws a `Complaint` with `file:line`.
 */
export function readPeopleFile(file: string, text: string, options: PeopleFileOptions = {}): PeopleFile {
  const rows = readRows(file, text, options.delimiter ?? delimiterOf(text));
  const [head, ...body] = rows;
  if (!head || body.length === 0)
    throw new Complaint(`${file}: there is nobody in it; the first line names the columns, the others are people`);
  const columns = readHead(file, head.record, options.map ?? []);
  const ignored = head.record.filter((_, at) => columns[at] === undefined);
  const people = readAll(file, columns, body);
  return { people, lines: body.map(({ line }) => line), ignored };
}

/** All or nobody: in a list that is complete, whoever is left out for a slip would be deactivated. But every slip is named at once. */
function readAll(file: string, columns: (string | undefined)[], rows: Row[]): ImportedPerson[] {
  const complaints: string[] = [];
  const people = rows.flatMap(({ record, line }) => {
    try {
      return [readPerson(`${file}:${line}`, columns, record)];
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      complaints.push(error.message);
      return [];
    }
  });
  if (complaints.length === 0) return people;
  const more = complaints.length > SHOWN ? [`and ${complaints.length - SHOWN} more`] : [];
  throw new Complaint([...complaints.slice(0, SHOWN), ...more].join("\n"));
}

interface Row {
  record: string[];
  line: number;
}

function readRows(file: string, text: string, delimiter: string): Row[] {
  if (text.includes("\u{fffd}")) throw new Complaint(`${file}: it is not UTF-8; save it as “CSV UTF-8”`);
  try {
    const found = parse(text, { bom: true, delimiter, info: true, trim: true, skip_empty_lines: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return found.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new Complaint(`${file}:${error["lines"] ?? "?"}: ${error.message}`);
  }
}

/** What stands most often in the first line: spreadsheets of some countries write semicolons. */
function delimiterOf(text: string): string {
  const first = text.slice(0, 4096).split(/\r?\n/, 1)[0] ?? "";
  const count = (one: string) => first.split(one).length;
  return DELIMITERS.reduce((best, one) => (count(one) > count(best) ? one : best));
}

/** The field of each column; undefined for one that stands for nothing. */
function readHead(file: string, names: string[], map: readonly string[]): (string | undefined)[] {
  const mapped = new Map(map.map(readPair));
  for (const column of mapped.keys())
    if (!names.includes(column)) throw new Complaint(`--map ${column}=…: ${file} has no such column; there are: ${names.join(", ")}`);
  const columns = names.map((name) => mapped.get(name) ?? FIELDS.find((field) => field.toLowerCase() === name.toLowerCase()));
  const twice = columns.find((field, at) => field !== undefined && columns.indexOf(field) !== at);
  if (twice !== undefined) throw new Complaint(`${file}:1: two columns stand for ${twice}`);
  const missing = ["externalId", "login"].filter((needed) => !columns.includes(needed));
  if (missing.length === 0) return columns;
  const free = names.filter((_, at) => columns[at] === undefined);
  const maps = missing.map((needed) => `--map "${nearest(needed, free) ?? "COLUMN"}=${needed}"`);
  throw new Complaint(
    `${file}:1: no column is called ${missing.join(" and none ")}; say which one it is: ${maps.join(" ")} (there are: ${names.join(", ")})`,
  );
}

function readPair(pair: string): [string, string] {
  const cut = pair.lastIndexOf("=");
  const [column, field] = [pair.slice(0, cut), pair.slice(cut + 1)];
  if (cut > 0 && (FIELDS as readonly string[]).includes(field)) return [column, field];
  const meant = nearest(field, FIELDS);
  throw new Complaint(
    `--map ${pair}: is not COLUMN=FIELD with one of the fields ${FIELDS.join(", ")}${meant ? `; did you mean ${meant}?` : ""}`,
  );
}

function readPerson(place: string, columns: (string | undefined)[], record: string[]): ImportedPerson {
  const cells = columns.flatMap((field, at) => (field === undefined ? [] : [[field, record[at] ?? ""] as const]));
  const cell = Object.fromEntries(cells);
  const active = cell["active"] === undefined || cell["active"] === "" ? true : ACTIVE[cell["active"].toLowerCase()];
  if (active === undefined) throw new Complaint(`${place}: active: is ${cell["active"]}, not yes or no`);
  const profile = Object.fromEntries(
    cells.filter(([field]) => PROFILE.includes(field)).map(([field, value]) => [field, value === "" ? null : value]),
  );
  const read = importedPerson.safeParse({ externalId: cell["externalId"], profile, active });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const field = issue?.path.at(-1);
  throw new Complaint(`${place}: ${String(field)}: ${cell[String(field)] === "" ? "is empty" : (issue?.message ?? "")}`);
}
