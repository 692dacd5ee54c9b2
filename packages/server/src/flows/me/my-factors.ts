/** A person's own factors: shown, named, removed. What changes them asks for a fresh second factor first (S18). */
import type { EnrolledKind } from "@sallyport/contracts";
import { isSentKind } from "@sallyport/logon";
import { ENROLLERS } from "../enrolling/enroller.ts";
import { judgeKind } from "../enrolling/sent-code.ts";
import { resetRow } from "../management/factors-admin.ts";
import { done, inUnit, type Outcome } from "../management/outcome.ts";
import { hasWayIn } from "../own-factor.ts";
import { isBeingMade } from "../person.ts";
import { freshUntil, type Signed } from "../sessions/session.ts";
import type { Store, Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { actorOf } from "./my-sessions.ts";

export interface MyFactor {
  enrolment: EnrolmentRow;
  /** Unused codes of a recovery set; 0 for other kinds. */
  remaining: number;
  removable: boolean;
}

/** Own ones that are not reset, and not being made in a sign-in. Those of users who are the same person are theirs to change, under their own name. */
export async function ownFactors(tx: Tx, userId: string): Promise<EnrolmentRow[]> {
  return (await tx.enrolments.ofUser(userId)).filter((one) => one.status !== "RESET" && !isBeingMade(one));
}

export function myFactors(store: Store, { user }: Signed): Promise<{ factors: MyFactor[]; canAdd: EnrolledKind[] }> {
  return store.read(async (tx) => {
    const enrolments = await ownFactors(tx, user.id);
    const factors: MyFactor[] = [];
    // What was begun and not finished is none yet: whoever left meanwhile begins anew, which ends it.
    for (const enrolment of enrolments) if (enrolment.status !== "PENDING_ACTIVATION") factors.push(await shown(tx, enrolment, enrolments));
    const canAdd: EnrolledKind[] = [];
    for (const kind of kindsToAdd(enrolments)) if (await isOffered(tx, kind)) canAdd.push(kind);
    return { factors: factors.sort((a, b) => a.enrolment.created - b.enrolment.created), canAdd };
  });
}

/** Codes that are sent are off until an administrator wants them: nobody is led into a refusal. */
async function isOffered(tx: Tx, kind: EnrolledKind): Promise<boolean> {
  return !isSentKind(kind) || (await judgeKind(tx, kind)) === undefined;
}

export async function shown(tx: Tx, enrolment: EnrolmentRow, all: EnrolmentRow[]): Promise<MyFactor> {
  const remaining = enrolment.kind === "recovery" ? await tx.recoveryCodes.remaining(enrolment.id) : 0;
  return { enrolment, remaining, removable: isRemovable(enrolment, all) };
}

/** A locked one cannot be got rid of in this way: its count is what protects the person (S1). A set of codes alone is no way in. */
function isRemovable(enrolment: EnrolmentRow, all: EnrolmentRow[]): boolean {
  if (enrolment.status === "LOCKED") return false;
  if (enrolment.status === "PENDING_ACTIVATION" || enrolment.kind === "recovery") return true;
  return hasWayIn(all.filter(({ id }) => id !== enrolment.id));
}

export function kindsToAdd(enrolments: EnrolmentRow[]): EnrolledKind[] {
  const kinds = Object.keys(ENROLLERS) as EnrolledKind[];
  return kinds.filter(
    (kind) => ENROLLERS[kind]?.several || !enrolments.some((one) => one.kind === kind && one.status !== "PENDING_ACTIVATION"),
  );
}

export const NOT_FRESH = { kind: "not-fresh" } as const;
export type NotFresh = typeof NOT_FRESH;

export const NO_WAY_IN = { kind: "forbidden", why: "none of your factors is good any more: ask an administrator for a ticket" } as const;
const LAST = "this is the last factor that lets you in: add another one first";

export async function renameMyFactor(store: Store, signed: Signed, id: string, name: string): Promise<Outcome<MyFactor> | NotFresh> {
  if (freshUntil(signed) === undefined) return NOT_FRESH;
  return inUnit(store, async (tx): Promise<Outcome<MyFactor>> => {
    const all = await ownFactors(tx, signed.user.id);
    const enrolment = all.find((one) => one.id === id);
    if (!enrolment) return { kind: "not-found", what: "factor" };
    await tx.enrolments.update(id, { name, updated: tx.now });
    const data = { factor: id, kind: enrolment.kind };
    await tx.log.append({ type: "factor.renamed", actor: actorOf(signed.user), outcome: "success", data });
    return done(await shown(tx, { ...enrolment, name }, all));
  });
}

export async function removeMyFactor(store: Store, signed: Signed, id: string): Promise<Outcome<undefined> | NotFresh> {
  if (freshUntil(signed) === undefined) return NOT_FRESH;
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const all = await ownFactors(tx, signed.user.id);
    const enrolment = all.find((one) => one.id === id);
    if (!enrolment) return { kind: "not-found", what: "factor" };
    if (!isRemovable(enrolment, all)) return { kind: "conflict", why: LAST };
    await resetRow(tx, { actor: actorOf(signed.user) }, signed.user, enrolment, "by its owner");
    return done(undefined);
  });
}
