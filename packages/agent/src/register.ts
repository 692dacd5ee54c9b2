/** Registers this machine by three typed values: URL, client id, client secret; the secret proves both sides and is never sent. */
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  JWS_TYPES,
  type RegisterAnswer,
  readClientId,
  readClientSecret,
  readOrgUrl,
  registerAnswer,
  registerProof,
  type TypedWrong,
  writeClientSecret,
} from "@sallyport/contracts";
import { describeError, type Evidence, type Finding, Refusal } from "./finding.ts";
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
import { sameText } from "./same-text.ts";
import { makeHostKey } from "./state/host-key.ts";
import { AGENT_VERSION } from "./version.ts";

export interface RegisterOptions extends JoinOptions {
  /** All three as typed or pasted; checked in full before any network call. */
  url: string;
  clientId: string;
  clientSecret: string;
  /** File with the PEM of the CA of the org's certificate, where the system's store does not hold it. */
  caFile?: string | undefined;
  /** Sign later calls with the shared secret; only where the app is set to `legacy`. */
  legacy?: boolean | undefined;
}

const PATH = "/api/v1/hosts/register";

interface Values {
  org: string;
  id: string;
  secret: Uint8Array;
  written: string;
}

/** Nothing is written unless the org took the host in and proved that it knows the secret; then all files appear, the settings last. */
export async function registerHost(options: RegisterOptions): Promise<JoinOutcome> {
  const read = readValues(options);
  if ("ok" in read) return read;
  try {
    return await registerWith(read, options);
  } catch (error) {
    return refusedOutcome(error);
  }
}

/** The first of the three that is not right, by name and place; else what they mean. */
function readValues(options: RegisterOptions): Values | Extract<JoinOutcome, { ok: false }> {
  // Only plain blanks are taken off: `trim` would take a byte order mark or a no-break space away unseen.
  const url = readOrgUrl(options.url.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, ""));
  if (!url.ok) return refused("The org's URL is not right", "url.malformed", { value: options.url.slice(0, 512) }, url);
  const id = readClientId(options.clientId);
  if (!id.ok) return refused("The client id is not right", "client.id-mangled", {}, id);
  const secret = readClientSecret(options.clientSecret);
  if (!secret.ok) return refused("The client secret is not right", "client.secret-mangled", {}, secret);
  return { org: url.url, id: id.id, secret: secret.secret, written: writeClientSecret(secret.secret) };
}

function refused(
  what: string,
  cause: Finding["cause"],
  more: Evidence,
  wrong: Omit<TypedWrong, "ok">,
): Extract<JoinOutcome, { ok: false }> {
  const { reason, position, between, character } = wrong;
  const place = { ...(position ? { position } : {}), ...(between ? { between } : {}) };
  const evidence = { ...more, reason, ...(position ? { position } : {}), ...(character ? { character } : {}) };
  return { ok: false, reason: `${what}: ${reason}.`, finding: { cause, evidence }, ...place };
}

async function registerWith(values: Values, options: RegisterOptions): Promise<JoinOutcome> {
  const files = await prepareFolders(options);
  const given: TrustMarks = { issuers: [], ...(options.caFile === undefined ? {} : { anchor: readCa(options.caFile) }) };
  const key = await makeHostKey();
  const nonce = random128();
  const legacy = options.legacy ?? false;
  const mac = await macOf(values.secret, key.jwk, nonce);
  const named = { name: nameOf(options), platform: platform(), version: AGENT_VERSION };
  const proof = registerProof.parse({ typ: "register", clientId: values.id, nonce, mac, ...named, legacy });
  const signed = await key.key.sign({ typ: JWS_TYPES.register }, proof);
  const answer = await ask(values, options, given, { clientId: values.id, key: key.jwk, proof: signed });
  judgeMac(values, answer);
  const claims = await openEnrolled({ enrolled: answer.enrolled }, { org: values.org, nonce }, () => undefined);
  const marks = await learnMarks(values, answer, given, options);
  const credential = legacy ? { client: values.id, secret: values.written } : { key: key.stored };
  await store(files, { org: values.org, claims, marks, credential }, options);
  const host = { id: claims.hostId, name: claims.name, app: claims.app, org: values.org };
  return { ok: true, host, settings: files.settings, pending: answer.pending };
}

async function ask(values: Values, options: RegisterOptions, marks: TrustMarks, body: object): Promise<RegisterAnswer> {
  const to = { org: values.org, path: PATH, marks, datesOnly: false };
  const answer = await askOrg(to, body, registerAnswer, options);
  if (answer.kind === "ok") return answer.value;
  throw new Refusal(...(answer.kind === "fault" ? ([answer.fault.cause, answer.fault.evidence] as const) : refusalOf(answer)));
}

/** Both values carry check characters, so that a typing mistake is out of the question when the org says no more than 401. */
function refusalOf(answer: { cause: Finding["cause"]; evidence: Evidence }): [Finding["cause"], Evidence] {
  if (answer.cause !== "client.unknown") return [answer.cause, { ...answer.evidence, answer: JSON.stringify(answer.evidence) }];
  return [answer.cause, { ...answer.evidence, answer: "the org does not know this pair of client id and secret" }];
}

/** No code has named the org's key: only who knows the secret can have made this answer, a proxy that inspects TLS cannot. */
function judgeMac({ org, secret }: Values, { enrolled, pin, pending, mac }: RegisterAnswer): void {
  const right = createHmac("sha256", secret)
    .update(`registered.${enrolled}.${pin ?? ""}.${pending}`)
    .digest("base64url");
  if (!sameText(mac, right)) throw new Refusal("url.wrong-org", { org, answer: "it does not know the client secret" });
}

/** Without a pin (an org behind a proxy does not know its certificate) the CA that was given is all there is to go by, later as well. */
async function learnMarks({ org }: Values, { pin }: RegisterAnswer, given: TrustMarks, options: RegisterOptions): Promise<TrustMarks> {
  if (pin === undefined) return given;
  return probePin(new URL(org), pin, { proxy: proxyOf(options), connectMs: options.connectMs ?? 5000 });
}

function readCa(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Refusal("config.unreadable", { file, reason: describeError(error) });
  }
}
