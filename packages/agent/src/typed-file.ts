/** A file in which an administrator hands over a code or a secret; it may lie where other users can write. */
import { type BigIntStats, closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from "node:fs";

/** Which file was read. */
export type SameFile = Pick<BigIntStats, "dev" | "ino">;

const LONGEST = 64 * 1024;

/**
 * Whether what was given as the path of a file may be said to others: it is not what should stand in the file. No code and no secret, not
 * even a part of one, has a dot, a colon or a slash.
 */
export function mayBeSaid(path: string): boolean {
  return /[.:/\\]/.test(path) && !holdsTyped(path);
}

/** Whether a code or a secret begins somewhere in a text, in all ways in which they are read. */
export function holdsTyped(text: string): boolean {
  return /SALLY(1|SECRET)/i.test(text.replaceAll(/[\s-]/g, ""));
}

/** UTF-8, or UTF-16 with its mark as Windows PowerShell's `>` writes it; without white space around. Undefined if it is too long. */
export function readTypedFile(file: string): { text: string; same: SameFile } | undefined {
  const descriptor = openSync(file, "r");
  try {
    const { dev, ino, size } = fstatSync(descriptor, { bigint: true });
    if (size > LONGEST) return undefined;
    const bytes = readFileSync(descriptor);
    const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
    const text = new TextDecoder(wide ? "utf-16le" : "utf-8").decode(bytes);
    return { text: text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, ""), same: { dev, ino } };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Empties a file that is used up: whoever finds it can do nothing with it. Only the very file that was read: a link that somebody has put
 * into its place meanwhile would have the system empty another. It is not deleted: that goes by the path alone, which they could turn
 * elsewhere, the folders above it too, after every look.
 */
export function useUp(file: string, same: SameFile): void {
  try {
    const descriptor = openSync(file, "r+");
    try {
      const { dev, ino } = fstatSync(descriptor, { bigint: true });
      // A share or a file system without numbers says 0 of every file.
      if (ino !== 0n && dev === same.dev && ino === same.ino) ftruncateSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // A share that may only be read: the code is worth nothing any more.
  }
}
