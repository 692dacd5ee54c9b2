/** A factor gets the name that its owner calls it by: of several keys nobody else knows which is which. */
import type { Store } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { findEnrolment } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

export function renameFactor(
  store: Store,
  caller: Caller,
  userId: string,
  enrolmentId: string,
  name: string,
): Promise<Outcome<EnrolmentRow>> {
  return inUnit(store, async (tx): Promise<Outcome<EnrolmentRow>> => {
    const found = await findEnrolment(tx, caller, userId, enrolmentId);
    if (found.kind !== "done") return found;
    const { user, enrolment } = found.value;
    if (enrolment.kind === "recovery") return { kind: "invalid", causes: ["factorType: recovery codes have no name"] };
    await tx.enrolments.update(enrolment.id, { name, updated: tx.now });
    const target = { type: "user", id: user.id, name: user.profile.login };
    const data = { factor: enrolment.id, kind: enrolment.kind };
    await tx.log.append({ type: "factor.renamed", actor: caller.actor, target, outcome: "success", data });
    return done({ ...enrolment, name, updated: tx.now });
  });
}
