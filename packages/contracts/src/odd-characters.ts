/** Names the characters that copy and paste slips into a typed value, with their positions. */

export interface OddCharacter {
  /** 1-based position in the text as given, counted in characters (code points). */
  position: number;
  character: string;
  /** Plain name, such as "zero-width space" or "right smart quote". */
  name: string;
}

const NAMES: Record<string, string> = {
  "\u0009": "tab",
  "\u000a": "line break",
  "\u000d": "carriage return",
  "\u0020": "space",
  "\u00a0": "no-break space",
  "\u00ad": "soft hyphen",
  "\u200b": "zero-width space",
  "\u200c": "zero-width non-joiner",
  "\u200d": "zero-width joiner",
  "\u200e": "left-to-right mark",
  "\u200f": "right-to-left mark",
  "\u2010": "typographic hyphen",
  "\u2011": "no-break hyphen",
  "\u2013": "en dash",
  "\u2014": "em dash",
  "\u2018": "left smart quote",
  "\u2019": "right smart quote",
  "\u201c": "left double smart quote",
  "\u201d": "right double smart quote",
  "\u2028": "line separator",
  "\u202f": "narrow no-break space",
  "\u2060": "word joiner",
  "\u3000": "ideographic space",
  "\ufeff": "byte order mark",
  "'": "quote",
  '"': "double quote",
  "`": "backtick",
  "/": "slash",
  "\\": "backslash",
  "\0": "NUL",
};

/** A plain name for one character; the code point where there is none better. */
export function nameCharacter(character: string): string {
  const known = NAMES[character];
  if (known) return known;
  const code = character.codePointAt(0) ?? 0;
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code < 0x20 || code === 0x7f) return `control character ${hex}`;
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(character)) return `invisible character ${hex}`;
  return code > 0x7e ? `“${character}” (${hex}), which looks like another letter but is not` : `“${character}”`;
}

/** Every character of `text` that `allowed` does not match, in order. `allowed` must match one character. */
export function oddCharacters(text: string, allowed: RegExp): OddCharacter[] {
  const odd: OddCharacter[] = [];
  let position = 0;
  for (const character of text) {
    position += 1;
    if (!allowed.test(character)) odd.push({ position, character, name: nameCharacter(character) });
  }
  return odd;
}
