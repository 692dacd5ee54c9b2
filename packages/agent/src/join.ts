/** What every way of joining an org shares: folders proved first, one signed question, the answer judged, files written settings last. */
import { createHmac } from "node:crypto";
import { mkdirSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { type EnrolledClaims, type enrolAnswer, enrolledClaims, JWS_TYPES, type PublicJwk, sameOrgUrl } from "@sallyport/contracts";
import { calculateJwkThumbprint, decodeJwt } from "jose";
import type * as z from "zod";
import { machineClocks, OrgClock } from "./clock.ts";
import { type Finding, Refusal } from "./finding.ts";
import { type Answer, readAnswer } from "./link/answer.ts";
import { LinkError } from "./link/fault.ts";
import { Transport } from "./link/transport.ts";
import { makeTrust, type TrustMarks } from "./link/trust.ts";
import { type AgentFiles, agentFiles, agentSettings, readSettings } from "./settings.ts";
import { openSigned } from "./signed.ts";
import { writeArmed } from "./state/armed.ts";
import { clientSecretPath } from "./state/client-secret.ts";
import { followLinks, knownKey } from "./state/decision-keys.ts";
import { fileExists, readOwnFile, writeAtomically } from "./state/files.ts";
import { bareJwk, type IdentityFile, identityFile, identityPath } from "./state/host-identity.ts";
import type { StoredKey } from "./state/host-key.ts";
import { statePath } from "./state/host-state.ts";
import { askNative } from "./state/native-keys.ts";

export interface JoinOptions {
  /** Name that administrators see; the machine's own if left out. */
  name?: string | undefined;
  /** One folder for everything; the system's folders if left out. */
  state?: string | undefined;
  proxy?: string | undefined;
  /** Join anew over an existing enrolment. */
  replace?: boolean | undefined;
  connectMs?: number;
  answerMs?: number;
}

export type JoinOutcome =
  /** `pending`: an administrator must approve this machine first. */
  | { ok: true; host: { id: string; name: string; app: string; org: string }; settings: string; pending?: boolean }
  /** `reason`: one sentence. `position`, `between`: 1-based places in the typed value where one is to blame. */
  | { ok: false; reason: string; finding: Finding; position?: number; between?: [number, number] };

/** Before anything is spent: an enrolment that cannot be stored would waste it. */
export async function prepareFolders(options: JoinOptions): Promise<AgentFiles> {
  const files = agentFiles(options.state);
  if (fileExists(files.settings) && !options.replace) {
    throw new Refusal("config.invalid", { file: files.settings, reason: "this machine is enrolled already" });
  }
  await secureFolder(files.state);
  mkdirSync(files.state, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(files.settings), { recursive: true, mode: 0o755 });
  mkdirSync(dirname(files.log), { recursive: true, mode: 0o700 });
  // Proves that the disk takes files there. Nothing that counts is touched yet: an enrolment that fails must not disarm a host.
  const probe = join(files.state, "enrol.probe");
  writeAtomically(probe, "");
  unlinkSync(probe);
  return files;
}

/** On Windows a mode says nothing: the folder is made, or judged, by its access list. */
export async function secureFolder(path: string): Promise<void> {
  if (process.platform !== "win32") return;
  const { folder, fault } = await askNative({ folder: { path } });
  const reason = fault ?? folder;
  if (reason !== "") throw new Refusal("config.exposed", { file: path, reason: reason ?? "its access list was not judged" });
}

export function nameOf(options: JoinOptions): string {
  return (options.name ?? hostname()).trim().slice(0, 128) || "host";
}

export const platform = () => (process.platform === "win32" ? "windows" : "linux");

/** base64url HMAC-SHA-256(secret, thumbprint of the key + "." + nonce): proves a secret without showing it. */
export async function macOf(secret: Uint8Array, key: PublicJwk, nonce: string): Promise<string> {
  return createHmac("sha256", secret)
    .update(`${await calculateJwkThumbprint(bareJwk(key))}.${nonce}`)
    .digest("base64url");
}

/** One question to an org that this machine does not belong to yet. `datesOnly`: a pinned key proves it, whatever the host's clock says. */
export async function askOrg<S extends z.ZodType>(
  to: { org: string; path: string; marks: TrustMarks; datesOnly: boolean },
  body: object,
  schema: S,
  options: JoinOptions,
): Promise<Answer<z.output<S>>> {
  const url = new URL(to.org);
  const proxy = proxyOf(options);
  const trust = makeTrust(to.marks, new OrgClock(machineClocks));
  const transport = new Transport({ url, proxy, trust, connectMs: options.connectMs ?? 5000, datesOnly: to.datesOnly });
  try {
    const raw = await transport.send({ path: to.path, body: JSON.stringify(body), answerMs: options.answerMs ?? 15_000 });
    return readAnswer(raw, schema, { endpoint: to.path, secure: url.protocol === "https:", viaProxy: proxy !== undefined });
  } finally {
    transport.close();
  }
}

/**
 * The key comes with the answer; `judgeKey` says why it is not the org's, if it is not. With `keys` the key to be judged is their anchor,
 * and the links lead from it to the one that signs.
 */
export async function openEnrolled(
  { enrolled, keys }: z.infer<typeof enrolAnswer>,
  asked: { org: string; nonce: string },
  judgeKey: (key: PublicJwk) => Promise<string | undefined> | string | undefined,
): Promise<EnrolledClaims> {
  const wrong = (answer: string) => new Refusal("url.wrong-org", { org: asked.org, answer });
  const announced = enrolledClaims.shape.decisionKey.safeParse(peek(enrolled)["decisionKey"]);
  if (!announced.success) throw wrong("its answer carries no decision key");
  const anchor = keys?.anchor ?? announced.data;
  const complaint = await judgeKey(anchor);
  if (complaint !== undefined) throw wrong(complaint);
  const followed = await followLinks([await knownKey(anchor)], keys?.links ?? []);
  if (!followed.ok) throw wrong(`its chain of keys does not hold: ${followed.check}: ${followed.detail}`);
  const trusted = { keys: () => followed.chain.map(({ key }) => key) };
  const opened = await openSigned(enrolled, trusted, JWS_TYPES.enrolled, enrolledClaims);
  if (!opened.ok) throw wrong(`its answer does not hold: ${opened.check}: ${opened.detail}`);
  const signer = followed.chain.find(({ key }) => key === opened.by)?.thumbprint;
  if (signer !== (await calculateJwkThumbprint(bareJwk(announced.data)))) throw wrong("it names another decision key than it signs with");
  if (opened.claims.nonce !== asked.nonce) throw wrong("its answer is to another question");
  if (!sameOrgUrl(opened.claims.orgUrl, asked.org)) throw wrong(`it calls itself ${opened.claims.orgUrl}`);
  return opened.claims;
}

function peek(token: string): Record<string, unknown> {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

/** By what the machine will sign: a key of its own, or (`legacy`) the shared secret as it was typed. */
export type Credential = { key: StoredKey } | { client: string; secret: string };

/** Key first, settings last: without settings there is no enrolment, so a crash in between leaves none. */
export async function store(
  files: AgentFiles,
  joined: { org: string; claims: EnrolledClaims; marks: TrustMarks; credential: Credential },
  options: JoinOptions,
): Promise<void> {
  const { org, claims, marks, credential } = joined;
  const identity: IdentityFile = identityFile.parse({
    host: claims.hostId,
    org,
    name: claims.name,
    app: claims.app,
    ...("key" in credential ? { key: credential.key } : { client: credential.client }),
    decisionKey: claims.decisionKey,
    ...(marks.pin ? { pin: marks.pin } : {}),
    ...(marks.anchor ? { anchor: marks.anchor } : {}),
    issuers: marks.issuers,
  });
  const { client: _former, ...kept } = keptSettings(files, options);
  const settings = agentSettings.parse({
    ...kept,
    org,
    host: claims.hostId,
    ...("client" in credential ? { client: credential.client } : {}),
    decisionKey: await calculateJwkThumbprint(bareJwk(identity.decisionKey)),
    ...(options.proxy ? { proxy: options.proxy } : {}),
  });
  if ("secret" in credential) writeAtomically(clientSecretPath(files.state), `${credential.secret}\n`);
  writeAtomically(identityPath(files.state), `${JSON.stringify(identity, null, 2)}\n`);
  writeAtomically(statePath(files.state), `${JSON.stringify({ generation: claims.generation, policyVersion: -1, heads: [] })}\n`);
  writeArmed(files.state, { armed: false, since: new Date().toISOString() });
  writeAtomically(files.settings, `${JSON.stringify(settings, null, 2)}\n`, options.state === undefined ? 0o644 : 0o600);
  if ("key" in credential && fileExists(clientSecretPath(files.state))) forget(clientSecretPath(files.state));
}

/** A shared secret that is no longer used must not lie about. */
function forget(file: string): void {
  writeFileSync(file, "");
  unlinkSync(file);
}

/** Joining anew keeps what an administrator had set. */
function keptSettings(files: AgentFiles, options: JoinOptions): Record<string, unknown> {
  if (!options.replace || !readSettings(options.state).ok) return {};
  const read = readOwnFile(files.settings, { secret: false });
  return read.ok ? (JSON.parse(read.text) as Record<string, unknown>) : {};
}

export function proxyOf(options: JoinOptions): URL | undefined {
  return options.proxy === undefined ? undefined : new URL(options.proxy);
}

/** A refusal or a fault of the network as the outcome; anything else is thrown on. */
export function refusedOutcome(error: unknown): JoinOutcome {
  const finding = error instanceof LinkError ? error.fault : error instanceof Refusal ? error.finding : undefined;
  if (!finding) throw error;
  return { ok: false, reason: sentenceFor(finding), finding: { cause: finding.cause, evidence: finding.evidence } };
}

function sentenceFor({ cause, evidence }: Finding): string {
  const detail = evidence["answer"] ?? evidence["reason"] ?? evidence["error"] ?? "";
  return `The host was not enrolled (${cause})${detail === "" ? "" : `: ${detail}`}`;
}
