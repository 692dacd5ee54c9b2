/** `sallyport policy rehearse`: what would happen to a name; what is not said is taken from the machine, and told. */
import type { AppView, HostView, rehearseAnswer } from "@sallyport/contracts";
import type { Command } from "commander";
import type * as z from "zod";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print } from "../output.ts";
import { findApp, findHost } from "../resources.ts";

interface RehearseOptions extends CommonOptions {
  user: string;
  app?: string;
  service?: string;
  scenario?: string;
  host?: string;
  from?: string;
  at?: string;
}

export function rehearseCommand(policy: Command): void {
  orgCommand<RehearseOptions>(
    policy,
    {
      name: "rehearse",
      does: "what would happen to a name, there, now; nothing is sent to anyone",
      example: "sallyport policy rehearse --host srv01 --user alice --from 203.0.113.7",
      required: [["--user <name>", "the name as typed at the logon"]],
      options: [
        ["--host <name>", "the machine"],
        ["--app <label>", "the app (default: the machine's; without a machine, the only one there is)"],
        ["--service <name>", "sshd, xrdp, sudo, su, rdp, … (default: rdp on Windows, else sshd)"],
        ["--scenario <name>", "logon, unlock, elevate, reconnect"],
        ["--from <address>", "the client's IP address"],
        ["--at <time>", "ISO 8601 time"],
      ],
    },
    rehearse,
  );
}

async function rehearse(org: OrgClient, options: RehearseOptions): Promise<void> {
  const host = options.host === undefined ? undefined : await findHost(org, options.host);
  const app = await appOf(org, options.app, host);
  const service = options.service ?? (host?.platform === "windows" ? "rdp" : "sshd");
  const answer = await org.send<z.infer<typeof rehearseAnswer>>("POST", `/api/v1/apps/${app.id}/policy/rehearse`, {
    username: options.user,
    service,
    scenario: options.scenario,
    host: host?.id,
    at: options.at,
    ...(options.from ? { address: { value: options.from, origin: "socket" } } : {}),
  });
  const assumed = {
    ...(options.app === undefined ? { app: app.label } : {}),
    ...(options.service === undefined ? { service } : {}),
  };
  const told = Object.entries(assumed).map(([name, value]) => `${name} ${value} (--${name})`);
  print(options.json, { ...answer, assumed }, () => [
    ...(told.length === 0 ? [] : [`Assumed: ${told.join(", ")}`]),
    `${options.user}: ${answer.outcome}${answer.cause ? ` (${answer.cause})` : ""}${answer.rule ? `, by rule “${answer.rule}”` : ""}`,
    ...answer.trace.map(({ step, result }) => `  ${step}: ${result}`),
  ]);
}

async function appOf(org: OrgClient, named: string | undefined, host: HostView | undefined): Promise<AppView> {
  if (named === undefined && host) return findApp(org, host.app);
  if (named === undefined) return onlyApp(await org.list<AppView>("/api/v1/apps?limit=200"));
  const app = await findApp(org, named);
  if (host && host.app !== app.label) throw new Complaint(`${host.name} belongs to the app ${host.app}, not to ${app.label}`);
  return app;
}

function onlyApp(apps: AppView[]): AppView {
  const [app] = apps;
  if (app && apps.length === 1) return app;
  if (!app) throw new Complaint("there is no app yet: sallyport app add LABEL");
  throw new Complaint(`name the machine (--host) or the app (--app): there are ${apps.map(({ label }) => label).join(", ")}`);
}
