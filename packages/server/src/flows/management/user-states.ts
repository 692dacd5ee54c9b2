/** Moves a user from one state to another by the table of what is allowed, with the event that says so. */
import type { EventType, UserStatus } from "@sallyport/contracts";
import { namesOf } from "@sallyport/logon";
import { personOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import { openOf } from "./duplicates.ts";
import { missingNames, namesOnceActivated } from "./held-names.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import { findUser, judgeRank } from "./users.ts";

export const LIFECYCLE = {
  activate: { from: ["STAGED", "DEPROVISIONED"], to: "ACTIVE", event: "user.activated" },
  deactivate: { from: ["STAGED", "ACTIVE", "SUSPENDED", "LOCKED_OUT"], to: "DEPROVISIONED", event: "user.deactivated" },
  suspend: { from: ["ACTIVE"], to: "SUSPENDED", event: "user.suspended" },
  unsuspend: { from: ["SUSPENDED"], to: "ACTIVE", event: "user.unsuspended" },
  unlock: { from: ["LOCKED_OUT"], to: "ACTIVE", event: "user.unlocked" },
} as const satisfies Record<string, { from: readonly UserStatus[]; to: UserStatus; event: EventType }>;

export type LifecycleStep = keyof typeof LIFECYCLE;

/**
 * Activating a newcomer who was held back for a shared name (S29) is the decision: from then on the user is found under all of
 * the names, and where two share one the logon is refused as ambiguous, with both named.
 * @param by who is told to have moved the user: a source, where the caller only brought in what it says.
 */
export function moveUser(store: Store, caller: Caller, id: string, step: LifecycleStep, by = caller.actor.id): Promise<Outcome<UserRow>> {
  return inUnit(store, (tx) => moveUserIn(tx, caller, id, step, by));
}

/** As a part of a larger unit: refuses before it writes. */
export async function moveUserIn(tx: Tx, caller: Caller, id: string, step: LifecycleStep, by: string): Promise<Outcome<UserRow>> {
  const { from, to, event } = LIFECYCLE[step];
  const found = await findUser(tx, id);
  if (found.kind !== "done") return found;
  const user = found.value;
  const above = judgeRank(caller, user);
  if (above) return above;
  if (!(from as readonly UserStatus[]).includes(user.status)) {
    return { kind: "invalid", causes: [`status: a user who is ${user.status} cannot be ${PAST[step]}`] };
  }
  const names = namesOf(user.profile);
  const heldBack = step === "activate" && (await missingNames(tx, user.id, names)).length > 0;
  // A source that has somebody again decides nothing: whoever waited for a decision goes on waiting, and no name is given out.
  const bySource = by !== caller.actor.id;
  const waits = heldBack && bySource && (await openOf(tx, user.id)).length > 0;
  const change = { status: waits ? ("STAGED" as const) : to, statusSince: tx.now, statusBy: by, updated: tx.now };
  if (step === "unlock" || step === "activate") await tx.users.setPasswordTries(user.id, { failures: 0, nextAt: 0 });
  const person = new Set((await personOf(tx, user)).map((one) => one.id));
  await tx.users.update(user.id, change, heldBack && !bySource ? await namesOnceActivated(tx, user, person) : undefined);
  if (waits) {
    await sayWaiting(tx, caller, user);
    return done({ ...user, ...change });
  }
  const target = { type: "user", id: user.id, name: user.profile.login };
  await tx.log.append({ type: event, actor: caller.actor, target, outcome: "success", data: { before: user.status } });
  return done({ ...user, ...change });
}

async function sayWaiting(tx: Tx, caller: Caller, { id, source, externalId, profile }: UserRow): Promise<void> {
  const target = { type: "user", id, name: profile.login };
  const data = { source, externalId, name: profile.login };
  await tx.log.append({ type: "user.held-back", actor: caller.actor, target, outcome: "failure", cause: "user.ambiguous", data });
}

const PAST: Record<LifecycleStep, string> = {
  activate: "activated",
  deactivate: "deactivated",
  suspend: "suspended",
  unsuspend: "unsuspended",
  unlock: "unlocked",
};
