/** The second half of an enrolment: what was examined becomes a factor that counts, in one unit of work. */
import { isBeingMade, madeData } from "../person.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { EnrolmentChange } from "./enroller.ts";

/** Undefined where it is pending no more, or its first code was used already (S4), or its device is enrolled. The caller writes the event. */
export async function makeActive(tx: Tx, id: string, { usedStep, counter, ...change }: EnrolmentChange): Promise<EnrolmentRow | undefined> {
  const pending = await tx.enrolments.byId(id);
  // A phone may have made it active already; within a transaction it counts for nobody before this.
  const waits = pending && (pending.status === "PENDING_ACTIVATION" || (pending.status === "ACTIVE" && isBeingMade(pending)));
  if (!waits) return undefined;
  if (usedStep !== undefined && !(await tx.enrolments.consumeStep(id, usedStep))) return undefined;
  if (counter !== undefined && counter > 0) await tx.enrolments.raiseCounter(id, counter);
  const data = madeData(change.data ?? pending.data);
  const active = { ...change, data, status: "ACTIVE" as const, failures: 0, nextTryAt: 0, updated: tx.now };
  await tx.enrolments.update(id, active);
  return { ...pending, ...active, counter: counter ?? pending.counter };
}
