/** Enrols an authenticator app at the terminal: a QR code to scan, then the first code, until it is right. */
import { drawQr } from "@sallyport/agent";
import type { TotpAlgorithm, TotpFactorView, UserView } from "@sallyport/contracts";
import { Complaint } from "./complaint.ts";
import type { OrgClient } from "./org-client.ts";
import { print } from "./output.ts";
import { ask } from "./terminal.ts";

/** First codes that a person may mistype before the command gives up; the org counts by its own rules. */
const TRIES = 3;

const path = (user: UserView) => `/api/v1/users/${user.id}/factors`;

/** What differs from what every app takes. */
export interface TotpWish {
  digits?: number;
  algorithm?: TotpAlgorithm;
}

export function createTotp(org: OrgClient, user: UserView, activate: boolean, wish: TotpWish = {}): Promise<TotpFactorView> {
  const body = { factorType: "token:software:totp", provider: "GOOGLE", ...wish };
  return org.send<TotpFactorView>("POST", `${path(user)}${activate ? "?activate=true" : ""}`, body);
}

export async function enrolTotp(org: OrgClient, user: UserView, wish: TotpWish = {}): Promise<void> {
  const created = await createTotp(org, user, false, wish);
  print(false, undefined, () => secretLines(created));
  for (let tries = 1; ; tries++) {
    const passCode = (await ask("Enter the code that the app shows: ")).replace(/\s/g, "");
    try {
      await org.send("POST", `${path(user)}/${created.id}/lifecycle/activate`, { passCode });
      break;
    } catch (error) {
      if (!(error instanceof Complaint) || tries === TRIES) throw error;
      process.stderr.write(`${error.message}\n`);
    }
  }
  print(
    false,
    undefined,
    () => `${user.profile.login} can log on with this factor now. A code works once: the next logon takes the next one.`,
  );
}

/** What a person scans, or types by hand. */
export function secretLines(created: TotpFactorView): string[] {
  const activation = created._embedded?.activation;
  return [
    drawQr(activation?.otpauth ?? ""),
    `Scan this with an authenticator app, or enter the secret by hand: ${activation?.sharedSecret}`,
    activation?.otpauth ?? "",
  ];
}
