/** What the page of a link does: proves its person by a passkey, shows them the logon, and gives out the code that is typed at the machine. */
import { randomBytes } from "node:crypto";
import {
  type ClientAddress,
  LINK_BYTES,
  LINK_CODE_MS,
  type LinkProven,
  PASSKEY_CHALLENGE_MS,
  type PasskeyAssertion,
  type PasskeyRequestOptions,
  readLinkCode,
  readLinkToken,
  writeLinkCode,
} from "@sallyport/contracts";
import { readPasskeyAnswer } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { askedKeys, newChallenge } from "../authn/asked/passkey.ts";
import { endRefused } from "../authn/code-step.ts";
import { tooLate } from "../authn/too-late.ts";
import { type WrongCode, wrong } from "../authn/tries.ts";
import { newId, random128 } from "../ids.ts";
import { findSigner, type Signed } from "../passkeys/find-signer.ts";
import { relyingPartyOf, requestOptions } from "../passkeys/relying-party.ts";
import { usePasskey } from "../passkeys/use-passkey.ts";
import { shownLogon } from "../shown-logon.ts";
import type { Store, Tx } from "../store.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import { linkCodeMac } from "./link-code.ts";
import { judgeLinkZones } from "./link-zones.ts";
import { hashOf, type LinkData, linkRow, passkeysOf } from "./make-link.ts";

export interface ApproveDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

/** One answer for a link that never was, that is over, or whose logon is. */
export type Over = { kind: "over" };
const OVER: Over = { kind: "over" };

interface Link {
  row: ChallengeRow;
  data: LinkData;
}

/** A challenge, and nothing about the logon: whoever holds a link is not yet its person. */
export function beginApproval(
  { store, orgUrl }: ApproveDeps,
  token: string,
): Promise<{ kind: "begun"; publicKey: PasskeyRequestOptions; expires: number } | Over> {
  return store.inTransaction(async (tx) => {
    const link = await findLink(tx, token);
    const party = relyingPartyOf(orgUrl);
    const keys = link ? await passkeysOf(tx, link.row.userId, link.data.keys) : [];
    if (!link || !party || keys.length === 0) return OVER;
    const secret = newChallenge();
    const { transactionId, userId, hostId } = link.row;
    const expires = Math.min(tx.now + PASSKEY_CHALLENGE_MS, link.row.expires);
    // No password was proved in this browser: presence alone is not enough.
    const publicKey = requestOptions(party, secret, "required", keys);
    const open = { created: tx.now, expires, answeredAt: null, answer: null, seenAt: null };
    const data = { link: link.row.id, keys: keys.map(({ id }) => id) };
    await tx.challenges.insert({
      ...open,
      id: newId("chl"),
      kind: "passkey",
      transactionId,
      enrolmentId: null,
      userId,
      hostId,
      secret,
      data,
    });
    return { kind: "begun", publicKey, expires };
  });
}

/** Two units of work with the signature between them. A wrong key counts on nobody: whoever holds a link need not have a password. */
export async function proveApproval(
  deps: ApproveDeps,
  token: string,
  assertion: PasskeyAssertion,
  browser: ClientAddress,
): Promise<{ kind: "proven"; shown: LinkProven } | WrongCode | Over> {
  const asked = await deps.store.read((tx) => findAsked(tx, token, assertion));
  const party = relyingPartyOf(deps.orgUrl);
  if (!asked || !party) return OVER;
  const { challenge, keys } = asked;
  const signed = await findSigner(keys, assertion, { challenge: challenge.secret, origin: party.origin, rpId: party.id, verified: true });
  return deps.store.inTransaction(async (tx) => {
    const link = await findLink(tx, token);
    if (!link) return OVER;
    const verdict = await judgeProof(tx, challenge, signed);
    if (verdict.kind === "wrong") return sayWrong(tx, link, verdict);
    const elsewhere = await judgePlace(tx, link, browser);
    if (elsewhere) return sayWrong(tx, link, elsewhere);
    return prove(tx, link, verdict.enrolment);
  });
}

export function answerApproval(
  { store, keys }: ApproveDeps,
  token: string,
  approval: string,
  answer: "yes" | "no" | "not-me",
  browser: ClientAddress,
): Promise<{ kind: "answered"; code?: string; expires?: number } | WrongCode | Over> {
  return store.inTransaction(async (tx) => {
    const link = await findLink(tx, token);
    const proven = await tx.challenges.bySecret("link", hashOf(approval));
    if (!link || (proven?.data as LinkData | undefined)?.link !== link.row.id || proven?.enrolmentId == null) return OVER;
    const elsewhere = answer === "yes" ? await judgePlace(tx, link, browser) : undefined;
    if (elsewhere) return sayWrong(tx, link, elsewhere);
    // S4: a proof gives out one code.
    if (!(await tx.challenges.answer(proven.id, answer, tx.now))) return OVER;
    await sayAnswer(tx, link, proven.enrolmentId, answer);
    if (answer === "yes") return giveCode(tx, keys, link, proven.enrolmentId);
    await tx.challenges.answer(link.row.id, answer, tx.now);
    if (answer === "not-me") await endReported(tx, link, proven.enrolmentId);
    return { kind: "answered" };
  });
}

