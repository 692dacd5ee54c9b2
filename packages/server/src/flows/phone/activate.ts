/** A phone becomes an approver: a typed code, and a key that was made in it and has just signed. */
import { type CauseId, type PhoneAccountView, readActivationCode } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import { judgeState } from "../host-link/judge-person.ts";
import { isBeingMade } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { accountOf } from "./account.ts";
import { judgePhone, type PhoneRefusal, type ProvenPhone } from "./phone-caller.ts";
import { type ClaimsOf, type PhoneDeps, provenCall } from "./with-phone.ts";

/** Wrong, used, too old, of somebody who was suspended: one answer, since the caller has proved nothing yet. */
export interface NoSuchCode {
  kind: "no-such-code";
  cause?: CauseId;
}

type Activation = ProvenPhone<ClaimsOf<"phone-activate">>;

export async function activatePhone(deps: PhoneDeps, signed: string): Promise<PhoneAccountView | NoSuchCode | PhoneRefusal> {
  const proven = await provenCall(deps.store, "phone-activate", signed);
  if ("kind" in proven) return proven;
  return deps.store.inTransaction(async (tx) => (await judgePhone(tx, proven, deps.orgUrl)) ?? activate(tx, deps.keys, proven));
}

/** What is kept of a code: 80 bits under a key outside the database, so that nobody who reads the database can try codes. */
export function activationMac(keys: Keys, code: string): string {
  return Buffer.from(keys.mac("phone-activation", code)).toString("base64url");
}

async function activate(tx: Tx, keys: Keys, { claims }: Activation): Promise<PhoneAccountView | NoSuchCode> {
  const code = readActivationCode(claims.code);
  const challenge = code === undefined ? undefined : await tx.challenges.bySecret("activate", activationMac(keys, code));
  const pending = challenge?.enrolmentId ? await tx.enrolments.byId(challenge.enrolmentId) : undefined;
  const user = pending && (await tx.users.byId(pending.userId));
  if (!challenge || !pending || !user || judgeState(user)) return { kind: "no-such-code" };
  // A retry after a lost answer: the same key, which nobody else has.
  if (pending.status === "ACTIVE" && pending.handle === claims.device) return accountOf({ enrolment: pending, user }, tx.now);
  return bind(tx, { challenge, pending, user }, claims);
}

async function bind(
  tx: Tx,
  { challenge, pending, user }: { challenge: ChallengeRow; pending: EnrolmentRow; user: UserRow },
  claims: Activation["claims"],
): Promise<PhoneAccountView | NoSuchCode> {
  if (pending.kind !== "push" || pending.status !== "PENDING_ACTIVATION") return { kind: "no-such-code" };
  if (await tx.enrolments.byHandle(claims.device)) return { kind: "no-such-code" };
  if (!(await tx.challenges.answer(challenge.id, "used", tx.now))) return { kind: "no-such-code" };
  const { kty, crv, x, y } = claims.key;
  const change = {
    status: "ACTIVE" as const,
    handle: claims.device,
    name: claims.name ?? pending.name,
    data: { ...pending.data, key: { kty, crv, x, y } },
    updated: tx.now,
  };
  await tx.enrolments.update(pending.id, change);
  const view = accountOf({ enrolment: { ...pending, ...change }, user }, tx.now);
  // Within a transaction it counts for nobody before that one's next step, which says so.
  if (isBeingMade(pending)) return view;
  const who = { id: user.id, name: user.profile.login };
  await tx.log.append({
    type: "factor.activated",
    actor: { type: "user", ...who },
    target: { type: "user", ...who },
    outcome: "success",
    data: { factor: pending.id, kind: pending.kind },
  });
  return view;
}
