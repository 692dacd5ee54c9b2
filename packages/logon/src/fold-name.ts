/** Folds a name that somebody typed or a directory sent to the one form in which names are compared. */
import { oddCharacters } from "@sallyport/contracts";

/**
 * What RFC 8265 (PRECIS UsernameCaseMapped) keeps out of a user name: controls, format and bidi marks, what is not shown at all,
 * private and unassigned characters, line ends, old Hangul. Of its contextual rules only the mixing of two sets of Arabic digits is looked at.
 */
const FORBIDDEN =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u1680\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]/u;
const MIXED_DIGITS = /[\u0660-\u0669].*[\u06f0-\u06f9]|[\u06f0-\u06f9].*[\u0660-\u0669]/u;

const ALLOWED = new RegExp(FORBIDDEN.source.replace("[", "[^"), "u");
const LONGEST = 256;

const RIGHT_TO_LEFT =
  /(?=\p{L})[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Adlam}]/u;

/**
 * Lower case, NFKC, no outer white space; undefined for what no user name may hold, or more than 256 characters.
 * Wider than RFC 8265 where Active Directory is: spaces inside and signs are legal in its names, and compatibility forms are mapped as
 * they always were here, not refused.
 */
export function foldName(text: string): string | undefined {
  // Most names are these: nothing of what follows can change or forbid them.
  if (/^[\x21-\x7e]{1,256}$/.test(text)) return text.toLowerCase();
  const folded = text.normalize("NFKC").trim().toLowerCase().normalize("NFKC");
  if (folded === "" || folded.length > LONGEST || FORBIDDEN.test(folded) || MIXED_DIGITS.test(folded)) return undefined;
  return folded.split(/[\\@]/).every(readsOneWay) ? folded : undefined;
}

/** Why `foldName` makes nothing of this text, for the administrator; undefined if it makes something. */
export function whyNoName(text: string): string | undefined {
  if (foldName(text) !== undefined) return undefined;
  if (text.trim() === "") return "the name is empty";
  const [odd] = oddCharacters(text.trim(), ALLOWED);
  const before = text.length - text.trimStart().length;
  if (odd) return `character ${before + odd.position} is “${odd.name}”, which no user name may hold: typed or pasted unseen`;
  if (text.normalize("NFKC").length > LONGEST) return `the name has more than ${LONGEST} characters`;
  return "the name mixes letters or digits that are written from the right with such from the left";
}

/** The bidi rule (RFC 5893 section 2), by scripts: a part of a name that is written from the right holds no letter of the left, and has digits only behind. */
function readsOneWay(part: string): boolean {
  if (!RIGHT_TO_LEFT.test(part)) return true;
  const shown = [...part.replace(/\p{Mn}/gu, "")];
  const isRight = (one: string | undefined) => one !== undefined && RIGHT_TO_LEFT.test(one);
  const last = shown.at(-1);
  return isRight(shown[0]) && (isRight(last) || /\p{Nd}/u.test(last ?? "")) && shown.every((one) => !/\p{L}/u.test(one) || isRight(one));
}
