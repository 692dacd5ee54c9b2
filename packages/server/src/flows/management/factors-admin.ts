/** What administrators do to a user's factors: enrol TOTP, activate with a first code, list, reset. */
import { randomBytes } from "node:crypto";
import type { EnrolledKind, TotpAlgorithm } from "@sallyport/contracts";
import { isSentKind, TOTP_SECRET_BYTES } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { judgeFirstCode, newTotp, TOTP, totpActivation, uriFor } from "../enrolling/totp.ts";
import { newId } from "../ids.ts";
import { factorsOf, personOf } from "../person.ts";
import { endSessions } from "../sessions/end-sessions.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { findUser, judgeRank } from "./users.ts";

export interface FactorDeps {
  store: Store;
  keys: Keys;
  /** Shown in the authenticator app beside the login. */
  orgUrl: string;
}

/** Shown once, when the secret is made (160 random bits or more, S7). */
export type Activation = ReturnType<typeof totpActivation>;

/** First codes, or other first proofs, that may be tried before a pending enrolment is reset: whoever has the secret needs no guessing. */
const FIRST_CODES = 10;

export function enrolFactor(
  deps: FactorDeps,
  caller: Caller,
  userId: string,
  activate: boolean,
  asked: { digits?: number | undefined; algorithm?: TotpAlgorithm | undefined } = {},
): Promise<Outcome<{ enrolment: EnrolmentRow; activation: Activation }>> {
  const id = newId("enr");
  const shape = { ...TOTP, digits: asked.digits ?? TOTP.digits, algorithm: asked.algorithm ?? TOTP.algorithm };
  const secret = randomBytes(TOTP_SECRET_BYTES[shape.algorithm]);
  return inUnit(deps.store, async (tx) => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const user = found.value;
    const there = await factorsOf(tx, user);
    const refusal = judgeNew(user, there, "totp");
    if (refusal) return refusal;
    for (const pending of there.filter(({ status, userId: own }) => status === "PENDING_ACTIVATION" && own === user.id))
      await resetRow(tx, caller, user, pending, "enrolled anew");
    const enrolment = newTotp(deps.keys, { id, userId: user.id, secret, active: activate, now: tx.now, shape });
    await tx.enrolments.insert(enrolment);
    await say(tx, activate ? "factor.activated" : "factor.enrolled", caller.actor, user, enrolment);
    return done({ enrolment, activation: totpActivation(secret, uriFor(deps.orgUrl, user.profile.login, secret, shape), shape) });
  });
}

/** One enrolment of each kind that counts: another one only after a reset. */
export function judgeNew(user: UserRow, there: EnrolmentRow[], kind: EnrolledKind): Refusal | undefined {
  if (user.status === "DEPROVISIONED") return { kind: "invalid", causes: ["status: a user who is DEPROVISIONED enrols nothing"] };
  const kept = there.find((one) => one.kind === kind && (one.status === "ACTIVE" || one.status === "LOCKED"));
  if (!kept) return undefined;
  return { kind: "invalid", causes: [`factorType: a factor of this type is already set up (${kept.id}, ${kept.status}): reset it first`] };
}

/** The first right code makes a pending enrolment active; its step is burnt like any other (S4). */
export function activateFactor(
  deps: FactorDeps,
  caller: Caller,
  userId: string,
  enrolmentId: string,
  passCode: string,
): Promise<Outcome<EnrolmentRow>> {
  return inUnit(deps.store, async (tx) => {
    const found = await findEnrolment(tx, caller, userId, enrolmentId);
    if (found.kind !== "done") return found;
    const { user, enrolment } = found.value;
    if (enrolment.status !== "PENDING_ACTIVATION") return { kind: "invalid", causes: [`status: the factor is ${enrolment.status}`] };
    const verdict = judgeFirstCode(deps.keys, enrolment, passCode, tx.now);
    const burnt =
      verdict.kind === "match" || verdict.kind === "outside" ? await tx.enrolments.consumeStep(enrolment.id, verdict.step) : false;
    if (verdict.kind === "match" && burnt) {
      const change = { status: "ACTIVE" as const, drift: verdict.drift, failures: 0, updated: tx.now };
      await tx.enrolments.update(enrolment.id, change);
      await say(tx, "factor.activated", caller.actor, user, enrolment);
      return done({ ...enrolment, ...change });
    }
    await countFirstCode(tx, caller, user, enrolment.id);
    if (verdict.kind !== "outside") return { kind: "wrong-code", why: "the code does not match" };
    return {
      kind: "wrong-code",
      why: `the code was right ${Math.abs(verdict.steps) * enrolment.period} seconds ${verdict.steps < 0 ? "ago" : "from now"}: set the clock of the phone`,
    };
  });
}

