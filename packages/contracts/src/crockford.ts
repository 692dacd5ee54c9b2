/** Crockford's base32 alphabet: no I, L, O or U, so that what is read aloud can be typed. */
export const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The value of a typed character, case and look-alikes (O, I, L) forgiven; -1 if no such character exists. */
export function crockfordValue(character: string): number {
  // Letters of other scripts become ASCII ones by toUpperCase (ı, ſ): they are look-alikes, not what was issued.
  if (!/^[0-9A-Za-z]$/.test(character)) return -1;
  const upper = character.toUpperCase();
  const meant = upper === "O" ? "0" : upper === "I" || upper === "L" ? "1" : upper;
  return CROCKFORD.indexOf(meant);
}

/** Bytes → five-bit symbols (0–31), the last one padded with zero bits. */
export function toSymbols(bytes: Uint8Array): number[] {
  const symbols: number[] = [];
  let buffer = 0;
  let held = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    held += 8;
    while (held >= 5) {
      held -= 5;
      symbols.push((buffer >> held) & 31);
    }
    buffer &= (1 << held) - 1;
  }
  if (held > 0) symbols.push((buffer << (5 - held)) & 31);
  return symbols;
}

/** Five-bit symbols → bytes; left-over bits are dropped. */
export function fromSymbols(symbols: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let buffer = 0;
  let held = 0;
  for (const symbol of symbols) {
    buffer = (buffer << 5) | symbol;
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes.push((buffer >> held) & 255);
      buffer &= (1 << held) - 1;
    }
  }
  return Uint8Array.from(bytes);
}
