/** Who calls: judges the signed call of a phone, its signature first, the rest inside the unit of work that answers it. */
import { JWS_TYPES, type PhoneClaims, type PublicJwk, phoneClaims, publicJwk } from "@sallyport/contracts";
import { calculateJwkThumbprint, compactVerify, decodeJwt, importJWK, type JWK } from "jose";
import type { Store, Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";

/** A call whose signature holds; of an enrolled phone, or with a new key that signed itself. */
export interface ProvenPhone<T extends PhoneClaims = PhoneClaims> {
  claims: T;
  /** Absent for a phone that is being activated. */
  enrolment: EnrolmentRow | undefined;
}

export type PhoneRefusal =
  /** Nothing was proved: one answer for an unknown phone and a wrong signature. */
  | { kind: "phone-refused" }
  /** Signed by the phone, but by a clock that is off, or used already. */
  | { kind: "phone-clock"; now: number }
  | { kind: "phone-replayed" }
  | { kind: "phone-invalid"; why: string };

/** How far a phone's clock may stand from the org's, in seconds; it learns the org's time from every answer. */
const LEEWAY_SECONDS = 60;

/**
 * The key is the one that the phone was enrolled with: what a header says of a key is never looked at (S20). Only an activation brings its
 * own, and proves by it that it holds it; what lets it in is the code.
 */
export async function provePhone(store: Store, signed: string): Promise<ProvenPhone | PhoneRefusal> {
  const said = readClaims(signed);
  if (!said) return { kind: "phone-refused" };
  const enrolment = said.typ === "phone-activate" ? undefined : await store.read((tx) => findPhone(tx, said.device));
  const key = said.typ === "phone-activate" ? said.key : keyOf(enrolment);
  if (!key || (await calculateJwkThumbprint(key as JWK)) !== said.device) return { kind: "phone-refused" };
  const verified = await compactVerify(signed, await importJWK(key as JWK, "ES256"), { algorithms: ["ES256"] }).catch(() => undefined);
  if (verified?.protectedHeader.typ !== JWS_TYPES.phone) return { kind: "phone-refused" };
  return { claims: said, enrolment };
}

/** Within the unit of work that answers: `jti` is recorded whatever the answer, so that no call is taken twice (S4). */
export async function judgePhone(tx: Tx, { claims }: ProvenPhone, orgUrl: string): Promise<PhoneRefusal | undefined> {
  const late = Math.abs(claims.iat * 1000 - tx.now) > LEEWAY_SECONDS * 1000;
  // Anybody can make a key and sign with it: such a call chooses no date until which something of it is kept.
  if (late && claims.typ === "phone-activate") return { kind: "phone-clock", now: tx.now };
  const until = (claims.iat + 2 * LEEWAY_SECONDS + 1) * 1000;
  if (!(await tx.hosts.consumeJti(`phone:${claims.device}`, claims.jti, until))) return { kind: "phone-replayed" };
  if (late) return { kind: "phone-clock", now: tx.now };
  if (claims.aud !== new URL(orgUrl).origin) return { kind: "phone-invalid", why: "aud" };
  return undefined;
}

/** An approver that counts: a locked one may still look, and is told so when it answers. */
export async function findPhone(tx: Tx, device: string): Promise<EnrolmentRow | undefined> {
  const enrolment = await tx.enrolments.byHandle(device);
  return enrolment?.kind === "push" && (enrolment.status === "ACTIVE" || enrolment.status === "LOCKED") ? enrolment : undefined;
}

export function isPhoneRefusal(found: object): found is PhoneRefusal {
  return "kind" in found && typeof found.kind === "string" && found.kind.startsWith("phone-");
}

function keyOf(enrolment: EnrolmentRow | undefined): PublicJwk | undefined {
  return enrolment && publicJwk.safeParse(enrolment.data["key"]).data;
}

function readClaims(signed: string): PhoneClaims | undefined {
  try {
    return phoneClaims.safeParse(decodeJwt(signed)).data;
  } catch {
    return undefined;
  }
}
