/** Runs one call of an enrolled phone: proof first, then judgement and answer in one unit of work. */
import type { PhoneClaims } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { findPhone, judgePhone, type PhoneRefusal, type ProvenPhone, provePhone } from "./phone-caller.ts";

export interface PhoneDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

/** The phone and whose it is, as the unit reads them. */
export interface Phone {
  enrolment: EnrolmentRow;
  user: UserRow;
}

export type ClaimsOf<T extends PhoneClaims["typ"]> = Extract<PhoneClaims, { typ: T }>;

/** A call that is proven to be of this kind, or the refusal. */
export async function provenCall<T extends PhoneClaims["typ"]>(
  store: Store,
  typ: T,
  signed: string,
): Promise<ProvenPhone<ClaimsOf<T>> | PhoneRefusal> {
  const proven = await provePhone(store, signed);
  if ("kind" in proven) return proven;
  // Signed for another call: what a phone meant as a look must not count as an answer.
  return proven.claims.typ === typ ? (proven as ProvenPhone<ClaimsOf<T>>) : { kind: "phone-invalid", why: "typ" };
}

/** `fn` runs only for a phone that still counts, of a user who may log on. */
export function judgedUnit<T>(deps: PhoneDeps, proven: ProvenPhone, fn: (tx: Tx, phone: Phone) => Promise<T>): Promise<T | PhoneRefusal> {
  return deps.store.inTransaction(async (tx) => {
    const complaint = await judgePhone(tx, proven, deps.orgUrl);
    if (complaint) return complaint;
    const enrolment = await findPhone(tx, proven.claims.device);
    const user = enrolment && (await tx.users.byId(enrolment.userId));
    return enrolment && user?.status === "ACTIVE" ? fn(tx, { enrolment, user }) : { kind: "phone-refused" };
  });
}

export async function withPhone<T, K extends PhoneClaims["typ"]>(
  deps: PhoneDeps,
  typ: K,
  signed: string,
  fn: (tx: Tx, phone: Phone, claims: ClaimsOf<K>) => Promise<T>,
): Promise<T | PhoneRefusal> {
  const proven = await provenCall(deps.store, typ, signed);
  if ("kind" in proven) return proven;
  return judgedUnit(deps, proven, (tx, phone) => fn(tx, phone, proven.claims));
}
