/** How a logon's reference is written: eight characters of Crockford's base32, as `K7QF-3M2P`. */
import * as z from "zod";
import { CROCKFORD } from "./crockford.ts";

export const REFERENCE_PATTERN = /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/;

export const reference = z.string().regex(REFERENCE_PATTERN, "a reference looks like K7QF-3M2P");

/** Writes 5 random bytes (40 bit) as a reference. Only the first five bytes are used. */
export function writeReference(random: Uint8Array): string {
  let bits = 0n;
  for (const byte of random.subarray(0, 5)) bits = (bits << 8n) | BigInt(byte);
  let text = "";
  for (let i = 7n; i >= 0n; i--) text += CROCKFORD[Number((bits >> (i * 5n)) & 31n)];
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}

/** Reads what a person typed or read aloud: case, spaces, a missing hyphen and O/I/L are forgiven. `undefined` if it is none. */
export function readReference(typed: string): string | undefined {
  const plain = typed.toUpperCase().replace(/[\s-]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  const written = `${plain.slice(0, 4)}-${plain.slice(4)}`;
  return REFERENCE_PATTERN.test(written) ? written : undefined;
}
