/** The end of the agent's log for a support bundle: the last logons and the last other lines, each field through its allow-list. */
import { join } from "node:path";
import type { agentFiles } from "@sallyport/agent";
import { type BundlePart, type Pseudonyms, scrubPath, scrubRecord } from "@sallyport/doctor";
import { readIfThere } from "./doctor-bundle-read.ts";

const LOGONS = 50;
const OTHER_LINES = 200;

type Line = Record<string, unknown>;

/** `kept`: what the PAM module wrote down while there was no agent. */
export async function logParts(files: ReturnType<typeof agentFiles>): Promise<BundlePart[]> {
  const people: Pseudonyms = new Map();
  const log = [...linesIn(`${files.log}.1`), ...linesIn(files.log)];
  const attempts = join(files.state, "attempts.jsonl");
  const kept = [...linesIn(`${attempts}.taken`), ...linesIn(attempts)].map((line) => line && { ...line, event: "logon" });
  const isLogon = (line: Line | undefined) => line?.["event"] === "logon";
  return [
    part("logons", files.log, log.filter(isLogon), LOGONS, people),
    part(
      "log",
      files.log,
      log.filter((line) => !isLogon(line)),
      OTHER_LINES,
      people,
    ),
    part("kept-attempts", attempts, kept, LOGONS, people),
  ];
}

function part(name: string, from: string, lines: (Line | undefined)[], most: number, people: Pseudonyms): BundlePart {
  const read = lines.filter((line) => line !== undefined);
  const scrubbed = read.slice(-most).map((line) => scrubRecord(line, people));
  const fields = scrubbed.reduce((sum, { leftOut }) => sum + leftOut, 0);
  const why = [
    read.length > most ? `${read.length - most} older lines` : "",
    fields > 0 ? `${fields} fields: not on the list of what is shown, or not of the form that they have there` : "",
    lines.length > read.length ? `${lines.length - read.length} lines that are no record` : "",
  ].filter(Boolean);
  return {
    name,
    from: scrubPath(from),
    content: scrubbed.map(({ record }) => record),
    leftOut: why.map((text) => ({ what: name, why: text })),
  };
}

/** `undefined` for a line that is no record: it may hold anything. */
function linesIn(file: string): (Line | undefined)[] {
  const read = readIfThere(file);
  return read.ok ? read.text.split("\n").filter(Boolean).map(parse) : [];
}

function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Line) : undefined;
  } catch {
    return undefined;
  }
}
