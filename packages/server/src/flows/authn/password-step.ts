/** The password step of a transaction that a host opened with no password proved: the org checks it, then everything else is judged. */
import type { CauseId } from "@sallyport/contracts";
import { expiryOf, foldName, step, toldToHost } from "@sallyport/logon";
import type { HostCall, HostRefusal } from "../host-link/host-caller.ts";
import { judgePerson } from "../host-link/judge-person.ts";
import { resolveName } from "../host-link/resolve-name.ts";
import { type Opened, transactionFor } from "../host-link/start-logon.ts";
import { type HostDeps, isRefusal, judgeHostNow, withHost } from "../host-link/with-host.ts";
import { endLogon } from "../logon-record.ts";
import type { Tx } from "../store.ts";
import type { AppRow, UserRow } from "../store-directory.ts";
import type { HostRow, LogonRow } from "../store-logons.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { type Judged, judgePassword, type Keeper, keeperOf, type PasswordDeps } from "./judge-password.ts";
import { advance, causeOfMisfit, findTransaction, isNotYours, type NotYours } from "./open-transaction.ts";
import { type PasswordTry, settlePasswordTry, takePasswordTry } from "./password-tries.ts";
import { renewHash } from "./renew-hash.ts";
import { showTransaction } from "./show.ts";

/** Passwords that may be tried in one transaction. */
export const PASSWORDS_PER_TRANSACTION = 3;

export type PasswordOutcome =
  | NotYours
  | HostRefusal
  | Opened
  | { kind: "wrong"; cause: CauseId; told: CauseId; reference: string | null; ended: boolean; evidence: Record<string, unknown> };

interface Waiting {
  kind: "waiting";
  transaction: TransactionRow;
  logon: LogonRow;
  host: HostRow;
  app: AppRow;
  candidate: UserRow | undefined;
  keeper: Keeper | undefined;
  tried: PasswordTry;
}

type WrongPassword = Extract<Judged, { kind: "wrong" }>;
const NOT_THEIRS: WrongPassword = { kind: "wrong", cause: "user.password", proven: false, evidence: {} };

/** The password is judged between two units of work: it takes tens of milliseconds, or seconds, and must not hold the database. */
export async function passwordStep(
  deps: HostDeps & PasswordDeps,
  call: HostCall,
  input: { stateToken: string; password: string },
): Promise<PasswordOutcome> {
  const waiting = await withHost(deps, call, (tx, host) => findWaiting(tx, host, input.stateToken));
  if (isRefusal(waiting) || waiting.kind !== "waiting") return waiting as HostRefusal | NotYours | PasswordOutcome;
  const { candidate, keeper, tried } = waiting;
  // Whoever has to wait is compared with the hash of nobody: the same time, and always wrong.
  const looked = tried.kind === "taken";
  const verdict = await judgePassword(deps, looked ? candidate : undefined, looked ? keeper : undefined, input.password);
  if (candidate && verdict.kind === "right") await renewHash(deps, candidate.id, candidate.passwordHash, input.password);
  return deps.store.inTransaction(async (tx) => {
    await settlePasswordTry(tx, tried, verdict, candidate && (await tx.users.byId(candidate.id)));
    if (verdict.kind === "overloaded")
      return {
        kind: "wrong",
        cause: "org.overloaded",
        told: "org.overloaded",
        reference: waiting.logon.reference,
        ended: false,
        evidence: {},
      };
    if (verdict.kind === "right") return goOn(tx, waiting, input.stateToken);
    return verdict.proven ? refusedThere(tx, waiting, verdict) : wrongPassword(tx, waiting, verdict);
  });
}

async function findWaiting(tx: Tx, host: HostRow, stateToken: string): Promise<Waiting | NotYours | PasswordOutcome> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  const logon = await tx.logons.ofHost(host.id, transaction.reference);
  const app = await tx.apps.byId(host.appId);
  if (!logon || !app || !step(transaction.status, "password-right").ok) {
    const { reference } = transaction;
    const cause = causeOfMisfit(transaction);
    return {
      kind: "wrong",
      cause,
      told: cause,
      reference,
      ended: false,
      evidence: { status: transaction.status },
    };
  }
  const candidate = await soleHolder(tx, app, host, logon);
  const [keeper, tried] = [await keeperOf(tx, candidate), await takePasswordTry(tx, candidate)];
  return { kind: "waiting", transaction, logon, host, app, candidate, keeper, tried };
}

/** Whose password this could be: of the very user whom the judgement finds. With none or several the hash of nobody is compared: same time, always wrong (S16). */
async function soleHolder(tx: Tx, app: AppRow, host: HostRow, logon: LogonRow): Promise<UserRow | undefined> {
  if (foldName(logon.username) === undefined) return undefined;
  const { resolution } = await resolveName(tx, app, host, askedOf(logon));
  const { kind } = resolution;
  return kind === "found" || kind === "not-assigned" ? tx.users.byId(resolution.userId) : undefined;
}

