/** Reads how to reach PostgreSQL, with the password from a file so that it need not stand where other users of the machine see it. */
import { readFileSync, statSync } from "node:fs";
import type { ServerOptions } from "@sallyport/server";
import { Complaint } from "./complaint.ts";

export interface DatabaseOptions {
  database?: string;
  databasePasswordFile?: string;
}

/** From the options of a command, or the environment; nothing for an org in its folder. */
export function databaseOptions({ database, databasePasswordFile }: DatabaseOptions): Pick<ServerOptions, "database"> {
  const url = database ?? process.env["SALLYPORT_DATABASE"];
  if (url === undefined && databasePasswordFile !== undefined)
    throw new Complaint("--database-password-file needs --database", { cause: "config.missing" });
  return url === undefined ? {} : { database: readDatabaseAddress(url, databasePasswordFile) };
}

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
