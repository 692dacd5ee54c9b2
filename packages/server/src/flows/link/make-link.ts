/** A link for a logon at a machine without a browser: whose passkey may approve it, how long, and what the page may show. */
import { createHash, randomBytes } from "node:crypto";
import { LINK_BYTES, writeLinkToken } from "@sallyport/contracts";
import { expiryOf, step } from "@sallyport/logon";
import { refused, type WrongStep } from "../authn/code-step.ts";
import { advance, causeOfMisfit, findTransaction, isNotYours, type NotYours } from "../authn/open-transaction.ts";
import { newId } from "../ids.ts";
import { relyingPartyOf } from "../passkeys/relying-party.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { judgeLinkZones } from "./link-zones.ts";

export interface LinkMade {
  kind: "made";
  url: string;
  expires: number;
  /** Under which the code is typed back. */
  factor: string;
}

/** What all rows of one link have in their `data`; `stage` says what their secret is: the link's token, a proof on its page, or a code. */
export interface LinkData {
  stage: "link" | "proven" | "code";
  /** Id of the link's own row. */
  link: string;
  tokenHash: string;
  reference: string;
  /** Ids of the passkeys that may approve. */
  keys: string[];
}

/** Links, proofs and codes of one user in ten minutes: more is a machine that goes on by itself. */
const MOST = { rows: 60, ms: 600_000 };

/** Within the unit of work of the host's call. A newer link ends the one before. */
export async function makeLink(tx: Tx, host: HostRow, stateToken: string, orgUrl: string): Promise<LinkMade | NotYours | WrongStep> {
  const transaction = await findTransaction(tx, stateToken, host);
  if (isNotYours(transaction)) return transaction;
  const { userId, reference } = transaction;
  if (userId === null || reference === null || !step(transaction.status, "proof-right").ok)
    return refused(causeOfMisfit(transaction), transaction, { status: transaction.status });
  const keys = await passkeysOf(tx, userId, transaction.factors);
  const [first] = keys;
  const why = await judgeLink(tx, transaction, orgUrl, keys);
  if (why || !first) return refused("factor.not-allowed", transaction, why ?? { reason: "no passkey" });
  if ((await tx.challenges.countSince(userId, "link", tx.now - MOST.ms)) >= MOST.rows)
    return refused("http.rate-limited", transaction, { links: MOST.rows });
  const token = writeLinkToken(randomBytes(LINK_BYTES.token));
  const expires = expiryOf(transaction.opened, tx.now);
  const link = linkRow(tx.now, expires, { transactionId: transaction.id, userId, hostId: host.id }, hashOf(token), {
    tokenHash: transaction.tokenHash,
    reference,
    keys: keys.map(({ id }) => id),
  });
  await tx.challenges.insert(link);
  await tx.challenges.supersede(transaction.id, tx.now, link.id);
  await advance(tx, transaction, { expires, challengeId: null });
  await tx.log.append({
    type: "factor.link-made",
    actor: { type: "host", id: host.id, name: host.name },
    target: { type: "user", id: userId },
    outcome: "success",
    reference,
    host: host.id,
    data: { link: link.id, expiresAt: new Date(expires).toISOString() },
  });
  return { kind: "made", url: `${orgUrl}/approve/${token}`, expires, factor: first.id };
}

/** Why a link is no use here; undefined if it is. */
async function judgeLink(tx: Tx, transaction: TransactionRow, orgUrl: string, keys: EnrolmentRow[]) {
  const logon = await tx.logons.ofHost(transaction.hostId, transaction.reference);
  const elsewhere = logon && (await judgeLinkZones(tx, logon));
  if (elsewhere) return elsewhere;
  if (keys.length === 0) return { reason: "the person has no passkey that the rule takes" };
  if (!relyingPartyOf(orgUrl)) return { reason: "a passkey takes no org whose URL is an IP address" };
  // The code has to be typed back, which needs a second question.
  if (logon?.evidence["conversation"] !== true) return { reason: "this way of logging on cannot show a link and ask for its code" };
  return undefined;
}

export async function passkeysOf(tx: Tx, userId: string, factors: readonly string[]): Promise<EnrolmentRow[]> {
  const user = await tx.users.byId(userId);
  if (user?.status !== "ACTIVE") return [];
  return (await factorsOf(tx, user)).filter(({ id, kind, status }) => kind === "passkey" && status === "ACTIVE" && factors.includes(id));
}

/** Tokens have 128 bits and more, so that a plain hash is enough. */
export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

export function linkRow(
  now: number,
  expires: number,
  whose: { transactionId: string | null; userId: string; hostId: string | null },
  secret: string,
  { stage = "link", link, ...rest }: Omit<LinkData, "stage" | "link"> & Partial<LinkData>,
): ChallengeRow {
  const id = newId("chl");
  const data: LinkData = { stage, link: link ?? id, ...rest };
  const open = { answeredAt: null, answer: null, seenAt: null };
  return { id, kind: "link", ...whose, enrolmentId: null, secret, data: { ...data }, created: now, expires, ...open };
}
