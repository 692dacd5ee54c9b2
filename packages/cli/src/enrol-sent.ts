/** Enrols the address or number to which a user's codes go: at once, or confirmed by a code that was sent there. */
import type { SentFactorView, UserView } from "@sallyport/contracts";
import { Complaint } from "./complaint.ts";
import type { OrgClient } from "./org-client.ts";
import { print } from "./output.ts";
import { ask } from "./terminal.ts";

export interface SentWish {
  factorType: SentFactorView["factorType"];
  /** Address or number; left out, the address of the profile. */
  to: string | undefined;
  /** Without a code that was sent there. */
  atOnce: boolean;
}

export async function enrolSent(
  org: OrgClient,
  user: UserView,
  { factorType, to, atOnce }: SentWish,
  json: boolean | undefined,
): Promise<void> {
  if (factorType !== "email" && to === undefined)
    throw new Complaint("--to NUMBER: to which number, with its country, such as +49301234567");
  const { login, email } = user.profile;
  if (to === undefined && !email)
    throw new Complaint(
      `${login} has no e-mail address: sallyport user edit ${login} --email ADDRESS (or --to ADDRESS, for the codes alone)`,
    );
  const profile = to === undefined ? {} : factorType === "email" ? { email: to } : { phoneNumber: to };
  const path = `/api/v1/users/${user.id}/factors`;
  const made = await org.send<SentFactorView>("POST", `${path}${atOnce ? "?activate=true" : ""}`, {
    factorType,
    provider: "OKTA",
    profile,
  });
  if (atOnce) return print(json, made, () => `codes for ${user.profile.login} go to ${whereTo(made)} from now on`);
  process.stderr.write(`A code is under way to ${whereTo(made)}.\n`);
  const passCode = (await ask("The code that arrived: ")).replace(/\s/g, "");
  const active = await org.send<SentFactorView>("POST", `${path}/${made.id}/lifecycle/activate`, { passCode });
  print(json, active, () => `codes for ${user.profile.login} go to ${whereTo(active)} from now on`);
}

export function whereTo(factor: SentFactorView): string {
  return factor.factorType === "email" ? factor.profile.email : factor.profile.phoneNumber;
}