async function goOn(tx: Tx, waiting: Waiting, stateToken: string): Promise<PasswordOutcome> {
  const { transaction, logon, host, candidate } = waiting;
  const stopped = await judgeHostNow(tx, host);
  if (stopped) return endWith(tx, transaction, stopped.cause, stopped.evidence);
  const app = (await tx.apps.byId(host.appId)) ?? waiting.app;
  const person = await judgePerson(tx, app, host, { ...askedOf(logon), drive: transaction.drive });
  // While the hash was compared the name may have become somebody else's: the password was not theirs.
  if (person.kind === "person" && person.user.id !== candidate?.id) return wrongPassword(tx, waiting, NOT_THEIRS);
  if (person.kind === "refused") {
    const refused = { ...transaction, userId: person.userId ?? null, rule: person.rule ?? null };
    return endWith(tx, refused, person.cause, person.evidence);
  }
  // At a machine there is no place to choose another one: that is done at the org's own pages.
  if (person.user.mustChange) {
    const expired = { ...transaction, userId: person.user.id, rule: person.policy.rule };
    return endWith(tx, expired, "user.password-expired", { source: person.user.source, reason: "an administrator said so" });
  }
  const { userId, rule, status, lastCause, factors, ticketId } = transactionFor(transaction, person);
  const expires = expiryOf(transaction.opened, tx.now);
  const done = await advance(tx, transaction, { userId, rule, status, lastCause, factors, ticketId, amr: ["pwd"], expires });
  await tx.logons.update(host.id, logon.reference, { userId, rule });
  if (status === "SUCCESS") await endLogon(tx, done, { result: "allow", cause: "policy.no-mfa", amr: ["pwd"] });
  return showTransaction(tx, done, stateToken);
}

function askedOf(logon: LogonRow) {
  return {
    username: logon.username,
    ...(logon.domain === null ? {} : { domain: logon.domain }),
    service: logon.service,
    scenario: logon.scenario as "logon" | "unlock" | "elevate" | "reconnect",
    conversation: logon.evidence["conversation"] === true,
    ...(logon.address === null ? {} : { address: logon.address }),
  };
}

/** The password was right, and the directory lets this person in nowhere: another try would end the same. */
async function refusedThere(tx: Tx, { transaction, candidate, logon, host, app }: Waiting, there: WrongPassword): Promise<PasswordOutcome> {
  const person = await judgePerson(tx, app, host, askedOf(logon));
  const ended = { ...transaction, userId: candidate?.id ?? null };
  if (person.kind === "refused") return endWith(tx, ended, person.cause, { ...there.evidence, ...person.evidence });
  return endWith(tx, ended, there.cause, there.evidence);
}

async function wrongPassword(
  tx: Tx,
  { transaction, candidate, logon, host, app, tried }: Waiting,
  wrong: WrongPassword,
): Promise<PasswordOutcome> {
  const tries = transaction.tries + 1;
  // The event and the record name the person only if there is one; what the host hears is the same either way.
  const notLookedAt = tried.kind === "wait" ? { notLookedAt: true, failures: tried.failures } : {};
  const evidence = { ...wrong.evidence, tries, known: candidate !== undefined, ...notLookedAt };
  const { reference } = transaction;
  if (tries >= PASSWORDS_PER_TRANSACTION) {
    const person = await judgePerson(tx, app, host, askedOf(logon));
    const ended = { ...transaction, userId: candidate?.id ?? null };
    // Where no single person's password could be compared, the record says why; the host hears of a wrong password all the same (S16).
    if (candidate || person.kind === "person") return endWith(tx, ended, wrong.cause, evidence, "user.password");
    return endWith(tx, ended, person.cause, { ...person.evidence, ...evidence }, "user.password");
  }
  await advance(tx, transaction, { tries, lastCause: wrong.cause, expires: expiryOf(transaction.opened, tx.now) });
  return { kind: "wrong", cause: wrong.cause, told: "user.password", reference, ended: false, evidence };
}

async function endWith(
  tx: Tx,
  transaction: TransactionRow,
  cause: CauseId,
  evidence: Record<string, unknown>,
  told: CauseId = toldToHost(cause),
): Promise<PasswordOutcome> {
  const { userId, rule } = transaction;
  const done = await advance(tx, transaction, { status: "REFUSED", lastCause: cause, userId, rule });
  await endLogon(tx, done, { result: "deny", cause, told, evidence });
  return { kind: "wrong", cause, told, reference: transaction.reference, ended: true, evidence };
}
