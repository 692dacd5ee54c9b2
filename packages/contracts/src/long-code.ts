/** The long code: twenty characters in groups of four, as recovery codes and bypass codes are written; which of them it is, the org knows. */
import { CROCKFORD, crockfordValue, toSymbols } from "./crockford.ts";

export interface LongCode {
  /** The first group: names the code among those of its user, and proves nothing. */
  selector: string;
  /** The other sixteen characters, 80 bits: what proves the code. Only a slow hash of it is kept. */
  secret: string;
}

/** Random bytes that a long code is made of: 20 bits of selector and 80 of secret, in 13 bytes. */
export const LONG_CODE_BYTES = 13;
const CHARACTERS = 20;
const SELECTOR = 4;
const SKIPPED = /[\t\n\r -]/g;

/** Writes at least 13 random bytes as `XXXX-XXXX-XXXX-XXXX-XXXX`. */
export function writeLongCode(random: Uint8Array): string {
  if (random.length < LONG_CODE_BYTES) throw new RangeError(`a long code is made of ${LONG_CODE_BYTES} bytes`);
  const symbols = toSymbols(random.subarray(0, LONG_CODE_BYTES)).slice(0, CHARACTERS);
  const text = symbols.map((symbol) => CROCKFORD[symbol]).join("");
  return text.replace(/.{4}(?=.)/g, "$&-");
}

/** Reads what was typed: case, hyphens, blanks and O/I/L are forgiven. `undefined` if it has not the shape of a long code. */
export function readLongCode(typed: string): LongCode | undefined {
  const plain = typed.replace(SKIPPED, "");
  if (plain.length !== CHARACTERS) return undefined;
  const values = [...plain].map(crockfordValue);
  if (values.some((value) => value < 0)) return undefined;
  const text = values.map((value) => CROCKFORD[value]).join("");
  return { selector: text.slice(0, SELECTOR), secret: text.slice(SELECTOR) };
}
