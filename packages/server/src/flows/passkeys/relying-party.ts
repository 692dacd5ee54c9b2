/** The org as a relying party of passkeys: the host of its URL and its exact origin. */
import { isIP } from "node:net";
import { PASSKEY_CHALLENGE_MS, type PasskeyRequestOptions } from "@sallyport/contracts";
import { passkeyTitle } from "@sallyport/logon";
import type { EnrolmentRow } from "../store-logons.ts";

export interface RelyingParty {
  /** A passkey is bound to this name for good. */
  id: string;
  origin: string;
  name: string;
}

/** Undefined for an org whose URL has an IP address: no browser makes a passkey for one. */
export function relyingPartyOf(orgUrl: string): RelyingParty | undefined {
  const { hostname, origin } = new URL(orgUrl);
  const bare = hostname.replace(/^\[|\]$/g, "");
  return isIP(bare) === 0 ? { id: hostname, origin, name: `Sallyport ${hostname}` } : undefined;
}

/** What is public of a passkey: `data` of its enrolment. */
export interface PasskeyData {
  /** base64url; `handle` of the enrolment. */
  credentialId: string;
  /** COSE key (RFC 9052), base64url. */
  publicKey: string;
  /** AuthenticatorTransport (WebAuthn §5.8.4). */
  transports: string[];
  /** Model of the authenticator, as it says itself. */
  aaguid: string;
  /** It is kept in an account and may be on several devices. */
  backedUp: boolean;
  /** Its user was verified when it was made. */
  userVerified: boolean;
}

export function passkeyData({ data }: EnrolmentRow): PasskeyData {
  return data as unknown as PasskeyData;
}

export function titleOf(enrolment: EnrolmentRow): string {
  return passkeyTitle(enrolment.name, passkeyData(enrolment).transports ?? []);
}

/** @param keys that may answer; none: whichever the device has. @param challenge base64url. */
export function requestOptions(
  party: RelyingParty,
  challenge: string,
  userVerification: PasskeyRequestOptions["userVerification"],
  keys: EnrolmentRow[],
): PasskeyRequestOptions {
  return { challenge, rpId: party.id, timeout: PASSKEY_CHALLENGE_MS, userVerification, allowCredentials: keys.map(descriptorOf) };
}

export function descriptorOf(enrolment: EnrolmentRow) {
  const { credentialId, transports } = passkeyData(enrolment);
  return { type: "public-key" as const, id: credentialId, ...(transports.length > 0 ? { transports } : {}) };
}
