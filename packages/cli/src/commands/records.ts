/** Commands for what happened: log tail; why; cause; token. */
import {
  CAUSES,
  type CauseId,
  EVENTS,
  isEventType,
  type LogEvent,
  type LogonView,
  readReference,
  type TokenView,
} from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { STATE_FOLDERS } from "../this-machine.ts";
import { explainLogon } from "../why.ts";
import { exportCommand, retentionCommand, verifyCommand } from "./log-files.ts";

export function logCommands(program: Command): void {
  const log = program.command("log").description("the system log");
  orgCommand<CommonOptions & { lines?: string }>(
    log,
    {
      name: "tail",
      does: "the newest events, oldest first",
      example: "sallyport log tail --lines 50",
      options: [["--lines <n>", "how many (default 20)"]],
    },
    async (org, options) => {
      const wanted = Number(options.lines ?? 20);
      if (!Number.isInteger(wanted) || wanted < 1 || wanted > 1000) throw new Complaint("--lines takes a number from 1 to 1000");
      // Names that are not in the log itself are for people: with them an event no longer fits its hash.
      const events = await org.get<LogEvent[]>(`/api/v1/log/tail?names=${options.json !== true}&limit=${wanted}`);
      print(options.json, events, () => events.map(eventLine));
    },
  );
  verifyCommand(log);
  exportCommand(log);
  retentionCommand(log);
}

/** How an event is to be taken: by how it ended, and where it ended well, by what the table says of its type. */
function markOf({ type, outcome }: LogEvent): string {
  // An org of a later version may know types that this table does not.
  const severity = isEventType(type) ? EVENTS[type].severity : "info";
  if (outcome === "failure" || severity === "error") return "✗";
  return severity === "warning" ? "⚠" : "✓";
}

export function eventLine(event: LogEvent): string {
  const who = event.target?.name ?? event.target?.id ?? event.actor.name ?? event.actor.id;
  const name = typeof event.data["username"] === "string" ? event.data["username"] : who;
  const about = [event.cause, event.reference].filter((part) => part !== undefined).join("  ");
  return `${event.published}  ${markOf(event)}  ${event.type.padEnd(24)}  ${name}  ${about}`.trimEnd();
}

export function whyCommand(program: Command): void {
  orgCommand<CommonOptions & { state?: string }>(
    program,
    {
      name: "why <reference>",
      does: "why a logon was refused (or let in): the cause, the evidence, what to do",
      example: "sallyport why K7QF-3M2P",
      options: [["--state <folder>", `state folder of this machine's agent (default: those that are there of ${STATE_FOLDERS})`]],
    },
    async (org, options, typed = "") => {
      const reference = readReference(typed);
      if (!reference) throw new Complaint(`${typed} is no reference; one looks like K7QF-3M2P`);
      const explained = await explainLogon(() => org.get<LogonView[]>(`/api/v1/logons/${reference}`), reference, options.state);
      print(options.json, explained.value, () => explained.lines);
      if (!explained.found) process.exitCode = 1;
    },
  );
}

export function causeCommand(program: Command): void {
  orgCommand(
    program,
    { name: "cause <id>", does: "what a cause means and what to do", example: "sallyport cause clock.host" },
    async (_org, options, id = "") => {
      if (!Object.hasOwn(CAUSES, id)) throw new Complaint(`there is no cause ${id}; docs/causes.md lists them all`);
      const cause = CAUSES[id as CauseId];
      print(options.json, cause, () => [
        cause.title,
        cause.administrator,
        ...Object.entries(cause.fix).map(([where, fix]) => `${where === "any" ? "fix" : `fix (${where})`}: ${fix}`),
      ]);
    },
  );
}

export function tokenCommands(program: Command): void {
  const token = program.command("token").description("API tokens");
  orgCommand<TokenOptions>(
    token,
    {
      name: "create <name>",
      does: "make an API token, or the token by which a directory writes its people and groups; it is shown once",
      example: "sallyport token create entra --scim corp --expires 365",
      options: [
        ["--role <role>", "for the management API: owner, admin, help-desk or auditor"],
        ["--scim <source>", "for SCIM: good for the people and groups of this source, and for nothing else"],
        ["--expires <days>", "days that it is good for"],
      ],
    },
    addToken,
  ).alias("add");
  orgCommand(token, { name: "list", does: "list API tokens", example: "sallyport token list" }, async (org, options) => {
    const tokens = await org.list<TokenView>("/api/v1/tokens");
    const rows = tokens.map((t) => [
      t.name,
      t.source === null ? t.role : `SCIM: ${t.source}`,
      t.revokedAt ? "revoked" : "good",
      t.expiresAt,
      t.lastUsed,
      t.id,
    ]);
    print(options.json, tokens, () => table(["name", "for", "state", "expires", "last used", "id"], rows, "no tokens"));
  });
  orgCommand(
    token,
    { name: "revoke <id>", does: "revoke an API token", example: "sallyport token revoke tok_…" },
    async (org, options, id = "") => {
      await org.send("DELETE", `/api/v1/tokens/${encodeURIComponent(id)}`);
      print(options.json, { revoked: id }, () => `${id} is revoked`);
    },
  );
}

interface TokenOptions extends CommonOptions {
  role?: string;
  scim?: string;
  expires?: string;
}

async function addToken(org: OrgClient, { role, scim, expires, json }: TokenOptions, name = ""): Promise<void> {
  if ((role === undefined) === (scim === undefined))
    throw new Complaint("give --role ROLE for the management API, or --scim SOURCE for a directory, and not both");
  const expiry = expires === undefined ? {} : { expiresInDays: Number(expires) };
  const kind = scim === undefined ? { role } : { source: scim };
  const created = await org.send<TokenView>("POST", "/api/v1/tokens", { name, ...kind, ...expiry });
  const { url } = await org.get<{ url: string }>("/api/v1/org");
  print(json, created, () => [
    created.token ?? "",
    "This is the only time that it is shown.",
    ...(scim === undefined ? [] : [`The directory writes to ${url.replace(/\/$/, "")}/scim/v2`]),
  ]);
}
