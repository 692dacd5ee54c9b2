/** What a phone is told of the account that it approves for. */
import type { PhoneAccountView } from "@sallyport/contracts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { Phone } from "./with-phone.ts";

export function accountOf({ enrolment, user }: Phone, now: number): PhoneAccountView {
  return {
    device: enrolment.handle ?? "",
    user: user.profile.login,
    name: enrolment.name,
    verifier: verifierOf(enrolment) !== undefined,
    subscribed: enrolment.sealedSecret !== "",
    now: new Date(now).toISOString(),
  };
}

/** The phone's own passkey, which only says that its owner is there: it signs nobody in. All base64url. */
export interface Verifier {
  credentialId: string;
  publicKey: string;
}

export function verifierOf({ data }: EnrolmentRow): Verifier | undefined {
  return data["verifier"] as Verifier | undefined;
}
