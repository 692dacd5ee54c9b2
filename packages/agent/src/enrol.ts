/** Enrols this machine: an enrolment code in, a key pair and the org's pinned key on disk out; installed disarmed. */
import { createHmac } from "node:crypto";
import { mkdirSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import {
  type EnrolledClaims,
  type EnrolmentCode,
  type EnrolProof,
  enrolAnswer,
  enrolledClaims,
  enrolmentCodeId,
  enrolProof,
  JWS_TYPES,
  type PublicJwk,
  readEnrolmentCode,
  sameOrgUrl,
} from "@sallyport/contracts";
import { CompactSign, type CryptoKey, calculateJwkThumbprint, decodeJwt, exportJWK, generateKeyPair, importJWK } from "jose";
import { machineClocks, OrgClock } from "./clock.ts";
import { type Finding, Refusal } from "./finding.ts";
import { readAnswer } from "./link/answer.ts";
import { random128 } from "./link/assertion.ts";
import { LinkError } from "./link/fault.ts";
import { probePin } from "./link/probe.ts";
import { Transport } from "./link/transport.ts";
import { makeTrust, type TrustMarks } from "./link/trust.ts";
import { type AgentFiles, agentFiles, agentSettings, readSettings } from "./settings.ts";
import { openSigned } from "./signed.ts";
import { writeArmed } from "./state/armed.ts";
import { fileExists, readOwnFile, writeAtomically } from "./state/files.ts";
import { bareJwk, type IdentityFile, identityFile, identityPath } from "./state/host-identity.ts";
import { statePath } from "./state/host-state.ts";
import { AGENT_VERSION } from "./version.ts";

export interface EnrolOptions {
  /** As typed or pasted; checked in full before any network call. */
  code: string;
  /** Name that administrators see; the machine's own if left out. */
  name?: string | undefined;
  /** One folder for everything; the system's folders if left out. */
  state?: string | undefined;
  proxy?: string | undefined;
  /** Enrol anew over an existing enrolment. */
  replace?: boolean | undefined;
  connectMs?: number;
  answerMs?: number;
}

export type EnrolOutcome =
  | { ok: true; host: { id: string; name: string; app: string; org: string }; settings: string }
  /** `reason`: one sentence. `position`, `between`: 1-based places in the code where one is to blame. */
  | { ok: false; reason: string; finding: Finding; position?: number; between?: [number, number] };

/** Nothing is written unless the org took the host in and proved to be the code's org; then all files appear, the settings last. */
export async function enrolHost(options: EnrolOptions): Promise<EnrolOutcome> {
  const read = readEnrolmentCode(options.code);
  if (!read.ok) {
    const { reason, position, between } = read;
    const finding: Finding = { cause: "client.secret-mangled", evidence: { reason, ...(position ? { position } : {}) } };
    return {
      ok: false,
      reason: `The enrolment code is not right: ${reason}.`,
      finding,
      ...(position ? { position } : {}),
      ...(between ? { between } : {}),
    };
  }
  try {
    return await enrolWith(read.code, options);
  } catch (error) {
    const finding = error instanceof LinkError ? error.fault : error instanceof Refusal ? error.finding : undefined;
    if (!finding) throw error;
    return { ok: false, reason: sentenceFor(finding), finding: { cause: finding.cause, evidence: finding.evidence } };
  }
}

async function enrolWith(code: EnrolmentCode, options: EnrolOptions): Promise<EnrolOutcome> {
  const files = prepareFolders(options);
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const key = bareJwk((await exportJWK(publicKey)) as PublicJwk);
  const name = (options.name ?? hostname()).trim().slice(0, 128) || "host";
  const marks = await learnMarks(code, options);
  const proof = await makeProof(code, key as PublicJwk, name);
  const body = { codeId: enrolmentCodeId(code.secret), key, proof: await signProof(proof, privateKey) };
  const token = await askOrg(code, options, marks, JSON.stringify(body));
  const claims = await openEnrolled(token, code, proof.nonce);
  const identity: IdentityFile = identityFile.parse({
    host: claims.hostId,
    org: code.url,
    name: claims.name,
    app: claims.app,
    key: await exportJWK(privateKey),
    decisionKey: claims.decisionKey,
    ...(marks.pin ? { pin: marks.pin } : {}),
    ...(marks.anchor ? { anchor: marks.anchor } : {}),
    issuers: marks.issuers,
  });
  await store(files, identity, claims.generation, options);
  return { ok: true, host: { id: claims.hostId, name: claims.name, app: claims.app, org: code.url }, settings: files.settings };
}

/** Before the code is spent: an enrolment that cannot be stored would waste it. */
function prepareFolders(options: EnrolOptions): AgentFiles {
  const files = agentFiles(options.state);
  if (fileExists(files.settings) && !options.replace) {
    throw new Refusal("config.invalid", { file: files.settings, reason: "this machine is enrolled already" });
  }
  mkdirSync(files.state, { recursive: true, mode: 0o700 });
  mkdirSync(dirname(files.settings), { recursive: true, mode: 0o755 });
  mkdirSync(dirname(files.log), { recursive: true, mode: 0o700 });
  // Proves that the disk takes files there. Nothing that counts is touched yet: an enrolment that fails must not disarm a host.
  const probe = join(files.state, "enrol.probe");
  writeAtomically(probe, "");
  unlinkSync(probe);
  return files;
}

async function learnMarks(code: EnrolmentCode, options: EnrolOptions): Promise<TrustMarks> {
  if (!code.pin) return { issuers: [] };
  const pin = Buffer.from(code.pin).toString("hex");
  return probePin(new URL(code.url), pin, { proxy: proxyOf(options), connectMs: options.connectMs ?? 5000 });
}

async function makeProof(code: EnrolmentCode, key: PublicJwk, name: string): Promise<EnrolProof> {
  const nonce = random128();
  const mac = createHmac("sha256", code.secret)
    .update(`${await calculateJwkThumbprint(bareJwk(key))}.${nonce}`)
    .digest("base64url");
  const platform = process.platform === "win32" ? "windows" : "linux";
  return enrolProof.parse({ typ: "enrol", codeId: enrolmentCodeId(code.secret), nonce, mac, name, platform, version: AGENT_VERSION });
}

function signProof(proof: EnrolProof, key: CryptoKey): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(proof));
  return new CompactSign(payload).setProtectedHeader({ alg: "ES256", typ: JWS_TYPES.enrol }).sign(key);
}