/** While it is unanswered: it ends with its transaction. */
async function findLink(tx: Tx, typed: string): Promise<Link | undefined> {
  const token = readLinkToken(typed);
  const row = token === undefined ? undefined : await tx.challenges.bySecret("link", hashOf(token));
  const data = row?.data as LinkData | undefined;
  return row && data?.stage === "link" && row.answeredAt === null && row.expires > tx.now ? { row, data } : undefined;
}

async function findAsked(
  tx: Tx,
  token: string,
  { clientData, authenticatorData }: PasskeyAssertion,
): Promise<{ challenge: ChallengeRow; keys: EnrolmentRow[] } | undefined> {
  const link = await findLink(tx, token);
  const said = readPasskeyAnswer(Buffer.from(clientData, "base64"), Buffer.from(authenticatorData, "base64"));
  const challenge = link && said && (await tx.challenges.bySecret("passkey", said.challenge));
  if (!link || challenge?.data["link"] !== link.row.id) return undefined;
  return { challenge, keys: askedKeys(challenge, await passkeysOf(tx, link.row.userId, link.data.keys)) };
}

async function judgeProof(tx: Tx, challenge: ChallengeRow, signed: Signed): Promise<{ kind: "used"; enrolment: EnrolmentRow } | WrongCode> {
  const first = await tx.challenges.answer(challenge.id, "used", tx.now);
  if (signed.kind === "wrong") return signed;
  if (!first) return tooLate(challenge);
  const used = await usePasskey(tx, signed.enrolment, signed.counter);
  return used.kind === "wrong" ? used : { kind: "used", enrolment: signed.enrolment };
}

/** Only whoever proved that they are the link's person hears of it. */
async function judgePlace(tx: Tx, { row, data }: Link, browser: ClientAddress): Promise<WrongCode | undefined> {
  const logon = await tx.logons.ofHost(row.hostId, data.reference);
  const evidence = logon && (await judgeLinkZones(tx, logon, browser));
  return evidence && wrong("factor.not-allowed", evidence);
}

async function prove(tx: Tx, { row, data }: Link, enrolment: EnrolmentRow): Promise<{ kind: "proven"; shown: LinkProven } | Over> {
  const logon = await shownLogon(tx, row.hostId, data.reference);
  const user = await tx.users.byId(row.userId);
  if (!logon || !user) return OVER;
  const approval = random128();
  const proven = linkRow(tx.now, row.expires, whoseOf(row), hashOf(approval), { ...data, stage: "proven" });
  await tx.challenges.insert({ ...proven, enrolmentId: enrolment.id });
  const until = new Date(row.expires).toISOString();
  return { kind: "proven", shown: { approval, user: { login: user.profile.login }, logon, expiresAt: until } };
}

async function giveCode(
  tx: Tx,
  keys: Keys,
  { row, data }: Link,
  enrolmentId: string,
): Promise<{ kind: "answered"; code: string; expires: number }> {
  const code = writeLinkCode(randomBytes(LINK_BYTES.code));
  const expires = Math.min(tx.now + LINK_CODE_MS, row.expires);
  const mac = linkCodeMac(keys, row.transactionId ?? "", readLinkCode(code) ?? "");
  await tx.challenges.insert({ ...linkRow(tx.now, expires, whoseOf(row), mac, { ...data, stage: "code" }), enrolmentId });
  return { kind: "answered", code, expires };
}

/** Somebody else has the password: the logon ends with this. */
async function endReported(tx: Tx, { row, data }: Link, enrolmentId: string): Promise<void> {
  const transaction = await tx.transactions.byTokenHash(data.tokenHash);
  if (!transaction) return;
  const logon = await tx.logons.ofHost(row.hostId, data.reference);
  const evidence = { factor: enrolmentId, answeredAt: new Date(tx.now).toISOString(), host: row.hostId, address: logon?.address ?? null };
  await endRefused(tx, transaction, "factor.push-reported", evidence);
}

async function sayWrong(tx: Tx, { row, data }: Link, verdict: WrongCode): Promise<WrongCode> {
  await tx.log.append({
    type: "factor.failed",
    actor: { type: "user", id: row.userId },
    outcome: "failure",
    cause: verdict.cause,
    reference: data.reference,
    host: row.hostId ?? undefined,
    data: { factor: row.id, kind: "passkey", evidence: { ...verdict.evidence, link: row.id } },
  });
  return verdict;
}

async function sayAnswer(tx: Tx, { row, data }: Link, factor: string, answer: string): Promise<void> {
  await tx.log.append({
    type: "factor.link-answered",
    actor: { type: "user", id: row.userId },
    outcome: answer === "yes" ? "success" : "failure",
    reference: data.reference,
    host: row.hostId ?? undefined,
    data: { link: row.id, factor, answer },
  });
}

function whoseOf({ transactionId, userId, hostId }: ChallengeRow) {
  return { transactionId, userId, hostId };
}
