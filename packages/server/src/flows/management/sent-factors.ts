/** An administrator enrols the address or number to which a user's codes go: confirmed by a code that was sent there, or taken as it stands. */
import type { SentKind } from "@sallyport/logon";
import type { AskDeps } from "../authn/asked-factors.ts";
import { ENROLLERS } from "../enrolling/enroller.ts";
import { makeActive } from "../enrolling/make-active.ts";
import { insertSent, judgeKind, readTarget, type SentCodeEnrolment, takeCode } from "../enrolling/sent-code.ts";
import { factorsOf } from "../person.ts";
import { sendCode } from "../send-code.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import { countFirstCode, findEnrolment, findReachable, judgeNew, resetRow, say } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";

type Deps = AskDeps & { store: Store };

/** @param activate at once: an address of the profile, which the directory vouches for, or a number that the administrator does. */
export function enrolSent(
  deps: Deps,
  caller: Caller,
  userId: string,
  kind: SentKind,
  asked: SentCodeEnrolment & { activate: boolean },
): Promise<Outcome<EnrolmentRow>> {
  return inUnit(deps.store, async (tx) => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const user = found.value;
    const there = await factorsOf(tx, user);
    const refusal = judgeNew(user, there, kind) ?? (await judgeAddress(tx, user, kind, asked));
    if (refusal) return refusal;
    const to = readTarget(kind, user, asked) as string;
    for (const one of there)
      if (one.kind === kind && one.status === "PENDING_ACTIVATION") await resetRow(tx, caller, user, one, "enrolled anew");
    const enrolment = await insertSent(tx, kind, user, to, asked.activate);
    if (!asked.activate) await sendCode(tx, deps, { kind, user, enrolment });
    await say(tx, asked.activate ? "factor.activated" : "factor.enrolled", caller.actor, user, enrolment);
    return done(enrolment);
  });
}

async function judgeAddress(
  tx: Tx,
  user: UserRow,
  kind: SentKind,
  asked: SentCodeEnrolment & { activate: boolean },
): Promise<Refusal | undefined> {
  const to = readTarget(kind, user, asked);
  if (typeof to !== "string") return { kind: "invalid", causes: [`profile: ${to.sentence}`] };
  const not = (await judgeKind(tx, kind)) ?? (asked.activate ? undefined : await takeCode(tx, kind, user));
  if (not) return { kind: "invalid", causes: [`factorType: ${not.sentence}`] };
  if (kind !== "email" || !asked.activate || to === user.profile.email?.trim()) return undefined;
  return {
    kind: "invalid",
    causes: ["profile.email: only the address of the user's profile becomes active without a code that was sent to it"],
  };
}

/** The first right code makes it active; what was tried too often is reset. */
export async function activateSent(
  deps: Deps,
  caller: Caller,
  userId: string,
  id: string,
  passCode: string,
): Promise<Outcome<EnrolmentRow>> {
  const read = await deps.store.read(async (tx) => {
    const found = await findEnrolment(tx, caller, userId, id);
    const challenge = (await tx.challenges.openOf(id, tx.now)).at(-1);
    return { found, challenge, now: tx.now };
  });
  if (read.found.kind !== "done") return read.found;
  const { user, enrolment } = read.found.value;
  const enroller = ENROLLERS[enrolment.kind];
  if (!enroller || enrolment.status !== "PENDING_ACTIVATION")
    return { kind: "invalid", causes: [`status: the factor is ${enrolment.status}`] };
  const examined = await enroller.examine(deps, enrolment, read.challenge, { passCode }, read.now);
  return inUnit(deps.store, async (tx): Promise<Outcome<EnrolmentRow>> => {
    const used =
      examined.kind === "right" && read.challenge !== undefined && (await tx.challenges.answer(read.challenge.id, "used", tx.now));
    const active = used ? await makeActive(tx, id, examined.change) : undefined;
    if (active) {
      await say(tx, "factor.activated", caller.actor, user, active);
      return done(active);
    }
    await countFirstCode(tx, caller, user, id);
    return { kind: "wrong-code", why: "the code does not match, or its time is over" };
  });
}
