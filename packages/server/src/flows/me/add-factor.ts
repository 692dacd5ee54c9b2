/** A person adds a factor on their own pages: begun in one unit of work, its proof examined outside of any, active in a second one. */
import type { AddMyFactorRequest } from "@sallyport/contracts";
import type { AskDeps } from "../authn/asked-factors.ts";
import { ENROLLERS } from "../enrolling/enroller.ts";
import { makeActive } from "../enrolling/make-active.ts";
import { countFirstCode, say } from "../management/factors-admin.ts";
import { done, inUnit, type Outcome } from "../management/outcome.ts";
import { hasWayIn } from "../own-factor.ts";
import { freshUntil, type Signed } from "../sessions/session.ts";
import type { Store, Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { kindsToAdd, type MyFactor, NO_WAY_IN, NOT_FRESH, type NotFresh, ownFactors, shown } from "./my-factors.ts";
import { actorOf } from "./my-sessions.ts";

export type AddDeps = AskDeps & { store: Store };

export interface BegunFactor {
  factor: MyFactor;
  /** Shown once. */
  activation: Record<string, unknown>;
}

export async function addMyFactor(deps: AddDeps, signed: Signed, asked: AddMyFactorRequest): Promise<Outcome<BegunFactor> | NotFresh> {
  if (freshUntil(signed) === undefined) return NOT_FRESH;
  const { user } = signed;
  return inUnit(deps.store, async (tx): Promise<Outcome<BegunFactor>> => {
    const all = await ownFactors(tx, user.id);
    if (!hasWayIn(all)) return NO_WAY_IN;
    const enroller = ENROLLERS[asked.kind];
    if (!enroller || !kindsToAdd(all).includes(asked.kind))
      return { kind: "invalid", causes: ["kind: a factor of this kind cannot be added here"] };
    await dropPending(tx, signed, all, asked.kind);
    const begun = await enroller.begin(tx, deps, user, { profile: profileOf(asked) });
    if ("kind" in begun) return { kind: "invalid", causes: [`kind: ${begun.sentence}`] };
    await say(tx, "factor.enrolled", actorOf(user), user, begun.enrolment);
    return done({ factor: await shown(tx, begun.enrolment, all), activation: begun.activation });
  });
}

/**
 * What was begun here before and never finished. No row of it is kept, or whoever begins again and again would be looked at ever more
 * slowly: it never let anybody in, and its owner has another way in (S1).
 */
async function dropPending(tx: Tx, { user }: Signed, all: EnrolmentRow[], kind: EnrolmentRow["kind"]): Promise<void> {
  const own = actorOf(user);
  for (const { id, status } of all.filter((one) => one.kind === kind && one.status === "PENDING_ACTIVATION")) {
    await tx.enrolments.remove(id);
    const data = { factor: id, kind, before: status, reason: "enrolled anew" };
    await tx.log.append({ type: "factor.reset", actor: own, target: own, outcome: "success", data });
  }
}

/** As the transaction API names them. */
function profileOf({ kind, address, number }: AddMyFactorRequest): Record<string, unknown> | undefined {
  if (kind === "email" && address !== undefined) return { email: address };
  return number === undefined ? undefined : { phoneNumber: number };
}

interface Pending {
  enrolment: EnrolmentRow;
  challenge: ChallengeRow | undefined;
  now: number;
}

export type FirstProof = { passCode: string } | { attestation: string; clientData: string };

/** S18 again: whoever sits at a browser that was left open confirms nothing either. */
export async function activateMyFactor(
  deps: AddDeps,
  signed: Signed,
  id: string,
  { name, ...proof }: FirstProof & { name?: string | undefined },
): Promise<Outcome<MyFactor> | NotFresh> {
  if (freshUntil(signed) === undefined) return NOT_FRESH;
  const { user } = signed;
  const pending = await deps.store.read((tx) => findPending(tx, user.id, id));
  if (!pending) return { kind: "not-found", what: "factor" };
  const enroller = ENROLLERS[pending.enrolment.kind];
  if (!enroller || enroller.elsewhere) return { kind: "not-found", what: "factor" };
  const examined = await enroller.examine(deps, pending.enrolment, pending.challenge, proof, pending.now);
  return inUnit(deps.store, async (tx): Promise<Outcome<MyFactor>> => {
    const { challenge } = pending;
    if (!(await findPending(tx, user.id, id))) return { kind: "not-found", what: "factor" };
    if (!hasWayIn(await ownFactors(tx, user.id))) return NO_WAY_IN;
    if (examined.kind === "wrong") {
      if (examined.usedStep !== undefined) await tx.enrolments.consumeStep(id, examined.usedStep);
      return countWrong(tx, signed, id);
    }
    // S4: what it is held against is used up by the first right proof.
    if (challenge && !(await tx.challenges.answer(challenge.id, "used", tx.now))) return countWrong(tx, signed, id);
    const change = name === undefined ? examined.change : { ...examined.change, name };
    const active = await makeActive(tx, id, change);
    if (!active) return countWrong(tx, signed, id);
    await say(tx, "factor.activated", actorOf(user), user, active);
    return done(await shown(tx, active, await ownFactors(tx, user.id)));
  });
}

async function findPending(tx: Tx, userId: string, id: string): Promise<Pending | undefined> {
  const enrolment = (await ownFactors(tx, userId)).find((one) => one.id === id && one.status === "PENDING_ACTIVATION");
  if (!enrolment) return undefined;
  return { enrolment, challenge: (await tx.challenges.openOf(id, tx.now)).at(-1), now: tx.now };
}

async function countWrong(tx: Tx, { user }: Signed, id: string): Promise<Outcome<MyFactor>> {
  await countFirstCode(tx, { actor: actorOf(user) }, user, id);
  return { kind: "wrong-code", why: "what should prove the new factor does not match" };
}
