/** Judges what a passkey answered, all but its signature (WebAuthn level 3, §7.2). Pure: the signature and single use are the caller's. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { CauseId } from "@sallyport/contracts";

/** Keys that one person may have. */
export const PASSKEYS_PER_PERSON = 20;

/** What an authenticator and the browser around it say, read but not believed. */
export interface PasskeyAnswer {
  /** `webauthn.get` or `webauthn.create`. */
  type: string;
  /** base64url. */
  challenge: string;
  origin: string;
  /** The page stood in a frame of another origin. */
  crossOrigin: boolean;
  /** SHA-256 of the relying party's id, 32 bytes. */
  rpIdHash: Uint8Array;
  /** A person was present; was verified by PIN, finger or face. */
  present: boolean;
  verified: boolean;
  counter: number;
}

export interface PasskeyExpected {
  type: "webauthn.get" | "webauthn.create";
  challenge: string;
  /** The org's origin, exactly. */
  origin: string;
  /** The host of the org's URL. */
  rpId: string;
  /** The person must have been verified, not only present. */
  verified: boolean;
}

export type PasskeyVerdict = { kind: "fits" } | { kind: "wrong"; cause: CauseId; evidence: Record<string, unknown> };

const FLAG = { present: 0x01, verified: 0x04 } as const;
/** rpIdHash, flags, counter (§6.1). */
const LEAST_BYTES = 37;

/** Undefined for bytes that are no client data and no authenticator data. */
export function readPasskeyAnswer(clientData: Uint8Array, authenticatorData: Uint8Array): PasskeyAnswer | undefined {
  const client = readClientData(clientData);
  if (!client || authenticatorData.length < LEAST_BYTES) return undefined;
  const view = new DataView(authenticatorData.buffer, authenticatorData.byteOffset, authenticatorData.byteLength);
  const flags = view.getUint8(32);
  return {
    ...client,
    rpIdHash: authenticatorData.subarray(0, 32),
    present: (flags & FLAG.present) !== 0,
    verified: (flags & FLAG.verified) !== 0,
    counter: view.getUint32(33),
  };
}

function readClientData(bytes: Uint8Array): Pick<PasskeyAnswer, "type" | "challenge" | "origin" | "crossOrigin"> | undefined {
  let parsed: Record<string, unknown> | null;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const { type, challenge, origin, crossOrigin } = parsed;
  if (typeof type !== "string" || typeof challenge !== "string" || typeof origin !== "string") return undefined;
  return { type, challenge, origin, crossOrigin: crossOrigin === true || parsed["topOrigin"] !== undefined };
}

/** S28. In this order: an answer for another site is said to be one, whatever else is wrong with it. */
export function judgePasskey(answer: PasskeyAnswer, expected: PasskeyExpected): PasskeyVerdict {
  if (answer.origin !== expected.origin || answer.crossOrigin) {
    const originFound = answer.crossOrigin ? `${answer.origin} in a frame of another origin` : answer.origin;
    return { kind: "wrong", cause: "factor.passkey-origin", evidence: { originExpected: expected.origin, originFound } };
  }
  if (!equal(answer.rpIdHash, createHash("sha256").update(expected.rpId).digest())) {
    const evidence = { originExpected: expected.rpId, originFound: "another relying party" };
    return { kind: "wrong", cause: "factor.passkey-origin", evidence };
  }
  if (answer.type !== expected.type) return { kind: "wrong", cause: "factor.code-malformed", evidence: { shouldBe: expected.type } };
  if (!equal(Buffer.from(answer.challenge), Buffer.from(expected.challenge)))
    return { kind: "wrong", cause: "factor.code-used", evidence: { reason: "the answer belongs to another challenge" } };
  if (!answer.present) return refusedHere("nobody was present at the passkey");
  if (expected.verified && !answer.verified) return refusedHere("the passkey did not verify its user by PIN, finger or face");
  return { kind: "fits" };
}

function refusedHere(reason: string): PasskeyVerdict {
  return { kind: "wrong", cause: "factor.not-allowed", evidence: { reason } };
}

/** S26. */
function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

/** How a passkey is called that its owner gave no name, by the ways in which it can be reached (§5.8.4). */
export function passkeyTitle(name: string | null, transports: readonly string[]): string {
  if (name !== null) return name;
  if (transports.includes("internal")) return "Passkey of a device";
  return transports.some((way) => ["usb", "nfc", "ble"].includes(way)) ? "Security key" : "Passkey";
}
