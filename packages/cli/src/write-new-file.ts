/** Writes a file that must not exist yet: whole or not at all, for its owner's eyes only. */
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, unlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Complaint } from "./complaint.ts";

/** Mode 0600. Complains where a file of this name is there already, and where the disk refuses; then nothing of it stays. */
export function writeNewFile(file: string, text: string): void {
  // Written beside and linked to its name: a link, unlike a renaming, never takes the place of what is there.
  const beside = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}`);
  try {
    const descriptor = openSync(beside, "wx", 0o600);
    try {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    linkSync(beside, file);
  } catch (error) {
    const there = (error as NodeJS.ErrnoException).code === "EEXIST";
    throw new Complaint(there ? `${file} is there already, and is not written over` : `${file}: ${(error as Error).message}`);
  } finally {
    remove(beside);
  }
}

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It was never made.
  }
}
