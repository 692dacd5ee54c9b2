/** The command for bypass codes: give one out, list and withdraw those of a user. */
import { BYPASS_HOURS, type BypassView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { findApp, findUser } from "../resources.ts";

interface BypassOptions extends CommonOptions {
  app?: string;
  reason?: string;
  hours?: string;
  list?: boolean;
  revoke?: string;
}

export function bypassCommands(program: Command): void {
  orgCommand<BypassOptions>(
    program,
    {
      name: "bypass <login>",
      does: "give out a code that works once in the place of a factor, for one user at one app; shows it once",
      example: 'sallyport bypass alice --app servers --reason "phone left at home, called back"',
      options: [
        ["--app <app>", "the app at whose machines it works"],
        ["--reason <text>", "why; stands in the log"],
        ["--hours <n>", `how long it lives, at most ${BYPASS_HOURS.most} (default: ${BYPASS_HOURS.usual})`],
        ["--list", "list the user's codes instead"],
        ["--revoke <id>", "withdraw a code instead"],
      ],
    },
    bypass,
  );
}

const pathOf = (user: { id: string }) => `/api/v1/users/${user.id}/bypass-codes`;

/** The open ones, for whoever looks at the user. */
export async function openBypasses(org: OrgClient, user: { id: string }): Promise<BypassView[]> {
  return (await org.list<BypassView>(pathOf(user))).filter(({ status }) => status === "OPEN");
}

export function bypassLines(open: BypassView[]): string[] {
  return open.map(
    ({ id, app, expiresAt, createdBy, reason }) => `open bypass code ${id}: ${app}, until ${expiresAt}, by ${createdBy}: ${reason}`,
  );
}

async function bypass(org: OrgClient, options: BypassOptions, login = ""): Promise<void> {
  const { app, reason, hours, revoke } = options;
  const making = revoke === undefined && options.list !== true;
  // Before anything is looked up: a mistyped call must not ask the org.
  if (making && (app === undefined || reason === undefined)) throw new Complaint("say for which app, and why: --app APP --reason TEXT");
  if (!making && [app, reason, hours].some((given) => given !== undefined)) throw new Complaint("--list and --revoke stand alone");
  const user = await findUser(org, login);
  if (revoke !== undefined) {
    await org.send("DELETE", `${pathOf(user)}/${encodeURIComponent(revoke)}`);
    return print(options.json, { revoked: revoke }, () => `${revoke} does not work any more`);
  }
  if (!making) return list(org, options, user, login);
  if (hours !== undefined && !/^[0-9]{1,3}$/.test(hours)) throw new Complaint(`--hours ${hours}: a whole number of hours`);
  const body = { app: (await findApp(org, app ?? "")).id, reason, ...(hours === undefined ? {} : { hours: Number(hours) }) };
  const made = await org.send<BypassView>("POST", pathOf(user), body);
  print(options.json, made, () => [
    `${made.code}`,
    `works once for ${user.profile.login} at ${made.app}, until ${made.expiresAt}, where a code is asked for. It is shown only now.`,
    "Read it out only to somebody whose voice or face you know. To withdraw it:",
    `  sallyport bypass ${login} --revoke ${made.id}`,
  ]);
}

async function list(org: OrgClient, options: BypassOptions, user: { id: string }, login: string): Promise<void> {
  const codes = await org.list<BypassView>(pathOf(user));
  const rows = codes.map((one) => [one.id, one.app, one.status, one.expiresAt, one.createdBy, one.usedOn ?? "", one.reason]);
  const head = ["id", "app", "status", "until", "by", "used in logon", "reason"];
  print(options.json, codes, () => table(head, rows, `none: sallyport bypass ${login} --app APP --reason TEXT`));
}
