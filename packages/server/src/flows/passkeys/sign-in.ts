/** Sign-in to the org's own pages by a passkey alone, which verifies its user: possession and PIN, finger or face in one. Never for a host. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { PASSKEY_CHALLENGE_MS, type PasskeyAssertion, type PasskeyRequestOptions } from "@sallyport/contracts";
import { readPasskeyAnswer } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { blankTransaction } from "../authn/blank-transaction.ts";
import { letIn, type VerifyOutcome } from "../authn/code-step.ts";
import { hashSecret } from "../authn/session-token.ts";
import { type WrongCode, wrong } from "../authn/tries.ts";
import { newStateToken } from "../ids.ts";
import { personOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { ChallengeRow } from "../store-requests.ts";
import type { TransactionRow } from "../store-transactions.ts";
import { findSigner, type Signed, toBase64url } from "./find-signer.ts";
import { relyingPartyOf, requestOptions } from "./relying-party.ts";
import { usePasskey } from "./use-passkey.ts";

export interface SignInDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

/** Who asks: as of the primary authentication. */
export interface SignInFrom {
  /** SHA-256 (hex) of the cookie of the browser (S36). */
  browserHash?: string | undefined;
  /** IP literal of the caller. */
  address: string;
}

/** One answer for everything that is wrong (S16); the log knows more. */
export type SignInOutcome = { kind: "failed" } | { kind: "in"; outcome: VerifyOutcome; stateToken: string };

/** Random bytes, then when it ends (epoch ms in 6 bytes), then a MAC over both. */
const PARTS = { random: 32, ends: 6, mac: 16 } as const;

/** Nothing is stored: whoever asks without proving anything must not fill the database. Undefined for an org without a name. */
export async function beginSignIn({
  store,
  keys,
  orgUrl,
}: SignInDeps): Promise<{ publicKey: PasskeyRequestOptions; expires: number } | undefined> {
  const party = relyingPartyOf(orgUrl);
  if (!party) return undefined;
  const expires = (await store.read(async (tx) => tx.now)) + PASSKEY_CHALLENGE_MS;
  const ends = Buffer.alloc(PARTS.ends);
  ends.writeUIntBE(expires, 0, PARTS.ends);
  const body = Buffer.concat([randomBytes(PARTS.random), ends]);
  const challenge = Buffer.concat([body, macOf(keys, body)]).toString("base64url");
  return { publicKey: requestOptions(party, challenge, "required", []), expires };
}

export async function verifySignIn(
  deps: SignInDeps,
  assertion: PasskeyAssertion & { credentialId: string },
  from: SignInFrom,
): Promise<SignInOutcome> {
  const party = relyingPartyOf(deps.orgUrl);
  const challenge = challengeIn(assertion);
  const expires = challenge === undefined ? undefined : endOf(deps.keys, challenge);
  const enrolment = await deps.store.read((tx) => tx.enrolments.byHandle(toBase64url(assertion.credentialId)));
  if (!party || challenge === undefined || expires === undefined)
    return refuse(deps, enrolment, wrong("factor.code-used", { reason: "the challenge is not of this org" }));
  const expected = { challenge, origin: party.origin, rpId: party.id, verified: true };
  const signed = await findSigner(enrolment ? [enrolment] : [], assertion, expected);
  if (signed.kind === "wrong") return refuse(deps, enrolment, signed);
  const done = await deps.store.inTransaction((tx) => finish(tx, signed, { challenge, expires }, from));
  return done.kind === "in" ? done : refuse(deps, enrolment, done);
}

