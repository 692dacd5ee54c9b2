/** A passkey is asked for: a challenge for one of a person's keys, or for whichever of them is at hand. */
import { randomBytes } from "node:crypto";
import { PASSKEY_CHALLENGE_MS } from "@sallyport/contracts";
import { newId } from "../../ids.ts";
import { judgeLinkCode } from "../../link/link-code.ts";
import { relyingPartyOf, requestOptions } from "../../passkeys/relying-party.ts";
import type { EnrolmentRow } from "../../store-logons.ts";
import type { ChallengeRow } from "../../store-requests.ts";
import type { AskedFactor } from "../asked-factors.ts";
import { wrong } from "../tries.ts";

/** Bytes of a challenge (S12, WebAuthn §13.4.3). */
const CHALLENGE_BYTES = 32;

export const passkeyFactor: AskedFactor = {
  async ask(tx, { orgUrl }, { transaction, user, enrolment, usable, byType }) {
    const party = relyingPartyOf(orgUrl);
    if (!party) return wrong("factor.not-allowed", { reason: "a passkey takes no org whose URL is an IP address" });
    const keys = byType ? usable.filter(({ kind }) => kind === "passkey") : [enrolment];
    const secret = newChallenge();
    const challenge: ChallengeRow = {
      id: newId("chl"),
      kind: "passkey",
      transactionId: transaction.id,
      enrolmentId: enrolment.id,
      userId: user.id,
      hostId: transaction.hostId,
      secret,
      // A password was proved before: presence is enough where the key cannot do more.
      data: { byType, keys: keys.map(({ id }) => id), publicKey: requestOptions(party, secret, "preferred", keys) },
      created: tx.now,
      expires: tx.now + PASSKEY_CHALLENGE_MS,
      answeredAt: null,
      answer: null,
      seenAt: null,
    };
    await tx.challenges.insert(challenge);
    return challenge;
  },
  // What is typed for a passkey is the code that its owner got for a link.
  judgeCode: judgeLinkCode,
};

export function newChallenge(): string {
  return randomBytes(CHALLENGE_BYTES).toString("base64url");
}

/** The keys that a challenge was made for, as far as they still count. */
export function askedKeys(challenge: ChallengeRow, usable: EnrolmentRow[]): EnrolmentRow[] {
  const ids = challenge.data["keys"];
  return usable.filter(({ id, kind }) => kind === "passkey" && Array.isArray(ids) && ids.includes(id));
}
