/** Makes a code, puts it into the outbox, and keeps a keyed hash of it in a challenge: all within the caller's unit of work. */
import { randomInt, timingSafeEqual } from "node:crypto";
import type { WebhookMessage } from "@sallyport/contracts";
import { SENT_CODE_DIGITS, type SentKind, sentCodeExpiry, writeSentCode } from "@sallyport/logon";
import type { Keys } from "../keys/keys.ts";
import type { AskDeps } from "./authn/asked-factors.ts";
import { newId } from "./ids.ts";
import { type CodeOccasion, codeLetter, codeSpeech, codeText } from "./letters/code-letter.ts";
import { languageOfUser } from "./letters/letter.ts";
import { putOut } from "./outbox.ts";
import type { Tx } from "./store.ts";
import type { UserRow } from "./store-directory.ts";
import type { EnrolmentRow } from "./store-logons.ts";
import type { ChallengeRow } from "./store-requests.ts";
import type { TransactionRow } from "./store-transactions.ts";
import { isSet, MAIL, SMS } from "./ways-out.ts";

/** Where a code goes: a mail address, or a number (E.164). */
export function targetOf({ data }: Pick<EnrolmentRow, "data">): string {
  return String(data["to"]);
}

/** Whether the org has a way to send such codes. */
export function hasWay(tx: Tx, kind: SentKind): Promise<boolean> {
  return isSet(tx, kind === "email" ? MAIL : SMS);
}

export interface SendWish {
  kind: SentKind;
  user: UserRow;
  enrolment: EnrolmentRow;
  /** Absent where the code confirms the address itself. */
  transaction?: TransactionRow | undefined;
}

/** The caller has taken it from the cap: `takeSending`. */
export async function sendCode(tx: Tx, deps: AskDeps, { kind, user, enrolment, transaction }: SendWish): Promise<ChallengeRow> {
  const code = writeSentCode(randomInt(10 ** SENT_CODE_DIGITS));
  const id = newId("chl");
  const challenge: ChallengeRow = {
    id,
    kind,
    transactionId: transaction?.id ?? null,
    enrolmentId: enrolment.id,
    userId: user.id,
    hostId: transaction?.hostId ?? null,
    secret: hashOf(deps.keys, id, code),
    // An older code of the same logon is told apart from a wrong one.
    data: transaction?.challengeId ? { before: transaction.challengeId } : {},
    created: tx.now,
    expires: sentCodeExpiry(tx.now, transaction?.opened),
    answeredAt: null,
    answer: null,
    seenAt: null,
  };
  await tx.challenges.insert(challenge);
  await post(tx, deps, { challenge, kind, user, to: targetOf(enrolment), occasion: await occasionOf(tx, code, transaction) });
  return challenge;
}

function hashOf(keys: Keys, challengeId: string, code: string): string {
  return Buffer.from(keys.mac("sent-code", `${challengeId}\0${code}`)).toString("hex");
}

/** S26. */
export function isCodeOf(keys: Keys, challenge: ChallengeRow, code: string): boolean {
  return timingSafeEqual(Buffer.from(challenge.secret, "hex"), Buffer.from(hashOf(keys, challenge.id, code), "hex"));
}

async function occasionOf(tx: Tx, code: string, transaction: TransactionRow | undefined): Promise<CodeOccasion> {
  if (!transaction) return { code, at: tx.now, confirms: true };
  const { hostId, reference } = transaction;
  const host = hostId === null ? undefined : await tx.hosts.byId(hostId);
  const logon = await tx.logons.ofHost(hostId, reference);
  const address = (logon?.address ?? transaction.address)?.value;
  return { code, at: tx.now, host: host?.name, service: logon?.service, address, reference: reference ?? undefined, confirms: false };
}

interface Posting {
  challenge: ChallengeRow;
  kind: SentKind;
  user: UserRow;
  to: string;
  occasion: CodeOccasion;
}

async function post(tx: Tx, { keys, orgUrl }: AskDeps, { challenge, kind, user, to, occasion }: Posting): Promise<void> {
  const language = languageOfUser(user.profile);
  const org = new URL(orgUrl).hostname;
  const common = { about: challenge.id, lifeMs: challenge.expires - tx.now };
  if (kind === "email") {
    await putOut(tx, keys, { ...common, kind: "mail", payload: codeLetter(to, language, org, occasion) });
    return;
  }
  const text = kind === "sms" ? codeText(language, org, occasion) : codeSpeech(language, occasion);
  const expiresAt = new Date(challenge.expires).toISOString();
  const payload: WebhookMessage = { id: challenge.id, type: kind, to, text, code: occasion.code, locale: language, org, expiresAt };
  await putOut(tx, keys, { ...common, kind: "webhook", payload });
}
