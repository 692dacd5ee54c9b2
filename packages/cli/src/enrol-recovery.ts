/** Makes a set of recovery codes and prints it, once. */
import type { RecoveryFactorView, UserView } from "@sallyport/contracts";
import type { OrgClient } from "./org-client.ts";
import { print } from "./output.ts";

export async function enrolRecovery(org: OrgClient, user: UserView, json: boolean | undefined): Promise<void> {
  const created = await org.send<RecoveryFactorView>("POST", `/api/v1/users/${user.id}/factors`, { factorType: "recovery_codes" });
  const codes = created._embedded?.activation.codes ?? [];
  print(json, created, () => [
    `${codes.length} recovery codes of ${user.profile.login}. They are shown only now; each works once, where a code is asked for:`,
    "",
    ...codes.map((code) => `  ${code}`),
    "",
    "Hand them over on paper, in person. They do not belong in the same place as the password.",
  ]);
}
