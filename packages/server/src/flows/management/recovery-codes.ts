/** A new set of recovery codes for a user: shown once, kept as slow hashes only (S11), active at once. */
import { randomBytes } from "node:crypto";
import { LONG_CODE_BYTES, readLongCode, writeLongCode } from "@sallyport/contracts";
import { RECOVERY_CODES } from "@sallyport/logon";
import { blankEnrolment } from "../blank-enrolment.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { findReachable, judgeNew, say } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import type { PasswordHash } from "./password-rules.ts";

export interface CodeDeps {
  store: Store;
  passwords: PasswordHash;
}

/** A long code as it is handed out, and what is kept of it. */
export interface MadeCode {
  code: string;
  selector: string;
  hash: string;
}

export async function enrolRecovery(
  deps: CodeDeps,
  caller: Caller,
  userId: string,
): Promise<Outcome<{ enrolment: EnrolmentRow; codes: string[] }>> {
  const taken = await deps.store.read(async (tx): Promise<Outcome<Set<string>>> => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const refusal = judgeNew(found.value, await factorsOf(tx, found.value), "recovery");
    // Known before anything is hashed, and judged again below.
    return refusal ?? done(new Set((await tx.bypassCodes.ofUser(found.value.id)).map(({ selector }) => selector)));
  });
  if (taken.kind !== "done") return taken;
  const made = await makeCodes(deps.passwords, RECOVERY_CODES, taken.value);
  if (made === "overloaded") return { kind: "overloaded" };
  return inUnit(deps.store, async (tx) => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const user = found.value;
    const refusal = judgeNew(user, await factorsOf(tx, user), "recovery");
    if (refusal) return refusal;
    return done({ enrolment: await keepSet(tx, caller.actor, user, made), codes: made.map(({ code }) => code) });
  });
}

/** Active at once. The caller has judged that this may be, and that there is no other set. */
export async function keepSet(tx: Tx, actor: Caller["actor"], user: UserRow, made: readonly MadeCode[]): Promise<EnrolmentRow> {
  const enrolment: EnrolmentRow = { ...blankEnrolment(tx.now), userId: user.id, kind: "recovery", status: "ACTIVE" };
  await tx.enrolments.insert(enrolment);
  await tx.recoveryCodes.insert(made.map(({ selector, hash }) => ({ enrolmentId: enrolment.id, selector, hash, usedAt: null })));
  await say(tx, "factor.activated", actor, user, enrolment);
  return enrolment;
}

/** One after the other, so that a logon waits for one hash at most. @param taken selectors that name another code; grows by the new ones. */
export async function makeCodes(passwords: PasswordHash, count: number, taken: Set<string>): Promise<MadeCode[] | "overloaded"> {
  const made: MadeCode[] = [];
  while (made.length < count) {
    const code = writeLongCode(randomBytes(LONG_CODE_BYTES));
    const read = readLongCode(code);
    if (!read || taken.has(read.selector)) continue;
    const hashed = await passwords.hash(read.secret);
    if (hashed.kind === "overloaded") return "overloaded";
    taken.add(read.selector);
    made.push({ code, selector: read.selector, hash: hashed.phc });
  }
  return made;
}
