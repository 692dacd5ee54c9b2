/** Brings a source up to date and shows how far it is: `sallyport source sync`. */
import { setTimeout as wait } from "node:timers/promises";
import type { GroupChangeView, RunView, SyncPreview } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { DECIDE, FATES, percent } from "./source-import.ts";

interface SyncOptions extends CommonOptions {
  dryRun?: boolean;
  full?: boolean;
  brake?: string;
}

/** A dry run of a large directory, read whole over a slow line. */
const PATIENCE_MS = 10 * 60_000;
const LOOK_MS = 300;
const COUNTS: Record<string, string> = {
  ...FATES,
  "left-out": "inactive there and not here",
  "held-back": "made, but held back until you decide",
  unreadable: "that nobody can be made of",
  "groups-created": "new groups",
  "groups-updated": "changed groups",
  "groups-removed": "groups removed",
  "groups-emptied": "groups emptied, since they are still used",
  "groups-unchanged": "groups unchanged",
  "members-in": "into groups",
  "members-out": "out of groups",
};

export function syncCommand(source: Command): void {
  orgCommand<SyncOptions>(
    source,
    {
      name: "sync <name>",
      does: "bring people and groups of a source up to date now (exit code 1 if it could not be done)",
      example: "sallyport source sync corp --dry-run",
      options: [
        ["--dry-run", "say what would become of everybody, and change nothing"],
        ["--full", "read everything, not only what has changed"],
        ["--brake <percent>", "let so many be deactivated, this once"],
      ],
    },
    async (org, options, name = "") => {
      const path = `/api/v1/sources/${encodeURIComponent(name)}`;
      const body = { full: options.full === true, ...(options.brake === undefined ? {} : { brake: percent(options.brake) }) };
      if (options.dryRun) {
        const view = await org.send<SyncPreview>("POST", `${path}/sync?dryRun=true`, body, PATIENCE_MS);
        print(options.json, view, () => foretold(view));
        return;
      }
      const run = await watched(org, path, await org.send<RunView>("POST", `${path}/sync`, body));
      print(options.json, run, () => [`${name}: ${endOf(run)}`, ...run.problems.map((one) => `  ${one}`), ...nextOf(name, run)]);
      if (run.status !== "done") process.exitCode = 1;
    },
  );
}

/** What is for the administrator to do now. */
function nextOf(name: string, { status, counts }: RunView): string[] {
  if (status === "braked")
    return [`Look at it: sallyport source sync ${name} --dry-run`, `If it is right: sallyport source sync ${name} --brake PERCENT`];
  return counts["held-back"] ? [DECIDE] : [];
}

/** Looks again and again; on a terminal one line says how far it is. */
async function watched(org: OrgClient, path: string, begun: RunView): Promise<RunView> {
  const shown = process.stderr.isTTY === true;
  let run = begun;
  while (run.status === "running") {
    const { stage, done, total } = run;
    if (shown) process.stderr.write(`\r\u001b[K${stage}: ${done}${total === null ? "" : ` of ${total}`}`);
    await wait(LOOK_MS);
    run = await org.get<RunView>(`${path}/runs/${begun.id}`);
  }
  if (shown) process.stderr.write("\r\u001b[K");
  return run;
}

/** One sentence. */
export function endOf(run: RunView): string {
  if (run.status === "running") return `${run.stage}: ${run.done}${run.total === null ? "" : ` of ${run.total}`}`;
  return run.error ? `${run.status}: ${run.error.sentence}` : countsOf(run.counts);
}

function countsOf(counts: Record<string, number>): string {
  const said = Object.entries(COUNTS).flatMap(([key, text]) => (counts[key] ? [`${counts[key]} ${text}`] : []));
  return said.length === 0 ? "nothing has changed" : said.join(", ");
}

function foretold({ source, server, kind, counts, people, groups, problems, braked }: SyncPreview): string[] {
  const rows = people.map(({ login, fate, why, changes }) => [login, fate, why ?? (changes ? differences(changes) : "")]);
  return [
    `${server}, ${kind === "full" ? "read whole" : "what has changed"}`,
    ...(rows.length > 0 ? ["", ...table(["login", "fate", "why, or what changes"], rows, "")] : []),
    ...(groups.length > 0 ? ["", ...table(["group", "fate", "what changes"], groups.map(groupRow), "")] : []),
    "",
    `${source}: ${countsOf(counts)}`,
    ...problems.map((one) => `  ${one}`),
    ...(braked === undefined ? [] : [`The brake would stop this: ${braked} (--brake PERCENT)`]),
    "Nothing was changed: this was a dry run.",
  ];
}

function differences(changes: Record<string, [string | null, string | null]>): string {
  return Object.entries(changes)
    .map(([field, [before, after]]) => `${field}: ${before ?? "–"} → ${after ?? "–"}`)
    .join(", ");
}

function groupRow({ name, fate, why, changes, peopleIn, peopleOut, groupsIn, groupsOut }: GroupChangeView): string[] {
  const moves = [...some("+", [...peopleIn, ...groupsIn]), ...some("−", [...peopleOut, ...groupsOut])];
  return [name, fate, why ?? [...(changes ? [differences(changes)] : []), ...moves].join("; ")];
}

function some(sign: string, names: string[]): string[] {
  if (names.length === 0) return [];
  return [`${sign} ${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`];
}
