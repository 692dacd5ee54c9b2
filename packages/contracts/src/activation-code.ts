/** The code that a person types into the phone approver to activate it: sixteen characters in groups of four, 80 bits. */
import { CROCKFORD, crockfordValue, toSymbols } from "./crockford.ts";

/** Random bytes that an activation code is made of. */
export const ACTIVATION_CODE_BYTES = 10;
const CHARACTERS = 16;
const SKIPPED = /[\t\n\r -]/g;

/** Writes ten random bytes as `XXXX-XXXX-XXXX-XXXX`. */
export function writeActivationCode(random: Uint8Array): string {
  if (random.length !== ACTIVATION_CODE_BYTES) throw new RangeError(`an activation code is made of ${ACTIVATION_CODE_BYTES} bytes`);
  const text = toSymbols(random)
    .map((symbol) => CROCKFORD[symbol])
    .join("");
  return text.replace(/.{4}(?=.)/g, "$&-");
}

/** Reads what was typed, without hyphens: case, blanks and O/I/L are forgiven. `undefined` if it has not the shape of an activation code. */
export function readActivationCode(typed: string): string | undefined {
  const plain = typed.replace(SKIPPED, "");
  if (plain.length !== CHARACTERS) return undefined;
  const values = [...plain].map(crockfordValue);
  return values.some((value) => value < 0) ? undefined : values.map((value) => CROCKFORD[value]).join("");
}
