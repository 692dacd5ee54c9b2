/** The step that brings no proof: asks a factor, or looks how it stands since it was asked. */
import { expiryOf, step as stepOf } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { ASKED, type AskDeps, type AskedFactor, type Stand } from "./asked-factors.ts";
import {
  type CodeInput,
  type CodeStep,
  findStep,
  keepOut,
  letIn,
  refused,
  TRIES_PER_TRANSACTION,
  type VerifyOutcome,
} from "./code-step.ts";
import { advance } from "./open-transaction.ts";
import { type WrongCode, wrong } from "./tries.ts";

/** Within the caller's unit of work. A factor that is not asked for, but typed, is `factor.code-malformed`: nothing was typed. */
export async function askFactor(tx: Tx, deps: AskDeps, host: HostRow | undefined, input: CodeInput): Promise<VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const factor = ASKED[found.enrolment.kind];
  if (!factor) return keepOut(tx, found.transaction, found.enrolment, wrong("factor.code-malformed", { length: 0 }), input);
  const open = await openChallenge(tx, found);
  if (open && factor.look) return goOn(tx, found, open, await factor.look(tx, found, open), input);
  return ask(tx, deps, found, factor, input);
}

/** The same factor once more, whatever became of the challenge before: it does not count any more. */
export async function askAgain(tx: Tx, deps: AskDeps, host: HostRow | undefined, input: CodeInput): Promise<VerifyOutcome> {
  const found = await findStep(tx, host, input);
  if (found.kind !== "step") return found;
  const factor = ASKED[found.enrolment.kind];
  const again = stepOf(found.transaction.status, "ask-again");
  if (factor && again.ok) return ask(tx, deps, found, factor, input);
  return refused("logon.out-of-order", found.transaction, { status: found.transaction.status, factor: input.factorId });
}

/** The challenge that this very factor was asked for last, as long as nobody was told how it ended. */
export async function openChallenge(tx: Tx, { transaction, enrolment }: CodeStep): Promise<ChallengeRow | undefined> {
  const challenge = transaction.challengeId === null ? undefined : await tx.challenges.byId(transaction.challengeId);
  return challenge?.enrolmentId === enrolment.id && challenge.answer !== "superseded" ? challenge : undefined;
}

async function ask(tx: Tx, deps: AskDeps, found: CodeStep, factor: AskedFactor, input: CodeInput): Promise<VerifyOutcome> {
  const { transaction, enrolment, user } = found;
  const next = stepOf(transaction.status, "ask");
  if (!next.ok) return refused(next.cause, transaction, { status: transaction.status });
  const challenge = await factor.ask(tx, deps, found);
  if (isWrong(challenge)) return keepOut(tx, transaction, enrolment, challenge, input);
  await tx.challenges.supersede(transaction.id, tx.now, challenge.id);
  const change = { status: next.to as TransactionRow["status"], challengeId: challenge.id, expires: expiryOf(transaction.opened, tx.now) };
  const asking = await advance(tx, transaction, change);
  const result = factor.look ? ("WAITING" as const) : ("CHALLENGE" as const);
  return { kind: "asked", transaction: asking, user, now: tx.now, asked: { enrolment, challenge, result } };
}

async function goOn(tx: Tx, found: CodeStep, challenge: ChallengeRow, stand: Stand, input: CodeInput): Promise<VerifyOutcome> {
  const { transaction, user, enrolment } = found;
  if (stand.kind === "right") return letIn(tx, found, stand.proof, input);
  if (stand.kind === "waiting") {
    return { kind: "asked", transaction, user, now: tx.now, asked: { enrolment, challenge, result: "WAITING" } };
  }
  const { cause, evidence, result } = stand;
  if (transaction.tries + 1 >= TRIES_PER_TRANSACTION) return keepOut(tx, transaction, enrolment, wrong(cause, evidence), input);
  const told = await advance(tx, transaction, { challengeId: null, tries: transaction.tries + 1, lastCause: cause });
  await tx.log.append({
    type: "factor.failed",
    actor: { type: "user", id: enrolment.userId },
    outcome: "failure",
    cause,
    reference: transaction.reference ?? undefined,
    host: transaction.hostId ?? undefined,
    data: { factor: enrolment.id, kind: enrolment.kind, evidence },
  });
  return { kind: "asked", transaction: told, user, now: tx.now, asked: { enrolment, challenge, result, cause } };
}

function isWrong(made: ChallengeRow | WrongCode): made is WrongCode {
  return made.kind === "wrong";
}
