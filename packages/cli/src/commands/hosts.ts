/** Commands for machines: host (codes, list, revoke, enrol) and agent (run, arm, disarm, status). */
import { arm, disarm, enrolHost, type Finding, type JoinOutcome, readStatus, registerHost, runAgent } from "@sallyport/agent";
import { type DomainView, type HostView, type hostCodeView, isLoopback, type LogonView, readEnrolmentCode } from "@sallyport/contracts";
import type { Command } from "commander";
import type * as z from "zod";
import { isWell, statusLines } from "../agent-status.ts";
import { type CommonOptions, orgCommand, plainCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { afterArm, afterEnrol } from "../next-steps.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { readText } from "../read-text.ts";
import { findApp, findHost } from "../resources.ts";
import { readStdin } from "../terminal.ts";
import { agentHere, STATE_HELP } from "../this-machine.ts";

type HostCode = z.infer<typeof hostCodeView>;

export type { LogonView };

/** Beside the code, not in it: what is read from standard output is the code alone. */
function onlyHere(code: string | undefined): string[] {
  const read = readEnrolmentCode(code ?? "");
  if (!read.ok || !isLoopback(read.code.url)) return [];
  return [
    `This code is good for the org's own machine alone: it says ${read.code.url}, which on any other machine is that machine itself.`,
    "For others start the org with --url and a name that they reach (docs/install.md), then make another code.",
  ];
}

export function hostCommands(program: Command): void {
  const host = program.command("host").description("machines with an agent");
  orgCommand<CommonOptions & { app: string; name?: string }>(
    host,
    {
      name: "code",
      does: "make a one-time enrolment code for a machine",
      example: "sallyport host code --app servers --name srv01 | ssh srv01 sallyport host enrol",
      required: [["--app <label>", "the app that the machine belongs to"]],
      options: [["--name <name>", "the machine's name in the org (default: its own host name)"]],
    },
    async (org, options) => {
      const app = await findApp(org, options.app);
      const made = await org.send<HostCode>("POST", "/api/v1/host-codes", { app: app.id, name: options.name });
      print(options.json, made, () => made.code ?? "");
      for (const line of onlyHere(made.code)) process.stderr.write(`${line}\n`);
      if (!options.json && process.stdout.isTTY)
        process.stderr.write(`Good for one machine until ${made.expiresAt}. On the machine, run: sallyport host enrol\n`);
    },
  );
  orgCommand(host, { name: "list", does: "list machines and how they are", example: "sallyport host list" }, async (org, options) => {
    const hosts = await org.list<HostView>("/api/v1/hosts?limit=200");
    const rows = hosts.map((h) => [
      h.name,
      h.status,
      h.armed ? "armed" : "disarmed",
      h.lastSeen,
      h.version,
      h.findings.map((f) => f.cause).join(" "),
      h.id,
    ]);
    print(options.json, hosts, () =>
      table(["name", "status", "agent", "last seen", "version", "findings", "id"], rows, "no hosts yet: sallyport host code --app APP"),
    );
  });
  orgCommand(
    host,
    { name: "show <name>", does: "show one machine", example: "sallyport host show srv01" },
    async (org, options, name = "") => {
      const found = await findHost(org, name);
      print(options.json, found, () =>
        Object.entries(found).map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`),
      );
    },
  );
  orgCommand(
    host,
    { name: "approve <name>", does: "let a machine that registered itself be used", example: "sallyport host approve web01" },
    async (org, options, name = "") => {
      const found = await findHost(org, name);
      await org.send("POST", `/api/v1/hosts/${found.id}/lifecycle/approve`);
      print(options.json, { approved: found.id }, () => `${found.name} is approved`);
    },
  );
  orgCommand(
    host,
    {
      name: "domain <name> <domain>",
      does: "the domain in which a name typed there without one is looked for first; none takes it away",
      example: "sallyport host domain srv01 CORP",
    },
    async (org, options, name = "", domain = "") => {
      const found = await findHost(org, name);
      const done = await org.send<HostView>("PUT", `/api/v1/hosts/${found.id}`, { domain: domain === "none" ? null : domain });
      const unknown = done.domain !== null && !(await isKnownDomain(org, done.domain));
      print(options.json, done, () => [
        done.domain === null ? `${done.name} belongs to no domain` : `a short name at ${done.name} is looked for in ${done.domain} first`,
        ...(unknown
          ? [`the org knows no domain ${done.domain}: sallyport domain list, or sallyport domain set DNS-NAME --netbios NAME`]
          : []),
      ]);
    },
  );
  orgCommand(
    host,
    { name: "revoke <name>", does: "refuse everything from a machine from now on", example: "sallyport host revoke srv01" },
    async (org, options, name = "") => {
      const found = await findHost(org, name);
      await org.send("POST", `/api/v1/hosts/${found.id}/lifecycle/revoke`);
      print(options.json, { revoked: found.id }, () => `${found.name} is revoked`);
    },
  );
  plainCommand(
    host,
    {
      name: "enrol",
      does: "enrol this machine: reads the enrolment code from standard input or a file",
      example: "sallyport host enrol --code-file /root/code",
      options: [
        ["--state <folder>", "state folder of the agent (default: /var/lib/sallyport, settings in /etc/sallyport)"],
        ["--code-file <file>", "file with the code"],
        ["--name <name>", "name of this machine"],
      ],
    },
    async (options) => {
      const { state, codeFile, name } = options as { state?: string; codeFile?: string; name?: string };
      const code = codeFile === undefined ? await readStdin() : readText(codeFile).trim();
      sayJoined(options.json, await enrolHost({ code, ...(state ? { state } : {}), ...(name ? { name } : {}) }), state);
    },
  );
  registerCommand(host);
}

interface RegisterFlags {
  url: string;
  clientId: string;
  secretFile?: string;
  caFile?: string;
  state?: string;
  name?: string;
  legacy?: boolean;
  replace?: boolean;
}

function registerCommand(host: Command): void {
  plainCommand(
    host,
    {
      name: "register",
      does: "register this machine by URL, client id and client secret; the secret from standard input or a file",
      example: "sallyport host register --url https://mfa.corp.example --client-id SALLYID-… --secret-file /root/secret",
      required: [
        ["--url <url>", "the org's URL"],
        ["--client-id <id>", "the client id"],
      ],
      options: [
        ["--secret-file <file>", "file with the client secret"],
        ["--ca-file <file>", "PEM of the CA of the org's certificate, where this machine does not trust it yet"],
        ["--state <folder>", "state folder of the agent (default: /var/lib/sallyport, settings in /etc/sallyport)"],
        ["--name <name>", "name of this machine"],
        ["--replace", "register anew over an existing enrolment"],
        ["--legacy", "sign with the shared secret instead of a key of its own; only where the app is set to legacy"],
      ],
    },
    async (options) => {
      const { secretFile, ...flags } = options as unknown as RegisterFlags;
      const clientSecret = secretFile === undefined ? await readStdin() : readText(secretFile);
      sayJoined(options.json, await registerHost({ ...flags, clientSecret }), flags.state);
    },
  );
}

function sayJoined(json: boolean | undefined, done: JoinOutcome, state: string | undefined): void {
  if (!done.ok) throw new Complaint(done.reason, { ...done });
  print(json, done, () => [
    `This machine is ${done.host.name} of ${done.host.org} now, disarmed.`,
    ...(done.pending ? [`It waits for approval; on the org: sallyport host approve ${done.host.name}`] : []),
    ...afterEnrol(state),
  ]);
}

export function agentCommands(program: Command): void {
  const agent = program.command("agent").description("the agent of this machine");
  const state: [string, string] = ["--state <folder>", "state folder of the agent (default: /var/lib/sallyport)"];
  plainCommand(
    agent,
    { name: "run", does: "run the agent until it is stopped", example: "sallyport agent run", options: [state] },
    async (options) => {
      process.exitCode = await runAgent(stateOf(options));
    },
  );
  plainCommand(
    agent,
    {
      name: "arm",
      does: "check everything, then ask for the factor from now on",
      example: "sallyport agent arm",
      options: [state, ["--force", "arm in spite of findings"]],
    },
    async (options) => {
      const done = await arm({ ...stateOf(options), force: options["force"] === true });
      if (!done.ok) throw new Complaint(`not armed: ${done.blocking.map(findingText).join("; ")}`, { findings: done.findings });
      print(options.json, done, () => [
        "armed: logons through the door are asked for their second factor",
        ...afterArm(stateOf(options).state),
      ]);
    },
  );
  plainCommand(
    agent,
    { name: "disarm", does: "let logons pass without the factor until armed again", example: "sallyport agent disarm", options: [state] },
    async (options) => {
      const done = await disarm(stateOf(options));
      if (!done.ok) throw new Complaint(`not disarmed: ${done.blocking.map(findingText).join("; ")}`, { findings: done.findings });
      print(options.json, { armed: false }, () => "disarmed: nobody is asked for a second factor on this machine");
    },
  );
  plainCommand(
    agent,
    {
      name: "status",
      does: "how this machine's agent is (exit code 1: it does not run, or something was found)",
      example: "sallyport agent status",
      options: [["--state <folder>", STATE_HELP]],
    },
    async (options) => {
      const here = stateOf(options).state ?? agentHere(undefined);
      const status = await readStatus({ state: here });
      print(options.json, status, () => statusLines(status, here === undefined ? "" : ` --state ${here}`));
      if (!isWell(status)) process.exitCode = 1;
    },
  );
}

/** The cause and what proves it, such as `net.refused (host: mfa.corp.example, port: 443)`. */
function findingText({ cause, evidence }: Finding): string {
  const told = Object.entries(evidence).map(([name, value]) => `${name}: ${typeof value === "object" ? JSON.stringify(value) : value}`);
  return told.length === 0 ? cause : `${cause} (${told.join(", ")})`;
}

function stateOf(options: Record<string, unknown>): { state?: string } {
  return typeof options["state"] === "string" ? { state: options["state"] } : {};
}

async function isKnownDomain(org: OrgClient, typed: string): Promise<boolean> {
  const forms = (await org.get<DomainView[]>("/api/v1/domains")).flatMap(({ name, netbios, aliases }) => [name, netbios, ...aliases]);
  return forms.some((form) => form?.toLowerCase() === typed.toLowerCase());
}
