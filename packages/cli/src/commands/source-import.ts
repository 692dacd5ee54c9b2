/** Brings in people from a CSV file: `sallyport source import`. */
import { type ImportedView, type ImportView, PEOPLE_AT_ONCE, type PersonFate } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { print, table } from "../output.ts";
import { readPeopleFile } from "../people-file.ts";
import { readText } from "../read-text.ts";

interface ImportOptions extends CommonOptions {
  source: string;
  dryRun?: boolean;
  complete?: boolean;
  brake: string;
  map?: string[];
  delimiter?: string;
}

/** Ten thousand people on a slow disk. */
const PATIENCE_MS = 10 * 60_000;
/** In the order in which they need somebody. */
export const FATES: Record<PersonFate, string> = {
  refused: "refused, and left as they are",
  "held-back": "made, but held back until you decide",
  deactivated: "deactivated",
  activated: "activated again",
  created: "new",
  updated: "changed",
  "left-out": "inactive in the file and not here",
  unchanged: "unchanged",
};

export const DECIDE =
  "Decide on those who are held back: sallyport duplicate list, then sallyport duplicate decide ID --keep, --link or --exclude USER";

export function importCommand(source: Command): void {
  orgCommand<ImportOptions>(
    source,
    {
      name: "import <file>",
      does: "bring in people from a CSV file, or bring them up to date; keyed by the file's own ids (exit code 1 if anybody was refused)",
      example: "sallyport source import people.csv --source hr --dry-run",
      required: [["--source <name>", "what these people's source is called"]],
      options: [
        ["--dry-run", "say what would become of each line, and change nothing"],
        ["--complete", "the file is the whole list: whoever is missing from it is deactivated"],
        ["--brake <percent>", "change nothing if more of the source's people would be deactivated (default: 10)"],
        ["--map <pairs...>", 'columns that are called otherwise, as "Employee No=externalId"'],
        ["--delimiter <character>", "what parts the columns (default: the one that the first line has)"],
      ],
    },
    async (org, options, file = "") => {
      const read = readPeopleFile(file, readText(file), options);
      if (read.people.length > PEOPLE_AT_ONCE)
        throw new Complaint(
          `${file}: ${read.people.length} people are more than the ${PEOPLE_AT_ONCE} of one import; split it, without --complete`,
        );
      const brake = options.brake === undefined ? {} : { brake: percent(options.brake) };
      const url = `/api/v1/sources/${encodeURIComponent(options.source)}/import?dryRun=${options.dryRun === true}`;
      const body = { people: read.people, complete: options.complete === true, ...brake };
      const view = await org.send<ImportView>("POST", url, body, PATIENCE_MS);
      const people = view.people.map((one, at) => ({ ...one, ...(read.lines[at] === undefined ? {} : { line: read.lines[at] }) }));
      print(options.json, { ...view, people, ignored: read.ignored }, () => tell(view, people, read.ignored));
      if (people.some(({ fate }) => fate === "refused")) process.exitCode = 1;
    },
  );
}

export function percent(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 100)) throw new Complaint(`--brake ${text}: is not a number from 0 to 100`);
  return value;
}

function tell(view: ImportView, people: (ImportedView & { line?: number })[], ignored: string[]): string[] {
  const order = Object.keys(FATES);
  const shown = people.filter(({ fate, why }) => fate !== "unchanged" || why !== undefined);
  const rows = shown
    .sort((a, b) => order.indexOf(a.fate) - order.indexOf(b.fate))
    .map((one) => [one.line ?? "–", one.login, one.fate, one.why ?? one.changed?.join(", ") ?? ""]);
  const counts = Object.entries(FATES).flatMap(([fate, text]) => {
    const count = people.filter((one) => one.fate === fate).length;
    return count === 0 ? [] : [`${count} ${text}`];
  });
  return [
    ...(rows.length > 0 ? [...table(["line", "login", "fate", "why, or what changed"], rows, ""), ""] : []),
    `${view.source}: ${counts.join(", ")}`,
    ...(ignored.length > 0 ? [`Columns that were not read: ${ignored.join(", ")} (see --map)`] : []),
    ...(view.braked === undefined ? [] : [`The brake would stop this: ${view.braked} (--brake PERCENT)`]),
    ...(view.dryRun ? ["Nothing was changed: this was a dry run."] : []),
    ...(!view.dryRun && people.some(({ fate }) => fate === "held-back") ? [DECIDE] : []),
  ];
}