/** A wrong one. What became active meanwhile, by a try at the same time, has a count of its own (S1). */
export async function countFirstCode(tx: Tx, caller: Pick<Caller, "actor">, user: UserRow, id: string): Promise<void> {
  const pending = await tx.enrolments.byId(id);
  if (pending?.status !== "PENDING_ACTIVATION") return;
  const failures = pending.failures + 1;
  await tx.enrolments.update(id, { failures, updated: tx.now });
  if (failures >= FIRST_CODES) await resetRow(tx, caller, user, pending, "too many wrong first codes");
}

/** The enrolment stays as one that counts (S1: its user is locked out, not free to enrol), its secret does not. */
export function resetFactor(deps: FactorDeps, caller: Caller, userId: string, enrolmentId: string): Promise<Outcome<undefined>> {
  return inUnit(deps.store, async (tx) => {
    const found = await findEnrolment(tx, caller, userId, enrolmentId);
    if (found.kind !== "done") return found;
    const { user, enrolment } = found.value;
    await resetRow(tx, caller, user, enrolment, "by an administrator");
    // S18: a session may have been opened by whoever has the factor now. It counted for everybody who is the same person.
    for (const one of await personOf(tx, user)) await endSessions(tx, one, caller.actor);
    return done(undefined);
  });
}

/** `remaining`: unused codes of a recovery set; 0 for other kinds. */
export interface FactorShown {
  enrolment: EnrolmentRow;
  remaining: number;
}

/** Those that are not reset. */
export async function listFactors(store: Store, userId: string): Promise<Outcome<FactorShown[]>> {
  return store.read(async (tx): Promise<Outcome<FactorShown[]>> => {
    const user = await findUser(tx, userId);
    if (user.kind !== "done") return user;
    const enrolments = (await factorsOf(tx, user.value)).filter(({ status }) => status !== "RESET");
    const shown: FactorShown[] = [];
    for (const enrolment of enrolments)
      shown.push({ enrolment, remaining: enrolment.kind === "recovery" ? await tx.recoveryCodes.remaining(enrolment.id) : 0 });
    return done(shown);
  });
}

/** A factor of one counts for everybody who is linked with them: nobody reaches an administrator through a user of no role (S18). */
export async function findReachable(tx: Tx, caller: Caller, userId: string): Promise<Outcome<UserRow>> {
  const found = await findUser(tx, userId);
  if (found.kind !== "done") return found;
  for (const one of await personOf(tx, found.value)) {
    const above = judgeRank(caller, one);
    if (above) return above;
  }
  return found;
}

export async function findEnrolment(
  tx: Tx,
  caller: Caller,
  userId: string,
  id: string,
): Promise<Outcome<{ user: UserRow; enrolment: EnrolmentRow }>> {
  const user = await findReachable(tx, caller, userId);
  if (user.kind !== "done") return user;
  const enrolment = (await factorsOf(tx, user.value)).find((one) => one.id === id && one.status !== "RESET");
  return enrolment ? done({ user: user.value, enrolment }) : { kind: "not-found", what: "factor" };
}

/** The caller has judged that this may be. */
export async function resetRow(
  tx: Tx,
  caller: Pick<Caller, "actor">,
  user: UserRow,
  enrolment: EnrolmentRow,
  reason: string,
): Promise<void> {
  await tx.enrolments.update(enrolment.id, { status: "RESET", sealedSecret: "", updated: tx.now });
  // An address or a number is nobody's business any more.
  if (isSentKind(enrolment.kind)) await tx.enrolments.update(enrolment.id, { data: {} });
  if (enrolment.kind === "recovery") await tx.recoveryCodes.remove(enrolment.id);
  const target = { type: "user", id: user.id, name: user.profile.login };
  await tx.log.append({
    type: "factor.reset",
    actor: caller.actor,
    target,
    outcome: "success",
    data: { factor: enrolment.id, kind: enrolment.kind, before: enrolment.status, reason },
  });
}

export async function say(
  tx: Tx,
  type: "factor.enrolled" | "factor.activated",
  actor: Caller["actor"],
  user: UserRow,
  enrolment: EnrolmentRow,
): Promise<void> {
  const target = { type: "user", id: user.id, name: user.profile.login };
  await tx.log.append({ type, actor, target, outcome: "success", data: { factor: enrolment.id, kind: enrolment.kind } });
}
