/** What PostgreSQL and the way to it can say, as sentences for an administrator. */
import { Superseded } from "../flows/authn/open-transaction.ts";
import { Conflict, DatabaseFault } from "../flows/store.ts";

/** SQLSTATEs (postgresql.org/docs/15/errcodes-appendix.html) that an administrator can do something about. */
const SENTENCES: Record<string, string> = {
  "28P01": "the database refuses the password of this user",
  "28000": "the database lets this user in from nowhere, or not from here: look at the role and at pg_hba.conf",
  "3D000": "there is no such database on this server: create it first",
  "42501": "the database user lacks a right",
  "53100": "the database server's disk is full",
  "53200": "the database server has no memory left",
  "53300": "the database server takes no more connections",
  "25006": "the database is read-only: it is a standby, or set to read only",
  "40001": "other nodes wrote the same rows at the same time, again and again",
  "40P01": "other nodes wrote the same rows at the same time, again and again",
  "55P03": "another node holds the same rows for too long",
  "57014": "a statement took the database too long",
  "58030": "the database server's disk failed to read or write",
  XX001: "the database is damaged: restore it from a backup",
  XX002: "an index of the database is damaged: REINDEX it",
};

/** Errors of the way to the server, by Node's code. */
const WAYS: Record<string, string> = {
  ECONNREFUSED: "nothing listens at this address and port",
  ENOTFOUND: "its name does not resolve",
  EAI_AGAIN: "its name does not resolve now",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  ETIMEDOUT: "it does not answer",
  ENOENT: "there is no such socket",
  EACCES: "the socket may not be opened by this account",
};

/** Known conditions become `DatabaseFault` with one sentence; anything else (a mistake of ours) stays as it is. */
export function asPostgresFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseFault) return error;
  const code = codeOf(error);
  const sentence = code === undefined ? undefined : SENTENCES[code];
  if (sentence !== undefined) return fault(`${sentence} (${oneLine(error)})`, error);
  if (!isLost(error)) return error;
  const why = (code !== undefined && WAYS[code]) || oneLine(error);
  return fault(`the database server cannot be reached: ${why}`, error);
}

function fault(sentence: string, cause: Error): DatabaseFault {
  return new DatabaseFault("org.database", sentence, { cause });
}

/** The SQLSTATE, or Node's code, of an error or of what it was made from. */
export function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === "string") return code;
  return cause instanceof Error ? codeOf(cause) : undefined;
}

function oneLine(error: Error): string {
  // Happy eyeballs (Node tries every address of a name) leaves the message empty and the words inside.
  const said = error.message || ((error as AggregateError).errors?.[0] as Error | undefined)?.message || error.name;
  return said.split("\n")[0] ?? "";
}

/** Of class 08 and 57P, FATAL, or without any SQLSTATE: the connection is gone, and nobody knows what became of its last statement. */
export function isLost(error: unknown): boolean {
  const from = error instanceof DatabaseFault && error.cause instanceof Error ? error.cause : error;
  if (!(from instanceof Error) || from instanceof TypeError || from instanceof RangeError) return false;
  const { code, severity, syscall } = from as { code?: unknown; severity?: unknown; syscall?: unknown };
  if (severity === "FATAL" || severity === "PANIC") return true;
  if (typeof code === "string") return /^(08|57P)/.test(code) || syscall !== undefined || /^(E[A-Z]+|ERR_(SSL|TLS)|.*CERT)/.test(code);
  return /connection|timeout|not queryable|terminat/i.test(from.message);
}

/** Other nodes were faster: what was read is no longer so. The work done again sees what they did. @param tries so far. */
export function againAfter(error: unknown, tries: number): "batch" | "unit" | "no" {
  const code = codeOf(error);
  if (code === "40001" || code === "40P01") return "batch";
  // A row that another node has just made, or removed, under a statement that expected it otherwise.
  if (code === "23505" || code === "23503") return "unit";
  // The row stood there by then: whoever has looked again and still wants to make it is refused.
  if (error instanceof Conflict) return tries === 1 ? "unit" : "no";
  return error instanceof Superseded ? "unit" : "no";
}
