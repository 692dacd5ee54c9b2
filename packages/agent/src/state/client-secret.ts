/** The shared secret of a `legacy` host: a typed value on disk, judged each time that the host's files are opened. */
import { join } from "node:path";
import { readClientSecret } from "@sallyport/contracts";
import type { Finding } from "../finding.ts";
import { readOwnFile } from "./files.ts";

/** `client.secret`, 0600: the secret as it was issued, in one line. */
export const clientSecretPath = (state: string) => join(state, "client.secret");

/** Causes: `config.missing`, `config.unreadable`, `config.exposed`, `client.secret-mangled` with the position, never with the secret. */
export function readSharedSecret(state: string): { ok: true; secret: Uint8Array } | { ok: false; finding: Finding } {
  const file = clientSecretPath(state);
  const read = readOwnFile(file, { secret: true });
  if (!read.ok) return read;
  const secret = readClientSecret(read.text);
  if (secret.ok) return secret;
  const { reason, position, character } = secret;
  const evidence = { file, reason, ...(position ? { position } : {}), ...(character ? { character } : {}) };
  return { ok: false, finding: { cause: "client.secret-mangled", evidence } };
}
