/** Break-glass: what lets one person in at one machine while the org cannot be asked. */
import { createHmac, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { CROCKFORD, crockfordValue, toSymbols } from "./crockford.ts";
import { hostId } from "./host-link.ts";

/** 80 random bits (S12 asks no more of what a slow hash need not protect: the answer is what is guessed, and has 100). */
export const CHALLENGE_BYTES = 10;
const CHALLENGE_LENGTH = 16;
/** 100 bits of the MAC. */
const ANSWER_LENGTH = 20;
const SKIPPED = /[\t\n\r -]/g;
/** How long an answer counts after its challenge was shown, by the machine's monotonic clock. */
export const BREAK_GLASS_MS = 10 * 60_000;

const key32 = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "not 32 bytes, base64url");

/** JWS by the decision key in the answer to a self-check: the host's own key. `iat` in epoch seconds. */
export const breakGlassClaims = z.strictObject({ typ: z.literal("break-glass"), host: hostId, key: key32, iat: z.int() });

/** The exported file: makes answers without any org. `hosts`: their names when it was exported. */
export const breakGlassFile = z.strictObject({
  v: z.literal(1),
  org: z.string().max(512),
  exportedAt: z.iso.datetime(),
  master: key32,
  hosts: z.array(z.strictObject({ id: hostId, name: z.string() })),
});
export type BreakGlassFile = z.infer<typeof breakGlassFile>;

/** `renew`: makes another master key; every host's key follows at its next self-check. */
export const exportBreakGlassRequest = z.strictObject({ renew: z.boolean().optional(), again: z.boolean().optional() });
/** `host`: id or name; `user`: as the machine shows it. */
export const answerBreakGlassRequest = z.strictObject({
  host: z.string().min(1).max(128),
  user: z.string().min(1).max(512),
  challenge: z.string().max(64),
  reason: z.string().min(1).max(256),
});
export const breakGlassAnswerView = z.object({
  answer: z.string(),
  host: z.strictObject({ id: hostId, name: z.string() }),
  user: z.string(),
});
export type BreakGlassAnswerView = z.infer<typeof breakGlassAnswerView>;

/** The key of one host, made of the master key: whoever takes over a host has the key of that host alone. 32 bytes. */
export function breakGlassHostKey(master: Uint8Array, host: string): Uint8Array {
  return mac(master, ["sallyport break-glass host key 1", host]);
}

/** At least 10 random bytes → `XXXX-XXXX-XXXX-XXXX`. */
export function writeChallenge(random: Uint8Array): string {
  if (random.length < CHALLENGE_BYTES) throw new RangeError(`a challenge is made of ${CHALLENGE_BYTES} bytes`);
  return inGroups(
    toSymbols(random.subarray(0, CHALLENGE_BYTES))
      .slice(0, CHALLENGE_LENGTH)
      .map((symbol) => CROCKFORD[symbol])
      .join(""),
  );
}

/** As it was read aloud or typed; `undefined` if it has not its shape. */
export function readChallenge(typed: string): string | undefined {
  return read(typed, CHALLENGE_LENGTH);
}

/** What an answer answers. `challenge` in the form of `readChallenge`; `user` exactly as the machine shows it. */
export interface Asked {
  host: string;
  user: string;
  challenge: string;
}

/** `XXXX-XXXX-XXXX-XXXX-XXXX`, the first 100 bits of HMAC-SHA-256 over host, user, challenge and purpose. */
export function breakGlassAnswer(hostKey: Uint8Array, { host, user, challenge }: Asked): string {
  const bytes = mac(hostKey, ["sallyport break-glass answer 1", "logon", host, user, challenge]);
  return inGroups(
    toSymbols(bytes)
      .slice(0, ANSWER_LENGTH)
      .map((symbol) => CROCKFORD[symbol])
      .join(""),
  );
}

/** S26: takes the same time wherever it differs. */
export function isAnswer(hostKey: Uint8Array, asked: Asked, typed: string): boolean {
  const given = read(typed, ANSWER_LENGTH);
  const right = read(breakGlassAnswer(hostKey, asked), ANSWER_LENGTH) ?? "";
  return given !== undefined && timingSafeEqual(Buffer.from(given), Buffer.from(right));
}

/** Each part with its length before it, so that no two lists of parts are one text. */
function mac(key: Uint8Array, parts: string[]): Uint8Array {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:${part};`);
  return hmac.digest();
}

function inGroups(text: string): string {
  return text.replace(/.{4}(?=.)/g, "$&-");
}

function read(typed: string, length: number): string | undefined {
  const values = [...typed.replace(SKIPPED, "")].map(crockfordValue);
  if (values.length !== length || values.some((value) => value < 0)) return undefined;
  return values.map((value) => CROCKFORD[value]).join("");
}
