/** A step-up: somebody who is signed in proves a factor once more, for an app that they may use, and their session is fresh by that. */
import { isIP } from "node:net";
import type { CauseId } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import { blankTransaction } from "../authn/blank-transaction.ts";
import { judgeAnew } from "../authn/judge-anew.ts";
import { redeemSessionToken, sessionTokenOf } from "../authn/session-token.ts";
import { showTransaction } from "../authn/show.ts";
import { judgeFactors, type PersonRefused } from "../host-link/judge-person.ts";
import { hashToken, type Opened } from "../host-link/start-logon.ts";
import { newStateToken, random256 } from "../ids.ts";
import { sayStepUpRefused } from "../logon-record.ts";
import { provesOwnFactor } from "../own-factor.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { hashSession, isAlive, type Signed } from "./session.ts";

export interface StepUpWish {
  signed: Signed;
  appId: string;
  /** SHA-256 (hex) of the cookie of the browser that begins (S36). */
  browserHash: string;
  /** IP literal of the caller. */
  address: string;
}

export type StepUpOutcome = Opened | { kind: "step-up-refused"; cause: CauseId };

/**
 * The session stands for the password. A factor is asked for also where the app's policy lets in without one: who begins this wants a proof,
 * and gets none that was not made.
 */
export function beginStepUp(store: Store, { signed, appId, browserHash, address }: StepUpWish): Promise<StepUpOutcome> {
  return store.inTransaction(async (tx): Promise<StepUpOutcome> => {
    const stateToken = newStateToken();
    const transaction: TransactionRow = {
      ...blankTransaction(tx.now),
      tokenHash: hashToken(stateToken),
      status: "MFA_REQUIRED",
      userId: signed.user.id,
      appId,
      sessionId: signed.session.id,
      drive: "page",
      browserHash,
      address: isIP(address) ? { value: address, origin: "socket" } : null,
    };
    const judged = await judgeStepUp(tx, transaction);
    if (judged.kind === "refused") {
      await sayStepUpRefused(tx, transaction, judged.cause, judged.evidence);
      return { kind: "step-up-refused", cause: judged.cause };
    }
    const begun = { ...transaction, factors: judged.factors, rule: judged.rule };
    await tx.transactions.insert(begun);
    return showTransaction(tx, begun, stateToken);
  });
}

async function judgeStepUp(tx: Tx, transaction: TransactionRow): Promise<{ kind: "may"; factors: string[]; rule: string } | PersonRefused> {
  const user = await tx.users.byId(transaction.userId ?? "");
  if (!user) return { kind: "refused", cause: "user.unknown", evidence: {} };
  const judged = await judgeAnew(tx, undefined, transaction, user);
  if (judged.kind === "refused") return judged;
  if (!judged.policy) throw new Error("a step-up is for an app");
  // S11, S18: a code from a drawer makes nothing fresh, and an administrator's is for machines.
  const own = (await factorsOf(tx, user)).filter(({ kind }) => kind !== "recovery");
  const usable = judgeFactors(own, user, judged.policy);
  if (usable.kind === "refused") return usable;
  return { kind: "may", factors: usable.enrolments.map(({ id }) => id), rule: judged.policy.rule };
}

export interface StepUpEnd {
  stateToken: string;
  /** Value of this browser's session cookie. */
  session: string | undefined;
  /** Value of the cookie of the browser that began. */
  began: string | undefined;
}

/** Once (S4), in the browser and the session that began. Answers the cookie's new value: it changes with what it is good for (S19). */
export function endStepUp({ store, keys }: { store: Store; keys: Keys }, end: StepUpEnd): Promise<{ token: string } | undefined> {
  return store.inTransaction(async (tx) => {
    const transaction = await tx.transactions.byTokenHash(hashToken(end.stateToken));
    const redeemed = transaction && (await redeemSessionToken(tx, keys, sessionTokenOf(keys, transaction.id), end.began));
    if (redeemed?.kind !== "redeemed" || !redeemed.stepUp || end.session === undefined) return undefined;
    const session = await tx.sessions.byTokenHash(hashSession(end.session));
    if (session?.id !== redeemed.stepUp.session || session.userId !== redeemed.user.id || !isAlive(session, tx.now)) return undefined;
    const token = random256();
    const amr = [...new Set([...session.amr, ...redeemed.amr])];
    const fresh = provesOwnFactor(redeemed.amr) ? { factorAt: tx.now } : {};
    await tx.sessions.update(session.id, { tokenHash: hashSession(token), lastSeen: tx.now, amr, ...fresh });
    await tx.log.append({
      type: "session.stepped-up",
      actor: { type: "user", id: redeemed.user.id, name: redeemed.user.profile.login },
      outcome: "success",
      data: { session: session.id, app: redeemed.stepUp.app, amr: redeemed.amr },
    });
    return { token };
  });
}
