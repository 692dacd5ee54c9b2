/** A new set of recovery codes at its person's own wish: the one before is worth nothing from then on. */
import { RECOVERY_CODES } from "@sallyport/logon";
import type { PasswordHashing } from "../authn/passwords.ts";
import { resetRow } from "../management/factors-admin.ts";
import { done, inUnit, type Outcome } from "../management/outcome.ts";
import { keepSet, makeCodes } from "../management/recovery-codes.ts";
import { hasWayIn } from "../own-factor.ts";
import { freshUntil, type Signed } from "../sessions/session.ts";
import type { Store } from "../store.ts";
import { NO_WAY_IN, NOT_FRESH, type NotFresh, ownFactors } from "./my-factors.ts";
import { actorOf } from "./my-sessions.ts";

const LOCKED = "too many wrong codes were tried against your recovery codes: ask an administrator";

export async function renewMyCodes(
  deps: { store: Store; passwords: PasswordHashing },
  signed: Signed,
): Promise<Outcome<{ codes: string[] }> | NotFresh> {
  if (freshUntil(signed) === undefined) return NOT_FRESH;
  const { user } = signed;
  const taken = await deps.store.read(async (tx) => new Set((await tx.bypassCodes.ofUser(user.id)).map(({ selector }) => selector)));
  const made = await makeCodes(deps.passwords, RECOVERY_CODES, taken);
  if (made === "overloaded") return { kind: "overloaded" };
  const actor = actorOf(user);
  return inUnit(deps.store, async (tx): Promise<Outcome<{ codes: string[] }>> => {
    const all = await ownFactors(tx, user.id);
    if (!hasWayIn(all)) return NO_WAY_IN;
    const before = all.filter(({ kind }) => kind === "recovery");
    // S1: a burnt set is not made good by asking for another one.
    if (before.some(({ status }) => status === "LOCKED")) return { kind: "conflict", why: LOCKED };
    for (const one of before) await resetRow(tx, { actor }, user, one, "replaced by its owner");
    await keepSet(tx, actor, user, made);
    return done({ codes: made.map(({ code }) => code) });
  });
}
