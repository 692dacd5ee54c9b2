/** A passkey that signed becomes a proof: its counter is raised, or it is locked as a copy; within the unit of work that lets in. */

import { type WrongCode, wrong } from "../authn/tries.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";

/**
 * S28. An authenticator that counts must count on: one that went back has been copied, and is locked from now on.
 * @param failures of it that are over with this, if a try was taken on it.
 */
export async function usePasskey(tx: Tx, { id }: EnrolmentRow, counter: number): Promise<{ kind: "used" } | WrongCode> {
  const kept = await tx.enrolments.byId(id);
  if (kept?.status !== "ACTIVE") return wrong("factor.passkey-unknown", { factor: id, status: kept?.status ?? "removed" });
  if (!(await tx.enrolments.raiseCounter(id, counter))) return lockAsCopy(tx, kept, counter);
  await tx.enrolments.update(id, { failures: 0, nextTryAt: 0, lastUsed: tx.now, updated: tx.now });
  return { kind: "used" };
}

async function lockAsCopy(tx: Tx, enrolment: EnrolmentRow, counter: number): Promise<WrongCode> {
  const evidence = { factor: enrolment.id, counterKept: enrolment.counter, counterFound: counter };
  await tx.enrolments.update(enrolment.id, { status: "LOCKED", updated: tx.now });
  await tx.log.append({
    type: "factor.counter-back",
    actor: { type: "user", id: enrolment.userId },
    outcome: "failure",
    cause: "factor.passkey-counter",
    data: { factor: enrolment.id, kind: enrolment.kind, counterKept: enrolment.counter, counterFound: counter },
  });
  return wrong("factor.passkey-counter", evidence, true);
}
