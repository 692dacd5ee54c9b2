/** Approval by link: a passkey proved in a browser for a logon at a machine without one. */
/*
 * The page that the link opens proves the person
 * and shows the logon; what it gives out in the end is a code that must be typed *at the machine*, so that a link mailed to somebody else
 * is worth nothing. Approving alone lets nobody in.
 *
 * 1. The host: `POST /api/v1/authn/link` (signed, `linkRequest`) → `linkAnswer`. Worth offering when the transaction shows a factor of kind
 *    `passkey`, and the logon has a conversation. A newer link ends the one before.
 * 2. The page at `/approve/TOKEN`: `POST /api/v1/approve/begin` → `linkBegun`: a challenge for the passkey, and nothing about the logon.
 * 3. The page: `POST /api/v1/approve/prove` with the assertion → `linkProven`: the logon as it is to be shown, with a warning.
 * 4. The page: `POST /api/v1/approve/answer` → `linkAnswered`: for *yes* the code to be typed, good for a minute.
 * 5. The host: `POST /api/v1/authn/factors/FACTOR/verify` with that code as `passCode`; FACTOR is `linkAnswer.factor`. As any step with a code.
 *
 * The page's calls carry JSON and no assertion. A link that is over, or that never was, is 401 `E0000011` at any of them; a passkey that
 * does not fit is 403 `E0000068`, and the page may begin again. Where a rule has `linkZones`, a browser elsewhere is 403 `E0000006`, for
 * whoever proved that the logon is theirs.
 */
import * as z from "zod";
import { CROCKFORD, crockfordValue, toSymbols } from "./crockford.ts";
import { passkeyAssertion, passkeyRequestOptions } from "./passkeys.ts";
import { shownLogon } from "./shown-logon.ts";
import { stateToken } from "./transaction.ts";

/** Random bytes of a link's token (S12), and of the code that is typed back; both are written in Crockford's base32. */
export const LINK_BYTES = { token: 16, code: 6 } as const;
const TOKEN_LENGTH = 26;
const CODE_LENGTH = 9;
/** Life of the code, ms. */
export const LINK_CODE_MS = 60_000;

/** As in the URL; case does not matter. */
export const linkToken = z.string().regex(/^[0-9A-Za-z]{26}$/, "not a link");

export const linkRequest = z.strictObject({ stateToken });
/** `url`: `<org>/approve/TOKEN`, upper case after the org's own part; `factor`: the factor that the code is a proof of. */
export const linkAnswer = z.object({ url: z.string(), expiresAt: z.iso.datetime(), factor: z.string() });
export type LinkAnswer = z.infer<typeof linkAnswer>;

export const linkBeginRequest = z.strictObject({ token: linkToken });
export const linkBegun = z.object({ publicKey: passkeyRequestOptions, expiresAt: z.iso.datetime() });
export type LinkBegun = z.infer<typeof linkBegun>;

export const linkProveRequest = passkeyAssertion.extend({ token: linkToken });
/** Only for the person whose logon it is. `approval`: names this proof in the answer, once; `expiresAt`: until when. */
export const linkProven = z.object({
  approval: z.string(),
  user: z.object({ login: z.string() }),
  logon: shownLogon,
  expiresAt: z.iso.datetime(),
});
export type LinkProven = z.infer<typeof linkProven>;

/** `no`: a slip, the link is over. `not-me`: somebody has the password; the logon ends, and administrators hear of it. */
export const linkAnswerRequest = z.strictObject({
  token: linkToken,
  approval: z.string().regex(/^[A-Za-z0-9_-]{22}$/, "not an approval"),
  answer: z.enum(["yes", "no", "not-me"]),
});
/** `code` only for *yes*: `XXX-XXX-XXX`, shown once. */
export const linkAnswered = z.object({ code: z.string().optional(), expiresAt: z.iso.datetime().optional() });
export type LinkAnswered = z.infer<typeof linkAnswered>;

/** 16 random bytes → 26 characters. */
export function writeLinkToken(random: Uint8Array): string {
  return write(random, LINK_BYTES.token, TOKEN_LENGTH);
}

/** `undefined` if it is no token; case and look-alikes (O, I, L) are forgiven. */
export function readLinkToken(typed: string): string | undefined {
  return read(typed, TOKEN_LENGTH);
}

/** 6 random bytes → `XXX-XXX-XXX`, 45 bits. Nine characters: no digits of an app and no long code have that length. */
export function writeLinkCode(random: Uint8Array): string {
  return write(random, LINK_BYTES.code, CODE_LENGTH).replace(/.{3}(?=.)/g, "$&-");
}

/** What was typed, as nine upper-case characters; `undefined` if it has not the shape of such a code. */
export function readLinkCode(typed: string): string | undefined {
  return read(typed.replace(/[\t\n\r -]/g, ""), CODE_LENGTH);
}

function write(random: Uint8Array, bytes: number, length: number): string {
  if (random.length < bytes) throw new RangeError(`${bytes} random bytes are needed`);
  const symbols = toSymbols(random.subarray(0, bytes)).slice(0, length);
  return symbols.map((symbol) => CROCKFORD[symbol]).join("");
}

function read(typed: string, length: number): string | undefined {
  const values = [...typed].map(crockfordValue);
  if (values.length !== length || values.some((value) => value < 0)) return undefined;
  return values.map((value) => CROCKFORD[value]).join("");
}