async function askOrg(code: EnrolmentCode, options: EnrolOptions, marks: TrustMarks, body: string): Promise<string> {
  const url = new URL(code.url);
  const proxy = proxyOf(options);
  const trust = makeTrust(marks, new OrgClock(machineClocks));
  // With a pin the key proves the org, whatever the host's clock says of the dates; the proof in the body is no secret.
  const transport = new Transport({ url, proxy, trust, connectMs: options.connectMs ?? 5000, datesOnly: marks.pin !== undefined });
  try {
    const path = "/api/v1/hosts/enrol";
    const raw = await transport.send({ path, body, answerMs: options.answerMs ?? 15_000 });
    const answer = readAnswer(raw, enrolAnswer, { endpoint: path, secure: url.protocol === "https:", viaProxy: proxy !== undefined });
    if (answer.kind === "ok") return answer.value.enrolled;
    if (answer.kind === "fault") throw new Refusal(answer.fault.cause, answer.fault.evidence);
    const { errorSummary, errorCauses } = answer.error;
    throw new Refusal("client.secret-wrong", {
      orgUrl: code.url,
      answer: [errorSummary, ...errorCauses.map((one) => one.errorSummary)].join(" ").slice(0, 512),
    });
  } finally {
    transport.close();
  }
}

/** The key comes with the answer; only the fingerprint in the code makes it the org's. */
async function openEnrolled(token: string, code: EnrolmentCode, nonce: string): Promise<EnrolledClaims> {
  const wrong = (answer: string) => new Refusal("url.wrong-org", { orgUrl: code.url, answer });
  const announced = enrolledClaims.shape.decisionKey.safeParse(peek(token)["decisionKey"]);
  if (!announced.success) throw wrong("its answer carries no decision key");
  const bare = bareJwk(announced.data);
  const print = Buffer.from(await calculateJwkThumbprint(bare), "base64url").subarray(0, 16);
  if (!print.equals(Buffer.from(code.decisionKey))) throw wrong("its decision key is not the one that the code names");
  const opened = await openSigned(token, (await importJWK(bare, "ES256")) as CryptoKey, JWS_TYPES.enrolled, enrolledClaims);
  if (!opened.ok) throw wrong(`its answer does not hold: ${opened.check}: ${opened.detail}`);
  if (opened.claims.nonce !== nonce) throw wrong("its answer is to another question");
  if (!sameOrgUrl(opened.claims.orgUrl, code.url)) throw wrong(`it calls itself ${opened.claims.orgUrl}`);
  return opened.claims;
}

function peek(token: string): Record<string, unknown> {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}

/** Key first, settings last: without settings there is no enrolment, so a crash in between leaves none. */
async function store(files: AgentFiles, identity: IdentityFile, generation: string, options: EnrolOptions): Promise<void> {
  const decisionKey = await calculateJwkThumbprint(bareJwk(identity.decisionKey));
  const kept = keptSettings(files, options);
  const settings = agentSettings.parse({
    ...kept,
    org: identity.org,
    host: identity.host,
    decisionKey,
    ...(options.proxy ? { proxy: options.proxy } : {}),
  });
  writeAtomically(identityPath(files.state), `${JSON.stringify(identity, null, 2)}\n`);
  writeAtomically(statePath(files.state), `${JSON.stringify({ generation, policyVersion: -1, heads: [] })}\n`);
  writeArmed(files.state, { armed: false, since: new Date().toISOString() });
  writeAtomically(files.settings, `${JSON.stringify(settings, null, 2)}\n`, options.state === undefined ? 0o644 : 0o600);
}

/** Enrolling anew keeps what an administrator had set. */
function keptSettings(files: AgentFiles, options: EnrolOptions): object {
  if (!options.replace || !readSettings(options.state).ok) return {};
  const read = readOwnFile(files.settings, { secret: false });
  return read.ok ? (JSON.parse(read.text) as object) : {};
}

function proxyOf(options: EnrolOptions): URL | undefined {
  return options.proxy === undefined ? undefined : new URL(options.proxy);
}

function sentenceFor({ cause, evidence }: Finding): string {
  const detail = evidence["answer"] ?? evidence["reason"] ?? evidence["error"] ?? "";
  return `The host was not enrolled (${cause})${detail === "" ? "" : `: ${detail}`}`;
}
