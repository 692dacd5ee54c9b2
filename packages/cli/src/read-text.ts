/** Reads a small file that somebody named on the command line. */
import { readFileSync } from "node:fs";
import { Complaint } from "./complaint.ts";

/** Throws a `Complaint` that names the file. */
export function readText(file: string): string {
  return readBytes(file).toString("utf8");
}

/** For a file whose encoding is still to be found. Throws as `readText`. */
export function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Complaint(`${file}: ${code === "ENOENT" ? "there is no such file" : message}`);
  }
}
