/** What every new transaction has, whoever opens it: nothing was asked, nothing enrolled, nothing tried. */
import { expiryOf } from "@sallyport/logon";
import { newId } from "../ids.ts";
import type { TransactionRow } from "../store-transactions.ts";

/** @param now epoch ms at which it opens. */
export function blankTransaction(now: number) {
  return {
    id: newId("trx"),
    version: 1,
    hostId: null,
    appId: null,
    userId: null,
    reference: null,
    nonce: null,
    logonHash: null,
    factors: [],
    rule: null,
    tries: 0,
    lastCause: null,
    lastInput: null,
    amr: [],
    opened: now,
    expires: expiryOf(now, now),
    challengeId: null,
    enrolling: null,
    enrolProof: null,
    ticketId: null,
    newPassword: null,
    offerMore: false,
    browserHash: null,
    address: null,
    sessionUntil: null,
    sessionId: null,
  } satisfies Partial<TransactionRow>;
}
