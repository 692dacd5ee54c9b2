/** Commands for the sources that people come from: set up, try out, bring up to date. */
import type { RunView, SourceTest, SourceView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { readText } from "../read-text.ts";
import { readStdin } from "../terminal.ts";
import { importCommand, percent } from "./source-import.ts";
import { endOf, syncCommand } from "./source-sync.ts";

interface SourceOptions extends CommonOptions {
  kind?: string;
  file?: string;
  secretFile?: string;
  secretStdin?: boolean;
  every?: string;
  brake?: string;
  deactivate?: boolean;
}

const HOW_OFTEN: [string, string][] = [
  ["--every <minutes>", "bring it up to date so often by itself, or `never` (default for a new one: 60)"],
  ["--brake <percent>", "change nothing if more of its people would be deactivated at once (default for a new one: 10)"],
];
const SECRET: [string, string][] = [
  ["--secret-file <file>", "file with the password of the account that reads the directory"],
  ["--secret-stdin", "the same, all of standard input"],
];

export function sourceCommands(program: Command): void {
  const source = program.command("source").description("where people come from");
  setUpCommands(source);
  lookCommands(source);
  syncCommand(source);
  importCommand(source);
}

const pathOf = (name: string) => `/api/v1/sources/${encodeURIComponent(name)}`;

function setUpCommands(source: Command): void {
  orgCommand<SourceOptions>(
    source,
    {
      name: "add <name>",
      does: "set up a source: a directory that is read (ldap), or a client that pushes people (scim)",
      example: "sallyport source add corp --kind ldap --file corp.json --secret-file corp.secret",
      required: [["--kind <kind>", "ldap (Active Directory and others) or scim"]],
      options: [["--file <file>", "settings as JSON (docs/directories.md)"], ...SECRET, ...HOW_OFTEN],
    },
    async (org, options, name = "") => {
      if (options.kind === "ad")
        throw new Complaint("--kind ad: a directory is set up with --kind ldap; its settings say whether it is kind ad");
      if (options.kind === "ldap" && options.file === undefined)
        throw new Complaint(
          "--kind ldap needs --file FILE with the settings (docs/directories.md) and --secret-file FILE with the account's password",
        );
      if (options.kind === "scim" && (options.every ?? options.brake) !== undefined)
        throw new Complaint("--every and --brake are for a directory that is read; a scim source is written by its client");
      const body = { name, kind: options.kind, ...(await ownOf(options)), ...howOften(options) };
      const made = await org.send<SourceView>("POST", "/api/v1/sources", body);
      print(options.json, made, () => [
        `${made.name} is set up${made.nextAt === null ? "" : `, and read by itself from ${made.nextAt} on`}`,
        ...(made.kind === "ldap"
          ? [`Try it out: sallyport source test ${name}`, `See what would happen: sallyport source sync ${name} --dry-run`]
          : [`Make the token by which the directory writes: sallyport token create NAME --scim ${name}`]),
      ]);
    },
  );
  orgCommand<SourceOptions>(
    source,
    {
      name: "edit <name>",
      does: "change the settings, the secret or the schedule of a source; what is not named stays",
      example: "sallyport source edit corp --every 15",
      options: [["--file <file>", "all settings anew, as JSON"], ...SECRET, ...HOW_OFTEN],
    },
    async (org, options, name = "") => {
      const body = { ...(await ownOf(options)), ...howOften(options) };
      if (Object.keys(body).length === 0) throw new Complaint("nothing to change was named: --file, --secret-file, --every or --brake");
      tell(options, await org.send<SourceView>("PUT", pathOf(name), body));
    },
  );
  for (const [step, paused, does] of [
    ["pause", true, "stop reading a source by itself; by hand it still is"],
    ["resume", false, "read a source by itself again"],
  ] as const) {
    orgCommand(source, { name: `${step} <name>`, does, example: `sallyport source ${step} corp` }, async (org, options, name = "") => {
      tell(options, await org.send<SourceView>("PUT", pathOf(name), { paused }));
    });
  }
  orgCommand<SourceOptions>(
    source,
    {
      name: "remove <name>",
      does: "forget a source; its people and groups stay as they are, and a source of the same name has them again",
      example: "sallyport source remove corp",
      options: [["--deactivate", "deactivate its people first: none of them logs on any more"]],
    },
    async (org, options, name = "") => {
      const { deactivated } = await org.send<{ deactivated: number }>(
        "DELETE",
        `${pathOf(name)}?deactivate=${options.deactivate === true}`,
        undefined,
        600_000,
      );
      print(options.json, { removed: name, deactivated }, () =>
        options.deactivate
          ? `${name} is removed, and ${deactivated} people are deactivated`
          : `${name} is removed; its people and groups stay`,
      );
    },
  );
}

async function ownOf({ file, secretFile, secretStdin }: SourceOptions): Promise<object> {
  const secret = secretStdin ? await readStdin() : secretFile === undefined ? undefined : readText(secretFile).replace(/\r?\n$/, "");
  return { ...(file === undefined ? {} : { settings: parsed(file) }), ...(secret === undefined ? {} : { secret }) };
}

function parsed(file: string): unknown {
  try {
    return JSON.parse(readText(file));
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Thirty days: the org takes no longer. */
const LONGEST_MINUTES = 43_200;

function howOften({ every, brake }: SourceOptions): object {
  if (every !== undefined && every !== "never" && !(/^\d+$/.test(every) && Number(every) >= 1 && Number(every) <= LONGEST_MINUTES))
    throw new Complaint(`--every ${every}: give a number of minutes from 1 to ${LONGEST_MINUTES}, or never to read it by hand only`);
  return {
    ...(every === undefined ? {} : { everyMinutes: every === "never" ? null : Number(every) }),
    ...(brake === undefined ? {} : { brake: percent(brake) }),
  };
}

function lookCommands(source: Command): void {
  orgCommand(
    source,
    { name: "list", does: "list sources with their last runs", example: "sallyport source list" },
    async (org, options) => {
      const all = await org.list<SourceView>("/api/v1/sources?limit=200");
      print(options.json, all, () =>
        table(
          ["name", "kind", "last run", "last success", "next"],
          all.map(rowOf),
          "no sources yet: sallyport source add NAME --kind ldap",
        ),
      );
    },
  );
  orgCommand(
    source,
    { name: "show <name>", does: "show one source", example: "sallyport source show corp" },
    async (org, options, name = "") => tell(options, await org.get<SourceView>(pathOf(name))),
  );
  orgCommand(
    source,
    {
      name: "test <name>",
      does: "ask the directory of a source now, and show the first people as they would be (exit code 1 if it cannot be asked)",
      example: "sallyport source test corp",
    },
    test,
  );
  orgCommand(
    source,
    { name: "runs <name>", does: "list what became of each sync, the newest first", example: "sallyport source runs corp" },
    async (org, options, name = "") => {
      const runs = await org.list<RunView>(`${pathOf(name)}/runs?limit=100`);
      print(options.json, runs, () =>
        table(
          ["started", "kind", "by", "status", "what came of it"],
          runs.map((run) => [
            run.started,
            run.kind,
            run.cause === "schedule" ? "schedule" : run.actor,
            run.status,
            run.error?.sentence ?? endOf(run),
          ]),
          "it was never read yet",
        ),
      );
    },
  );
}

function rowOf({ name, kind, lastRun, lastSuccess, nextAt, paused }: SourceView): string[] {
  const next = paused ? "paused" : (nextAt ?? (kind === "scim" ? "pushed" : "by hand"));
  return [name, kind, lastRun ? `${lastRun.status} ${ago(lastRun.started)}` : "–", lastSuccess === null ? "–" : ago(lastSuccess), next];
}

function ago(when: string): string {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(when)) / 60_000));
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h ago` : `${Math.round(minutes / 1440)} days ago`;
}

function tell(options: CommonOptions, view: SourceView): void {
  print(options.json, view, () => [
    ...table(["name", "kind", "last run", "last success", "next"], [rowOf(view)], ""),
    ...(view.lastRun ? [`Last run: ${endOf(view.lastRun)}`, ...view.lastRun.problems.map((one) => `  ${one}`)] : []),
    ...(view.kind === "ldap" ? [JSON.stringify(view.settings, null, 2)] : []),
  ]);
}

async function test(org: OrgClient, options: CommonOptions, name = ""): Promise<void> {
  const result = await org.send<SourceTest>("POST", `${pathOf(name)}/test`, {}, 300_000);
  print(options.json, result, () => (result.ok ? told(result) : [`${name}: ${result.sentence}`, `(${result.server}: ${result.error})`]));
  if (!result.ok || result.people.length === 0) process.exitCode = 1;
}

function told({ server, domain, people, groups, unreadable }: SourceTest & { ok: true }): string[] {
  const names = domain ? [domain.netbios, ...domain.dns, ...domain.upnSuffixes].filter((one) => one !== undefined) : [];
  return [
    `${server} answers${names.length > 0 ? `; its domain is ${[...new Set(names)].join(", ")}` : ""}`,
    "",
    ...(people.length > 0
      ? ["The first people, as they would be:"]
      : [
          "Nobody that the org could take is there. Look at kind, base, peopleFilter and map in the settings, and at what the account may read.",
        ]),
    ...people.flatMap(({ dn, active, why, profile, externalId }) => [
      `  ${profile.login}${active ? "" : ` (inactive: ${why ?? "the directory says so"})`}`,
      `    ${dn}, id ${externalId}`,
      ...Object.entries(profile).map(([field, value]) => `    ${field}: ${value}`),
    ]),
    ...(groups.length > 0 ? ["", `The first groups: ${groups.map((group) => group.name).join(", ")}`] : []),
    ...unreadable.map(({ dn, why }) => `Nobody can be made of ${dn}: ${why}`),
  ];
}
