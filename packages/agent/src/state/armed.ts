/** Whether this host asks for second factors: a file of its own, because the CLI writes it while the agent runs. */
import { join } from "node:path";
import { readStrictJson } from "@sallyport/settings";
import * as z from "zod";
import type { Finding } from "../finding.ts";
import { readOwnFile, writeAtomically } from "./files.ts";
import { switchProvider } from "./provider-switch.ts";

/** `armed.json`, 0600. `since`: ISO 8601 UTC of the host's clock. `findings`: what was overridden by force. */
export const armedFile = z.strictObject({ armed: z.boolean(), since: z.string(), forced: z.array(z.string()).optional() });
export type Armed = z.infer<typeof armedFile>;

const path = (state: string) => join(state, "armed.json");

/** Read at each logon. A missing or broken file is a finding, never *disarmed*: deleting it must not open the machine (S22). */
export function readArmed(state: string): { ok: true; armed: Armed } | { ok: false; finding: Finding } {
  const file = path(state);
  const read = readOwnFile(file, { secret: true });
  if (!read.ok) return read;
  const parsed = readStrictJson(read.text, armedFile, { file });
  if (parsed.ok) return { ok: true, armed: parsed.value };
  return { ok: false, finding: { cause: "config.invalid", evidence: { file, reason: parsed.complaints[0]?.message ?? "not valid" } } };
}

/** The file first: a provider that is armed before its agent is would be let through by it. */
export function writeArmed(state: string, armed: Armed): void {
  writeAtomically(path(state), `${JSON.stringify(armed)}\n`);
  switchProvider(armed.armed);
}
