/** Reads how to reach PostgreSQL, with the password from a file so that it need not stand where other users of the machine see it. */
import { readFileSync, statSync } from "node:fs";
import type { ServerOptions } from "@sallyport/server";
import { Complaint } from "./complaint.ts";

export function readDatabaseAddress(url: string, passwordFile: string | undefined): NonNullable<ServerOptions["database"]> {
  return passwordFile === undefined ? { url } : { url, password: readPassword(passwordFile) };
}

function readPassword(file: string): string {
  try {
    if ((statSync(file).mode & 0o077) !== 0)
      throw new Complaint(`${file} can be read by others; run: chmod 600 ${file}`, { cause: "config.exposed" });
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    if (error instanceof Complaint) throw error;
    throw new Complaint(`${file}: ${(error as Error).message}`, { cause: "config.unreadable" });
  }
}
