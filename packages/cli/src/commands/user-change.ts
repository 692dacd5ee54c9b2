/** Commands that change a user: another password, another address or name. */
import type { UserView } from "@sallyport/contracts";
import type { Command } from "commander";
import { type CommonOptions, orgCommand } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { print } from "../output.ts";
import { findUser } from "../resources.ts";
import { ask, readStdin } from "../terminal.ts";

interface PasswordOptions extends CommonOptions {
  stdin?: boolean;
  expired?: boolean;
}

interface EditOptions extends CommonOptions {
  email?: string;
  firstName?: string;
  lastName?: string;
}

export function userChangeCommands(user: Command): void {
  orgCommand<PasswordOptions>(
    user,
    {
      name: "password <login>",
      does: "give a user another password, asked for at the terminal, where the org keeps it",
      example: "sallyport user password alice --expired",
      options: [
        ["--stdin", "not asked: all of standard input"],
        ["--expired", "good for one sign-in at the org's pages, where the user chooses another one"],
      ],
    },
    setPassword,
  );
  orgCommand<EditOptions>(
    user,
    {
      name: "edit <login>",
      does: "change what is named of a user; the rest stays",
      example: "sallyport user edit alice --email alice@corp.example",
      options: [
        ["--email <address>", 'e-mail address ("" takes it away)'],
        ["--first-name <name>", 'first name ("" takes it away)'],
        ["--last-name <name>", 'last name ("" takes it away)'],
      ],
    },
    edit,
  );
}

/** Typed twice, so that a slip shows before anybody is locked out by it. @param otherwise what did not happen then */
export async function askNewPassword(login: string, otherwise: string): Promise<string> {
  const value = await ask(`A new password for ${login} (8 characters or more; it does not show): `, true);
  if ((await ask("The same once more: ", true)) !== value) throw new Complaint(`these were two different passwords; ${otherwise}`);
  return value;
}

async function setPassword(org: OrgClient, { stdin, expired, json }: PasswordOptions, name = ""): Promise<void> {
  const found = await findUser(org, name);
  const { login } = found.profile;
  // The second step would fail after the first was done.
  if (expired && found.status !== "ACTIVE" && found.status !== "PASSWORD_EXPIRED")
    throw new Complaint(`${login} is ${found.status}: --expired is for users who are ACTIVE`);
  await judgeKeeper(org, found);
  const value = stdin ? await readStdin() : await askNewPassword(login, "nothing was changed");
  const path = `/api/v1/users/${found.id}`;
  const changed = await org.send<UserView>("POST", path, { credentials: { password: { value } } });
  const now = expired ? await org.send<UserView>("POST", `${path}/lifecycle/expire_password`) : changed;
  print(json, now, () => `${login} has a new password${expired ? ", and chooses another one at the next sign-in" : ""}`);
}

/** With a password in the org the directory would be asked no more: nobody means that who wants to reset one. */
async function judgeKeeper(org: OrgClient, { source, profile, passwordChanged }: UserView): Promise<void> {
  if (source === "local" || passwordChanged !== null) return;
  const found = (await org.list<{ name: string; kind: string }>("/api/v1/sources")).find((one) => one.name === source);
  if (found?.kind === "ldap") throw new Complaint(`${profile.login} comes from the directory ${source}: the password is reset there`);
}

async function edit(org: OrgClient, { email, firstName, lastName, json }: EditOptions, name = ""): Promise<void> {
  const named = Object.entries({ email, firstName, lastName }).filter(([, value]) => value !== undefined);
  if (named.length === 0) throw new Complaint("say what to change: --email ADDRESS, --first-name NAME, --last-name NAME");
  const found = await findUser(org, name);
  const profile = Object.fromEntries(named.map(([field, value]) => [field, value === "" ? null : value]));
  const now = await org.send<UserView>("POST", `/api/v1/users/${found.id}`, { profile });
  const shown = [now.profile.firstName, now.profile.lastName].filter((part) => part !== undefined).join(" ");
  print(json, now, () => [`${now.profile.login}: ${shown || "no name"}, ${now.profile.email ?? "no e-mail address"}`]);
}
