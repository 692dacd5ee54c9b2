/** Carries out what an import or a sync has planned for people: in small units of work, so that nobody's logon waits for long. */
import type { ProfileChange, UserProfile } from "@sallyport/contracts";
import { Conflict, type Store, type Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { Caller, Outcome, Refusal } from "./outcome.ts";
import { byOf, type Step } from "./plan-import.ts";
import { moveUserIn } from "./user-states.ts";
import { createUserIn, updateUserIn } from "./users.ts";

/** A unit ends with whichever comes first: a logon that arrives meanwhile waits for it. */
const AT_ONCE = 50;
const UNIT_MS = 5;

export interface Carrier {
  store: Store;
  caller: Caller;
  source: string;
  /** Called in each unit, with how many of the steps are behind it once it is committed. */
  within?(tx: Tx, done: number): Promise<void>;
  /** Called between units; throws to stop there. */
  between?(): Promise<void>;
}

/**
 * Each step as it came out, in its place: what the plan could not know, since somebody else changed the same people meanwhile, is told in
 * `fate` and `why`; `id` is that of the user. Interrupted anywhere, the same plan made anew has only the rest left to do.
 */
export async function carryPeople(carrier: Carrier, steps: readonly Step[]): Promise<void> {
  for (let at = 0, most = AT_ONCE; at < steps.length; ) {
    await carrier.between?.();
    const some = steps.slice(at, at + most);
    try {
      const outcomes = await carrier.store.inTransaction((tx) => unitOf(tx, carrier, some, at));
      for (const [index, outcome] of outcomes.entries()) tell(some[index] as Step, outcome);
      at += outcomes.length;
      most = AT_ONCE;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      // Somebody else was faster with one of them: alone, that one is refused, and the others are not.
      if (most === 1) {
        tell(some[0] as Step, { kind: "exists", field: "externalId" });
        at += 1;
      }
      most = most === 1 ? AT_ONCE : 1;
    }
  }
}

async function unitOf(tx: Tx, carrier: Carrier, steps: readonly Step[], before: number): Promise<(Outcome<UserRow> | undefined)[]> {
  const began = performance.now();
  const outcomes: (Outcome<UserRow> | undefined)[] = [];
  for (const step of steps) {
    outcomes.push(await carry(tx, carrier, step));
    if (performance.now() - began > UNIT_MS) break;
  }
  await carrier.within?.(tx, before + outcomes.length);
  return outcomes;
}

async function carry(tx: Tx, { caller, source }: Carrier, step: Step): Promise<Outcome<UserRow> | undefined> {
  const { externalId, fate, user, profile, changed } = step;
  if (profile && !user && (fate === "created" || fate === "held-back"))
    return createUserIn(tx, caller, { source, externalId, profile }, true, null);
  // A name that is refused is asked for all the same: so it becomes a finding, which somebody decides.
  if (!user || !profile) return undefined;
  const move = fate === "activated" || fate === "held-back" ? "activate" : fate === "deactivated" ? "deactivate" : undefined;
  // The state first: whoever has left must not wait for a name.
  const moved = move && (await moveUserIn(tx, caller, user.id, move, byOf(source)));
  if (moved && moved.kind !== "done") return moved;
  return changed ? updateUserIn(tx, caller, user.id, replacing(user.profile, profile), null) : moved;
}

/** As a change: fields that are gone are taken away. */
function replacing(before: UserProfile, after: UserProfile): ProfileChange {
  const cleared = Object.keys(before).filter((key) => !(key in after));
  return { ...after, ...Object.fromEntries(cleared.map((key) => [key, null])) };
}

function tell(step: Step, outcome: Outcome<UserRow> | undefined): void {
  if (outcome === undefined) return;
  if (outcome.kind !== "done") Object.assign(step, { fate: "refused", why: step.why ?? reasonOf(outcome) });
  else {
    step.id = outcome.value.id;
    if (step.fate === "refused") Object.assign(step, { fate: "updated", why: undefined });
    if ((step.fate === "created" || step.fate === "activated") && outcome.value.status === "STAGED") step.fate = "held-back";
  }
}

function reasonOf(refusal: Refusal): string {
  if (refusal.kind === "invalid") return refusal.causes.join("; ");
  if (refusal.kind === "exists") return `${refusal.field} is somebody else's already`;
  if (refusal.kind === "not-found") return "the user was deleted meanwhile";
  return refusal.kind === "overloaded" ? "the org is too busy" : refusal.why;
}
