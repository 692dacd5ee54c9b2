/** A phone approver comes to be: a code is shown, and the phone into which it is typed makes its key and becomes the factor. */
import { randomBytes } from "node:crypto";
import { ACTIVATION_CODE_BYTES, type PushActivation, readActivationCode, writeActivationCode } from "@sallyport/contracts";
import type { AskDeps } from "../authn/asked-factors.ts";
import { wrong } from "../authn/tries.ts";
import { blankEnrolment } from "../blank-enrolment.ts";
import { newId } from "../ids.ts";
import { isBeingMade } from "../person.ts";
import { activationMac } from "../phone/activate.ts";
import { qrImage } from "../qr-image.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { Begun, Enroller, Examined } from "./enroller.ts";

/** A code is typed within ten minutes of being shown. */
const CODE_MS = 10 * 60_000;

/**
 * The phone activates the enrolment itself (`phone/activate.ts`), so whoever drives the enrolling only asks whether it has: in the
 * transaction by `…/lifecycle/activate/poll`. The code opens nothing but this pending enrolment.
 */
export const pushEnroller: Enroller<{ name?: string | undefined }, unknown> = {
  several: true,
  elsewhere: true,
  async begin(tx, deps, user, { name }): Promise<Begun> {
    await endPending(tx, user);
    const code = writeActivationCode(randomBytes(ACTIVATION_CODE_BYTES));
    const row = { ...blankEnrolment(tx.now), userId: user.id, kind: "push" as const, status: "PENDING_ACTIVATION" as const };
    const enrolment: EnrolmentRow = { ...row, name: name ?? null };
    await tx.enrolments.insert(enrolment);
    const challenge = challengeOf(deps, enrolment, code, tx.now);
    await tx.challenges.insert(challenge);
    return { enrolment, challenge, activation: activationOf(deps.orgUrl, code, challenge.expires) };
  },
  async examine(_deps, pending): Promise<Examined> {
    return pending.status === "ACTIVE" ? { kind: "right", change: {} } : wrong("factor.code-malformed", { factor: pending.id });
  },
};

/**
 * A user has one open code at most: a second one ends the first. No phone was ever bound to it and the new one stands in its place, so that
 * nothing of it need stay (S1); its challenge goes with it. What is being made in a transaction goes with that.
 */
async function endPending(tx: Tx, user: UserRow): Promise<void> {
  for (const one of await tx.enrolments.ofUser(user.id)) {
    if (one.kind !== "push" || one.status !== "PENDING_ACTIVATION" || isBeingMade(one)) continue;
    await tx.enrolments.remove(one.id);
  }
}

function challengeOf(deps: AskDeps, enrolment: EnrolmentRow, code: string, now: number): ChallengeRow {
  return {
    id: newId("chl"),
    kind: "activate",
    transactionId: null,
    enrolmentId: enrolment.id,
    userId: enrolment.userId,
    hostId: null,
    secret: activationMac(deps.keys, readActivationCode(code) ?? ""),
    data: {},
    created: now,
    expires: now + CODE_MS,
    answeredAt: null,
    answer: null,
    seenAt: null,
  };
}

function activationOf(orgUrl: string, code: string, expires: number): PushActivation & Record<string, unknown> {
  const url = `${orgUrl}/phone`;
  const { href, type } = qrImage(`${url}#${code}`);
  return { expiresAt: new Date(expires).toISOString(), factorResult: "WAITING", code, url, _links: { qrcode: { href, type } } };
}
