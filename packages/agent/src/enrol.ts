/** Enrols this machine: an enrolment code in, a key pair and the org's pinned key on disk out; installed disarmed. */
import {
  type EnrolmentCode,
  enrolAnswer,
  enrolmentCodeId,
  enrolProof,
  JWS_TYPES,
  type PublicJwk,
  readEnrolmentCode,
} from "@sallyport/contracts";
import { calculateJwkThumbprint } from "jose";
import type * as z from "zod";
import { type Finding, Refusal } from "./finding.ts";
import {
  askOrg,
  type JoinOptions,
  type JoinOutcome,
  macOf,
  nameOf,
  openEnrolled,
  platform,
  prepareFolders,
  proxyOf,
  refusedOutcome,
  store,
} from "./join.ts";
import { random128 } from "./link/assertion.ts";
import { probePin } from "./link/probe.ts";
import type { TrustMarks } from "./link/trust.ts";
import { bareJwk } from "./state/host-identity.ts";
import { makeHostKey } from "./state/host-key.ts";
import { AGENT_VERSION } from "./version.ts";

export interface EnrolOptions extends JoinOptions {
  /** As typed or pasted; checked in full before any network call. */
  code: string;
}

const PATH = "/api/v1/hosts/enrol";

/** Nothing is written unless the org took the host in and proved to be the code's org; then all files appear, the settings last. */
export async function enrolHost(options: EnrolOptions): Promise<JoinOutcome> {
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
    return refusedOutcome(error);
  }
}

async function enrolWith(code: EnrolmentCode, options: EnrolOptions): Promise<JoinOutcome> {
  const files = await prepareFolders(options);
  const key = await makeHostKey();
  const marks = await learnMarks(code, options);
  const nonce = random128();
  const codeId = enrolmentCodeId(code.secret);
  const mac = await macOf(code.secret, key.jwk, nonce);
  const proof = { typ: "enrol", codeId, nonce, mac, name: nameOf(options), platform: platform(), version: AGENT_VERSION };
  const signed = await key.key.sign({ typ: JWS_TYPES.enrol }, enrolProof.parse(proof));
  const answer = await ask(code, options, marks, { codeId, key: key.jwk, proof: signed });
  const claims = await openEnrolled(answer, { org: code.url, nonce }, (announced) => compareKey(announced, code));
  await store(files, { org: code.url, claims, marks, credential: { key: key.stored } }, options);
  return { ok: true, host: { id: claims.hostId, name: claims.name, app: claims.app, org: code.url }, settings: files.settings };
}

async function learnMarks(code: EnrolmentCode, options: EnrolOptions): Promise<TrustMarks> {
  if (!code.pin) return { issuers: [] };
  const pin = Buffer.from(code.pin).toString("hex");
  return probePin(new URL(code.url), pin, { proxy: proxyOf(options), connectMs: options.connectMs ?? 5000 });
}

async function ask(code: EnrolmentCode, options: EnrolOptions, marks: TrustMarks, body: object): Promise<z.infer<typeof enrolAnswer>> {
  // With a pin the key proves the org, whatever the host's clock says of the dates; the proof in the body is no secret.
  const answer = await askOrg({ org: code.url, path: PATH, marks, datesOnly: marks.pin !== undefined }, body, enrolAnswer, options);
  if (answer.kind === "ok") return answer.value;
  if (answer.kind === "fault") throw new Refusal(answer.fault.cause, answer.fault.evidence);
  const { errorSummary, errorCauses } = answer.error;
  throw new Refusal("client.secret-wrong", {
    orgUrl: code.url,
    answer: [errorSummary, ...errorCauses.map((one) => one.errorSummary)].join(" ").slice(0, 512),
  });
}

/** Only the fingerprint in the code makes the announced key the org's. */
async function compareKey(announced: PublicJwk, code: EnrolmentCode): Promise<string | undefined> {
  const print = Buffer.from(await calculateJwkThumbprint(bareJwk(announced)), "base64url").subarray(0, 16);
  return print.equals(Buffer.from(code.decisionKey)) ? undefined : "its decision key is not the one that the code names";
}
