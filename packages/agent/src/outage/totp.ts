/** Time-based codes of six digits (RFC 6238: SHA-1, 30 seconds), for proofs that this machine alone knows. */
import { createHmac, timingSafeEqual } from "node:crypto";

export const OFFLINE_DIGITS = 6;
const STEP_MS = 30_000;
/** RFC 4648 without padding, as authenticator apps take it. */
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4226 §5.3. */
export function codeAt(secret: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const number = mac.readUInt32BE((mac.at(-1) ?? 0) & 15) & 0x7fffffff;
  return String(number % 10 ** OFFLINE_DIGITS).padStart(OFFLINE_DIGITS, "0");
}

/** The step whose code this is, one early or one late at most (S5); the latest of them. All are compared, and each in constant time (S26). */
export function matchingStep(secret: Uint8Array, code: string, now: number): number | undefined {
  const present = Math.floor(now / STEP_MS);
  const typed = Buffer.from(code.padEnd(OFFLINE_DIGITS).slice(0, OFFLINE_DIGITS));
  const whole = code.length === OFFLINE_DIGITS;
  const matches = [present - 1, present, present + 1].filter((step) => timingSafeEqual(Buffer.from(codeAt(secret, step)), typed));
  return whole ? matches.at(-1) : undefined;
}

export function base32(bytes: Uint8Array): string {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32[Number.parseInt(five.padEnd(5, "0"), 2)]).join("");
}
