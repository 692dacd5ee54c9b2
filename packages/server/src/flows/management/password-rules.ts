/** Which passwords are accepted (S13, NIST SP 800-63B §3.1.1.2): long enough and not common; no rules of composition. */
import { COMMON_PASSWORDS } from "./common-passwords.ts";

/** What the flows need to keep a new password. */
export interface PasswordHash {
  /** A PHC string; `overloaded` if the queue is full: then nothing was computed. Takes only what `judgePassword` let through. */
  hash(password: string): Promise<{ kind: "hashed"; phc: string } | { kind: "overloaded" }>;
}

export const LONGEST_PASSWORD = 1024;
const SHORTEST_ALONE = 15;
export const SHORTEST_WITH_FACTOR = 8;

/** One sentence in both languages, without its full stop. */
export interface InBoth {
  en: string;
  de: string;
}

const tooShort = (length: number, shortest: number): InBoth => ({
  en: `the password has ${length} characters; at least ${shortest} are needed`,
  de: `das Passwort hat ${length} Zeichen; mindestens ${shortest} sind nötig`,
});
const TOO_LONG: InBoth = {
  en: `the password is longer than ${LONGEST_PASSWORD} characters`,
  de: `das Passwort ist länger als ${LONGEST_PASSWORD} Zeichen`,
};
const MOST_USED: InBoth = {
  en: "the password is one of the most used ones: anybody who guesses tries it first",
  de: "das Passwort ist eines der meistbenutzten: Wer rät, versucht es zuerst",
};
const MONOTONOUS: InBoth = { en: "the password repeats one or two characters", de: "das Passwort wiederholt nur ein oder zwei Zeichen" };
const REPEATED: InBoth = {
  en: "the password is a most used one, repeated",
  de: "das Passwort ist ein vielbenutztes, mehrmals hintereinander",
};
const OWN_NAME: InBoth = { en: "the password is the user's own name", de: "das Passwort ist der eigene Name" };

/**
 * @param names what the person is called: a password that is nothing but a name is as good as common.
 * @returns what is wrong, in words without the password, or undefined.
 */
export function judgePassword(
  password: string,
  { withFactor, names }: { withFactor: boolean; names: readonly (string | undefined)[] },
): InBoth | undefined {
  const length = [...password].length;
  const shortest = withFactor ? SHORTEST_WITH_FACTOR : SHORTEST_ALONE;
  if (length < shortest) return tooShort(length, shortest);
  if (password.length > LONGEST_PASSWORD) return TOO_LONG;
  const folded = password.normalize("NFKC").toLowerCase();
  if (COMMON_PASSWORDS.has(folded)) return MOST_USED;
  if (new Set(folded).size < 3) return MONOTONOUS;
  if (isCommonRepeated(folded)) return REPEATED;
  if (names.some((name) => name !== undefined && nameParts(name).includes(folded))) return OWN_NAME;
  return undefined;
}

function nameParts(name: string): string[] {
  const folded = name.normalize("NFKC").toLowerCase();
  return [folded, ...folded.split(/[@\\]/)];
}

/** `passwordpassword`: long only by being typed twice. */
function isCommonRepeated(folded: string): boolean {
  for (let size = 4; size <= folded.length / 2; size++) {
    const part = folded.slice(0, size);
    if (folded.length % size === 0 && part.repeat(folded.length / size) === folded && (size < 8 || COMMON_PASSWORDS.has(part))) return true;
  }
  return false;
}
