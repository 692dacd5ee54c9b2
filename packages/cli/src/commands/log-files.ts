/** Commands that write the log out, verify it and say how long it is kept: log export, log verify, log retention. */
import { createReadStream, createWriteStream, existsSync, linkSync, rmSync } from "node:fs";
import type { Writable } from "node:stream";
import { type LogFilter, logFilter } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { linesIn } from "../lines.ts";
import { type LogVerdict, readKept, verifyLines } from "../log-verify.ts";
import type { OrgClient } from "../org-client.ts";
import { print } from "../output.ts";

const EXPORT = "/api/v1/log/export";

export function verifyCommand(log: Command): void {
  orgCommand<CommonOptions & { head?: string; file?: string; key?: string }>(
    log,
    {
      name: "verify",
      does: "check that nothing of the log was changed, left out, reordered or cut off; of the running org, or of an export",
      example: "sallyport log verify --head /var/lib/sallyport",
      options: [
        ["--file <file>", "an exported log instead of the running org's; needs no org"],
        ["--head <path>", "a host's state folder, or a copy of its state.json: compares the places in the log that its agent kept"],
        ["--key <thumbprint>", "the org's decision key, or an earlier one, as known from elsewhere"],
      ],
    },
    async (org, options) => {
      const kept = options.head === undefined ? undefined : { ...(await readKept(options.head)), whose: `the agent in ${options.head}` };
      const lines = options.file === undefined ? org.lines(EXPORT) : linesOf(options.file);
      const verdict = await verifyLines(lines, { kept, key: options.key });
      print(options.json, verdict, () => describe(verdict));
      if (!verdict.ok) process.exitCode = 1;
    },
  );
}

function describe({ ok, events, checkpoints, faults, notes }: LogVerdict): string[] {
  const first = ok ? [`the log is whole: ${events} events, ${checkpoints} checkpoints`] : faults.map((fault) => `FAULT ${fault}`);
  return [...first, ...notes.map((note) => `note: ${note}`)];
}

async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    yield* linesIn(createReadStream(file));
  } catch (error) {
    throw new Complaint(`${file}: ${(error as Error).message}`);
  }
}

export function exportCommand(log: Command): void {
  orgCommand<CommonOptions & LogFilter>(
    log,
    {
      name: "export [file]",
      does: "write the log, one JSON value a line, to a file or to standard output; log verify --file checks it anywhere",
      example: "sallyport log export log.jsonl --since 2026-11-01T00:00:00Z",
      options: [
        ["--since <time>", "only from then on, such as 2026-11-01T00:00:00Z"],
        ["--until <time>", "only before then"],
        ["--type <type>", "only events of this type, such as logon.refused"],
        ["--cause <cause>", "only with this cause"],
        ["--reference <reference>", "only of this logon"],
        ["--actor <id>", "only by this user, host or token; id or name"],
        ["--host <id>", "only of this host"],
      ],
    },
    async (org, options, file) => {
      const path = `${EXPORT}?${new URLSearchParams(readFilter(options) as Record<string, string>)}`;
      if (file === undefined || file === "-") return void (await write(org.lines(path), process.stdout));
      const count = await writeFile(org, path, file);
      print(options.json, { events: count, file }, () => `${count} events in ${file}`);
    },
  );
}

export function retentionCommand(log: Command): void {
  orgCommand(
    log,
    {
      name: "retention [days]",
      does: "how long the log is kept: show it, or set it to a number of days or to forever",
      example: "sallyport log retention 400",
    },
    async (org, options, days) => {
      const path = "/api/v1/log/retention";
      const wanted = days === "forever" ? null : Number(days);
      if (wanted !== null && days !== undefined && !/^[0-9]+$/.test(days))
        throw new Complaint(`${days} is no number of days, nor “forever”`);
      const view = days === undefined ? await org.get<Retention>(path) : await org.send<Retention>("PUT", path, { days: wanted });
      print(options.json, view, () =>
        view.days === null ? "The log is kept for ever." : `The log is kept for ${view.days} days; what is older is removed every hour.`,
      );
    },
  );
}

interface Retention {
  days: number | null;
}

function readFilter(options: LogFilter): LogFilter {
  const { since, until, type, cause, reference, actor, host } = options;
  const given = Object.entries({ since, until, type, cause, reference, actor, host }).filter(([, value]) => value !== undefined);
  const read = logFilter.safeParse(Object.fromEntries(given));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new Complaint(`--${issue?.path.join(".")}: ${issue?.message}; a time looks like 2026-11-01T00:00:00Z`);
}

/** Under a name of its own until it is whole; an existing file stays as it is. */
async function writeFile(org: OrgClient, path: string, file: string): Promise<number> {
  if (existsSync(file)) throw new Complaint(`${file} is there already`);
  const part = `${file}.${process.pid}.part`;
  const out = createWriteStream(part, { mode: 0o600, flags: "wx", flush: true });
  try {
    await new Promise<void>((resolve, reject) => {
      out.once("open", () => resolve());
      out.once("error", (error) => reject(new Complaint(`${file}: ${error.message}`)));
    });
    const lines = await write(org.lines(path), out);
    await new Promise<void>((resolve, reject) => {
      out.once("error", (error) => reject(new Complaint(`${file}: ${error.message}`)));
      out.end(() => resolve());
    });
    linkSync(part, file);
    return lines;
  } finally {
    rmSync(part, { force: true });
  }
}

/** Answers how many events there were among the lines. */
async function write(lines: AsyncIterable<string>, out: Writable): Promise<number> {
  let events = 0;
  for await (const line of lines) {
    if (!/^\{"(export|checkpoint|seal)":/.test(line)) events += 1;
    if (!out.write(`${line}\n`)) await new Promise<void>((resolve) => out.once("drain", () => resolve()));
  }
  return events;
}
