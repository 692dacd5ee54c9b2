/** Who this host is: its key and what it pinned at enrolment. Written once, by enrolment, never afterwards. */
import { join } from "node:path";
import { clientId, hostId, type PublicJwk, publicJwk } from "@sallyport/contracts";
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import { calculateJwkThumbprint } from "jose";
import * as z from "zod";
import type { Finding } from "../finding.ts";
import type { Signing } from "../link/assertion.ts";
import type { Settings } from "../settings.ts";
import { readSharedSecret } from "./client-secret.ts";
import { DecisionKeys } from "./decision-keys.ts";
import { readOwnFile } from "./files.ts";
import { openHostKey, storedKey } from "./host-key.ts";

/** `host.json`, 0600. `pin`: hex of the first 16 bytes of a SHA-256 over the SPKI. */
export const identityFile = z.strictObject({
  host: hostId,
  org: z.string(),
  name: z.string(),
  app: z.string(),
  /** Absent on a `legacy` host, which signs with its client's secret. */
  key: storedKey.optional(),
  client: clientId.optional(),
  decisionKey: publicJwk,
  pin: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  /** PEM of the certificate whose key is the pinned one, as seen at enrolment, or of the CA given then: trusted besides the system's. */
  anchor: z.string().optional(),
  /** Issuers seen at enrolment: tells a missing intermediate from an inspecting proxy. */
  issuers: z.array(z.string()).optional(),
});
export type IdentityFile = z.infer<typeof identityFile>;

export interface HostIdentity {
  host: string;
  org: string;
  name: string;
  app: string;
  signing: Signing;
  decisionKeys: DecisionKeys;
  trust: { pin?: string | undefined; anchor?: string | undefined; issuers: string[] };
}

export const identityPath = (state: string) => join(state, "host.json");

/** Causes: `url.malformed`, `client.id-mangled`, `client.secret-mangled`, `config.missing`, `config.unreadable`, `config.exposed`, `config.invalid` (also when it is another host's or org's). */
export async function readIdentity(settings: Settings): Promise<{ ok: true; identity: HostIdentity } | { ok: false; finding: Finding }> {
  if (settings.mistyped) return { ok: false, finding: settings.mistyped };
  const file = identityPath(settings.files.state);
  const read = readOwnFile(file, { secret: true });
  if (!read.ok) return read;
  const parsed = readStrictJson(read.text, identityFile, { file });
  if (!parsed.ok) {
    const [first] = parsed.complaints;
    // The message of a complaint names keys and types, never a value: the private key stays out of it.
    return invalid(file, first ? describeComplaint(file, first) : "not valid");
  }
  const { value } = parsed;
  if (value.host !== settings.host) return invalid(file, `it is of host ${value.host}, but the settings name ${settings.host}`);
  if (value.org !== settings.org) return invalid(file, `it is of org ${value.org}, but the settings name ${settings.org}`);
  if (value.client !== settings.client) {
    return invalid(file, `it is of client ${value.client ?? "none"}, but the settings name ${settings.client ?? "none"}`);
  }
  const decision = bareJwk(value.decisionKey);
  const thumbprint = await calculateJwkThumbprint(decision);
  if (settings.decisionKey !== undefined && settings.decisionKey !== thumbprint) {
    return invalid(file, `its decision key is ${thumbprint}, but the settings name ${settings.decisionKey}`);
  }
  const signing = await readSigning(file, value, settings.files.state);
  if (!signing.ok) return signing;
  try {
    const trusted = await DecisionKeys.read(settings.files.state, value.decisionKey);
    if (!trusted.ok) return trusted;
    const decisionKeys = trusted.keys;
    const trust = { pin: value.pin, anchor: value.anchor, issuers: value.issuers ?? [] };
    return {
      ok: true,
      identity: { host: value.host, org: value.org, name: value.name, app: value.app, signing: signing.signing, decisionKeys, trust },
    };
  } catch {
    return invalid(file, "its decision key is not a valid P-256 key");
  }
}

async function readSigning(
  file: string,
  { key, client }: IdentityFile,
  state: string,
): Promise<{ ok: true; signing: Signing } | { ok: false; finding: Finding }> {
  if ((key === undefined) === (client === undefined)) return invalid(file, "it must hold a key or a client, and not both");
  if (client !== undefined) {
    const read = readSharedSecret(state);
    return read.ok ? { ok: true, signing: { alg: "HS256", key: read.secret, client } } : read;
  }
  try {
    return key ? { ok: true, signing: { alg: "ES256", key: await openHostKey(key) } } : invalid(file, "it holds no key");
  } catch {
    // What the key library says could quote the key.
    return invalid(file, "its key is not a valid P-256 key");
  }
}

/** The key alone, without its name. */
export function bareJwk({ kty, crv, x, y }: PublicJwk): { kty: string; crv: string; x: string; y: string } {
  return { kty, crv, x, y };
}

function invalid(file: string, reason: string): { ok: false; finding: Finding } {
  return { ok: false, finding: { cause: "config.invalid", evidence: { file, reason } } };
}
