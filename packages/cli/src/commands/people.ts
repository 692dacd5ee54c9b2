/** Commands for people. */
import type { UserView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import { enrolTotp } from "../enrol-totp.ts";
import type { OrgClient } from "../org-client.ts";
import { print, table } from "../output.ts";
import { assignUser, findApp, findUser } from "../resources.ts";
import { readStdin } from "../terminal.ts";
import { bypassLines, openBypasses } from "./bypass.ts";
import { askNewPassword, userChangeCommands } from "./user-change.ts";

interface AddOptions extends CommonOptions {
  email?: string;
  firstName?: string;
  lastName?: string;
  sam?: string;
  domain?: string;
  upn?: string;
  source?: string;
  externalId?: string;
  passwordStdin?: boolean;
  password?: boolean;
  assign?: string;
  totp?: boolean;
}

export function userCommands(program: Command): void {
  const user = program.command("user").description("people who log on");
  orgCommand<AddOptions>(
    user,
    {
      name: "add <login>",
      does: "create a user",
      example: "sallyport user add alice --password --assign servers --totp",
      options: [
        ["--email <address>", "e-mail address"],
        ["--first-name <name>", "first name"],
        ["--last-name <name>", "last name"],
        ["--sam <name>", "sAMAccountName, the short Windows name"],
        ["--domain <name>", "domain of the short name"],
        ["--upn <name>", "userPrincipalName"],
        ["--source <name>", "where the user comes from (default: local)"],
        ["--external-id <id>", "the user's id in that source"],
        ["--password", "ask for a password at the terminal, for logons whose password the org checks"],
        ["--password-stdin", "the same, all of standard input"],
        ["--assign <app>", "let the user log on to this app's machines"],
        ["--totp", "go on to enrol an authenticator app: shows a QR code, asks its first code"],
      ],
    },
    addUser,
  );
  orgCommand(user, { name: "list", does: "list users", example: "sallyport user list" }, async (org, options) => {
    const users = await org.list<UserView>("/api/v1/users?limit=200");
    print(options.json, users, () => table(["login", "status", "source", "id"], users.map(row), "no users yet: sallyport user add NAME"));
  });
  orgCommand(
    user,
    { name: "show <login>", does: "show one user", example: "sallyport user show alice" },
    async (org, options, name = "") => {
      const found = await findUser(org, name);
      const open = options.json ? [] : await openBypasses(org, found);
      print(options.json, found, () => [...table(["login", "status", "source", "id"], [row(found)], ""), ...bypassLines(open)]);
    },
  );
  userChangeCommands(user);
  const lifecycle = {
    suspend: "stop all logons of a user",
    unsuspend: "lift a suspension",
    activate: "activate a user",
    deactivate: "deactivate a user for good",
    unlock: "unlock a user",
    "expire-password": "have a user choose another password at the next sign-in",
  };
  for (const [step, does] of Object.entries(lifecycle)) {
    orgCommand(user, { name: `${step} <login>`, does, example: `sallyport user ${step} alice` }, async (org, options, name = "") => {
      const found = await findUser(org, name);
      await org.send("POST", `/api/v1/users/${found.id}/lifecycle/${step.replace("-", "_")}`);
      const now = await org.get<UserView>(`/api/v1/users/${found.id}`);
      print(options.json, now, () => `${now.profile.login} is ${now.status}`);
    });
  }
  orgCommand(
    user,
    { name: "delete <login>", does: "delete a deactivated user", example: "sallyport user delete alice" },
    async (org, options, name = "") => {
      const found = await findUser(org, name);
      // The API would deactivate first, as the public one does.
      if (found.status !== "DEPROVISIONED")
        throw new Complaint(`${found.profile.login} is ${found.status}: sallyport user deactivate ${name}`);
      await org.send("DELETE", `/api/v1/users/${found.id}`);
      print(options.json, { deleted: found.id }, () => `${found.profile.login} is deleted`);
    },
  );
}

async function addUser(org: OrgClient, options: AddOptions, login = ""): Promise<void> {
  // What can be wrong of the other steps shows before anybody is made.
  if (options.totp && options.json) throw new Complaint("--totp asks at a terminal; for scripts: sallyport factor enrol LOGIN totp --json");
  const app = options.assign === undefined ? undefined : await findApp(org, options.assign);
  const created = await org.send<UserView>("POST", "/api/v1/users?activate=true", {
    profile: profileOf(login, options),
    ...(await credentialsOf(login, options)),
    source: options.source,
    externalId: options.externalId,
  });
  print(options.json, created, () => `${created.profile.login} is ${created.status} (${created.id})`);
  if (app) {
    await assignUser(org, app, created);
    if (!options.json) print(false, undefined, () => `${created.profile.login} may log on to the machines of ${app.label}`);
  }
  if (options.totp) await enrolTotp(org, created);
}

function profileOf(login: string, options: AddOptions): Record<string, string | undefined> {
  return {
    login,
    email: options.email,
    firstName: options.firstName,
    lastName: options.lastName,
    samAccountName: options.sam,
    domain: options.domain,
    userPrincipalName: options.upn,
  };
}

async function credentialsOf(login: string, options: AddOptions): Promise<object> {
  if (options.passwordStdin) return { credentials: { password: { value: await readStdin() } } };
  if (!options.password) return {};
  return { credentials: { password: { value: await askNewPassword(login, "nobody was made") } } };
}

function row(user: UserView): string[] {
  return [user.profile.login, user.status, user.source, user.id];
}
