/** The code step with a long code, in two units of work: the try is taken before the slow hash is compared, the code consumed after it. */
import type { LongCode } from "@sallyport/contracts";
import { runsLow } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import { type CodeInput, type CodeStep, findStep, keepOut, letIn, refused, type VerifyOutcome } from "./code-step.ts";
import { judgeLongCode, type LongVerdict, type Taken, takeLongTry } from "./judge-long-code.ts";
import { endOfHostMeanwhile } from "./judge-page-host.ts";
import { Superseded } from "./open-transaction.ts";

export interface Waiting {
  kind: "waiting";
  host: HostRow | undefined;
  version: number;
  taken: Taken;
}

export async function takeLongCode(tx: Tx, host: HostRow | undefined, input: CodeInput, typed: LongCode): Promise<Waiting | VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const taken = await takeLongTry(tx, found, typed);
  if (taken.kind === "wrong") return keepOut(tx, found.transaction, found.enrolment, taken, input);
  return { kind: "waiting", host, version: found.transaction.version, taken };
}

/** Everything is judged again: the person may be suspended, the code used and the transaction over by now. Throws `Superseded`. */
export async function finishLongCode(
  tx: Tx,
  { host, version, taken }: Waiting,
  compared: "right" | "wrong" | "overloaded",
  input: CodeInput,
): Promise<VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  if (found.transaction.version !== version) throw new Superseded();
  const stopped = await endOfHostMeanwhile(tx, host, found.transaction);
  if (stopped) return stopped;
  if (compared === "overloaded") {
    // Nothing was compared, so nothing was tried.
    await tx.enrolments.returnTry(taken.counter.id);
    return refused("org.overloaded", found.transaction, {});
  }
  const verdict = await judgeLongCode(tx, taken, compared, found.transaction);
  if (verdict.kind === "wrong") return keepOut(tx, found.transaction, taken.counter, verdict, input);
  if (verdict.kind === "recovery" && runsLow(verdict.remaining)) await warnOfFew(tx, found, verdict.set, verdict.remaining);
  return letIn(tx, found, proofOf(verdict), input);
}

function proofOf(verdict: Exclude<LongVerdict, { kind: "wrong" }>) {
  if (verdict.kind === "recovery") {
    const data = { factor: verdict.set.id, kind: "recovery", remaining: verdict.remaining };
    return { amr: "recovery", type: "factor.verified", data } as const;
  }
  const { id, appId, reason, createdBy } = verdict.code;
  return { amr: "bypass", type: "bypass.used", data: { bypass: id, app: appId, reason, issuedBy: createdBy } } as const;
}

async function warnOfFew(tx: Tx, { user, transaction }: CodeStep, set: EnrolmentRow, remaining: number): Promise<void> {
  await tx.log.append({
    type: "factor.recovery-low",
    actor: { type: "user", id: user.id, name: user.profile.login },
    target: { type: "user", id: user.id, name: user.profile.login },
    outcome: "success",
    reference: transaction.reference ?? undefined,
    data: { factor: set.id, remaining },
  });
}