async function finish(
  tx: Tx,
  { enrolment, counter }: Extract<Signed, { kind: "signed" }>,
  { challenge, expires }: { challenge: string; expires: number },
  from: SignInFrom,
): Promise<Extract<SignInOutcome, { kind: "in" }> | WrongCode> {
  if (expires <= tx.now) return wrong("factor.code-expired", { expiredAt: new Date(expires).toISOString() });
  const user = await ownerOf(tx, enrolment);
  if (user?.status !== "ACTIVE") return wrong("user.refused", { status: user?.status ?? "gone" });
  if (!(await takeOnce(tx, challenge, expires, enrolment))) return wrong("factor.code-used", { factor: enrolment.id });
  const used = await usePasskey(tx, enrolment, counter);
  if (used.kind === "wrong") return used;
  const stateToken = newStateToken();
  const transaction: TransactionRow = {
    ...blankTransaction(tx.now),
    tokenHash: hashSecret(stateToken),
    status: "MFA_REQUIRED",
    userId: user.id,
    drive: "page",
    factors: [enrolment.id],
    // RFC 8176: more than one factor in one step.
    amr: ["mfa"],
    browserHash: from.browserHash ?? null,
    address: isIP(from.address) === 0 ? null : { value: from.address, origin: "socket" },
  };
  await tx.transactions.insert(transaction);
  const step = { kind: "step" as const, transaction, user, enrolment, usable: [enrolment], byType: false };
  const input = { stateToken, factorId: enrolment.id, passCode: "" };
  const data = { factor: enrolment.id, kind: enrolment.kind };
  return { kind: "in", stateToken, outcome: await letIn(tx, step, { amr: "hwk", type: "factor.verified", data }, input) };
}

/** Of those who are one person the primary signs in, as with a password. */
async function ownerOf(tx: Tx, { userId }: EnrolmentRow): Promise<UserRow | undefined> {
  const owner = await tx.users.byId(userId);
  return owner?.status === "ACTIVE" ? (await personOf(tx, owner))[0] : owner;
}

/** S4: the row is made with the answer, under an id that the challenge alone has; the second one finds it there. */
async function takeOnce(tx: Tx, challenge: string, expires: number, enrolment: EnrolmentRow): Promise<boolean> {
  const id = `chl_${createHash("sha256").update(challenge).digest("hex")}`;
  if (await tx.challenges.byId(id)) return false;
  const row: ChallengeRow = {
    id,
    kind: "passkey-sign-in",
    transactionId: null,
    enrolmentId: enrolment.id,
    userId: enrolment.userId,
    hostId: null,
    secret: id,
    data: {},
    created: tx.now,
    expires,
    answeredAt: tx.now,
    answer: "used",
    seenAt: null,
  };
  await tx.challenges.insert(row);
  return true;
}

function challengeIn({ clientData, authenticatorData }: PasskeyAssertion): string | undefined {
  return readPasskeyAnswer(Buffer.from(clientData, "base64"), Buffer.from(authenticatorData, "base64"))?.challenge;
}

/** When a challenge of this org ends; undefined for any other text. */
function endOf(keys: Keys, challenge: string): number | undefined {
  const bytes = Buffer.from(challenge, "base64url");
  const length = PARTS.random + PARTS.ends;
  if (bytes.length !== length + PARTS.mac || bytes.toString("base64url") !== challenge) return undefined;
  const body = bytes.subarray(0, length);
  return timingSafeEqual(bytes.subarray(length), macOf(keys, body)) ? body.readUIntBE(PARTS.random, PARTS.ends) : undefined;
}

function macOf(keys: Keys, body: Uint8Array): Buffer {
  return Buffer.from(keys.mac("passkey-sign-in", Buffer.from(body).toString("base64url"))).subarray(0, PARTS.mac);
}

async function refuse({ store }: SignInDeps, enrolment: EnrolmentRow | undefined, { cause, evidence }: WrongCode): Promise<SignInOutcome> {
  await store.inTransaction((tx) =>
    tx.log.append({
      type: "user.primary-failed",
      actor: enrolment ? { type: "user", id: enrolment.userId } : { type: "system", id: "org" },
      outcome: "failure",
      cause,
      data: { evidence: { ...evidence, factor: enrolment?.id ?? null, by: "passkey" } },
    }),
  );
  return { kind: "failed" };
}
