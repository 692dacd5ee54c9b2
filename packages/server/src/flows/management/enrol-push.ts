/** An administrator begins the enrolment of a user's phone: the code is for the person, who types it into the approver. */
import type { PushActivation } from "@sallyport/contracts";
import type { AskDeps } from "../authn/asked-factors.ts";
import { pushEnroller } from "../enrolling/push.ts";
import type { Store } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { findReachable, say } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** A user may have several phones. */
export function enrolPush(
  deps: AskDeps & { store: Store },
  caller: Caller,
  userId: string,
  asked: { name?: string | undefined },
): Promise<Outcome<{ enrolment: EnrolmentRow; activation: PushActivation }>> {
  return inUnit(deps.store, async (tx) => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    if (found.value.status === "DEPROVISIONED") return { kind: "invalid", causes: ["status: a user who is DEPROVISIONED enrols nothing"] };
    const begun = await pushEnroller.begin(tx, deps, found.value, asked);
    if (!("enrolment" in begun)) return { kind: "invalid", causes: [begun.sentence] };
    await say(tx, "factor.enrolled", caller.actor, found.value, begun.enrolment);
    return done({ enrolment: begun.enrolment, activation: begun.activation as PushActivation });
  });
}
