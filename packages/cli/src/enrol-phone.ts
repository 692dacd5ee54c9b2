/** Begins the enrolment of a phone: the code that its person types into the approver, and the QR code that opens it. */

import { drawQr } from "@sallyport/agent";
import type { PushFactorView, UserView } from "@sallyport/contracts";
import type { OrgClient } from "./org-client.ts";
import { print } from "./output.ts";

export async function enrolPhone(org: OrgClient, user: UserView, json: boolean | undefined): Promise<void> {
  const made = await org.send<PushFactorView>("POST", `/api/v1/users/${user.id}/factors`, { factorType: "push", provider: "OKTA" });
  const activation = made._embedded?.activation;
  print(json, made, () => [
    drawQr(`${activation?.url}#${activation?.code}`),
    `On the phone, ${user.profile.login} opens ${activation?.url} and types this code, once, within ten minutes: ${activation?.code}`,
  ]);
}
