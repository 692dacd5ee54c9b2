/** The host link: what an agent sends to the org, and what the org signs for it. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { clientId } from "./client-pair.ts";
import { clientAddress, scenario, service } from "./door.ts";
import { LIMITS } from "./limits.ts";
import { hostPolicy } from "./policy.ts";
import { reference } from "./reference.ts";

/** `typ` headers: a token made for one purpose is refused for any other (S20, RFC 8725 §3.11). */
export const JWS_TYPES = {
  assertion: "sallyport-host+jwt",
  enrol: "sallyport-enrol+jws",
  register: "sallyport-register+jws",
  enrolled: "sallyport-enrolled+jws",
  time: "sallyport-time+jws",
  decision: "sallyport-decision+jws",
  policy: "sallyport-policy+jws",
  head: "sallyport-head+jws",
  key: "sallyport-key+jws",
  breakGlass: "sallyport-break-glass+jws",
  checkpoint: "sallyport-checkpoint+jws",
  export: "sallyport-export+jws",
  phone: "sallyport-phone+jws",
} as const;

const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, "not base64url");
const hash = base64url.length(43);
const bits128 = base64url.length(22);
export const hostId = z.string().regex(/^hst_[0-9A-Za-z]{20}$/, "not the id of a host");

/** Public P-256 key as JWK (RFC 7517); nothing else may be in it. */
export const publicJwk = z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: hash, y: hash, kid: z.string().optional() });
export type PublicJwk = z.infer<typeof publicJwk>;

/**
 * One link of the chain of decision keys: the next key, signed by the one before it. `previous`: RFC 7638 thumbprint of the signer;
 * `position`: 1 is the org's first key, without gaps; `iat` in epoch seconds.
 */
export const keyLinkClaims = z.strictObject({
  typ: z.literal("key"),
  position: z.int().min(2),
  previous: hash,
  key: publicJwk,
  iat: z.int(),
});
export type KeyLinkClaims = z.infer<typeof keyLinkClaims>;
/** Links as compact JWS, in order; those that follow the key that the host named. */
const keyLinks = z.array(z.string().max(4096)).max(256);

/** Claims of the assertion that signs every call (RFC 7523 shape), by the host's key (ES256) or, in `legacy`, by the client's secret (HS256). `bh`: SHA-256 of the raw body; times in epoch seconds. */
export const assertionClaims = z.strictObject({
  iss: hostId,
  sub: hostId,
  aud: z.string().max(512),
  iat: z.int(),
  exp: z.int(),
  jti: bits128,
  gen: bits128,
  bh: hash,
});
export type AssertionClaims = z.infer<typeof assertionClaims>;

/** The first question of a logon. `hostTime`: the host's own clock in ms, for the record only. */
export const logonRequest = z.strictObject({
  reference,
  nonce: bits128,
  username: z.string().min(1).max(LIMITS.nameLength),
  domain: z.string().min(1).max(LIMITS.nameLength).optional(),
  sid: z
    .string()
    .regex(/^S-1-[0-9]+(-[0-9]+){1,15}$/, "a SID such as S-1-5-21-…-1104")
    .optional(),
  scenario,
  service,
  address: clientAddress.optional(),
  password: z.enum(["verified", "handed-over", "none"]),
  hostTime: z.int(),
  conversation: z.boolean(),
  drive: z.enum(["agent", "page"]),
  /** An administrator tries the agent in a terminal: nobody gets in by the answer. */
  trial: z.literal(true).optional(),
});
export type LogonRequest = z.infer<typeof logonRequest>;

/** Signed position in the log of one node: what an agent keeps so that a cut tail is noticed (S21). */
export const logHead = z.strictObject({ node: z.string().max(64), seq: z.int().min(0), hash: z.string().length(64) });
export type LogHead = z.infer<typeof logHead>;

/** The signed yes. There is no signed no: everything but a valid yes is a refusal. */
export const decisionClaims = z.strictObject({
  typ: z.literal("decision"),
  iss: z.string(),
  aud: hostId,
  reference,
  nonce: bits128,
  /** base64url SHA-256 of the raw body of the logon request. */
  logonHash: hash,
  user: z.strictObject({ id: z.string(), login: z.string() }),
  result: z.literal("allow"),
  amr: z.array(z.string()).max(8),
  /** Set when a rule let in without a factor: a warning, not a refusal. */
  cause: causeId.optional(),
  head: logHead,
  iat: z.int(),
  exp: z.int(),
});
export type DecisionClaims = z.infer<typeof decisionClaims>;

/** `decisionKey`: thumbprint of the newest decision key that the host knows, so that one that was away gets the links that it missed. */
export const timeRequest = z.strictObject({ nonce: bits128, decisionKey: hash.optional() });
export const timeAnswer = z.strictObject({ time: z.string(), keys: keyLinks.optional() });
/** `now`: the org's time in epoch ms. */
export const timeClaims = z.strictObject({ typ: z.literal("time"), nonce: bits128, now: z.int() });
export type TimeClaims = z.infer<typeof timeClaims>;

/** Body of `POST /api/v1/hosts/enrol`. `proof`: JWS by the new host key over `enrolProof`, its header carries no key. */
export const enrolRequest = z.strictObject({
  codeId: z.string().regex(/^[0-9a-f]{24}$/, "not the id of an enrolment code: 24 hexadecimal digits"),
  key: publicJwk,
  proof: z.string().max(8192),
});
/** `mac`: base64url HMAC-SHA-256(secret of the code, thumbprint of `key` + "." + nonce). */
export const enrolProof = z.strictObject({
  typ: z.literal("enrol"),
  codeId: z.string(),
  nonce: bits128,
  mac: hash,
  name: z.string().min(1).max(128),
  platform: z.enum(["linux", "windows"]),
  version: z.string().max(64),
});
export type EnrolProof = z.infer<typeof enrolProof>;
/** `keys`: only if the org has another decision key since the code was made: the key that the code names, and the links that follow it. */
export const enrolAnswer = z.strictObject({
  enrolled: z.string(),
  keys: z.strictObject({ anchor: publicJwk, links: keyLinks }).optional(),
});
/** Signed by the decision key, whose thumbprint the enrolment code carries, or by one that followed it. */
export const enrolledClaims = z.strictObject({
  typ: z.literal("enrolled"),
  nonce: bits128,
  hostId,
  name: z.string(),
  app: z.string(),
  orgUrl: z.string(),
  generation: bits128,
  decisionKey: publicJwk,
  now: z.int(),
});
export type EnrolledClaims = z.infer<typeof enrolledClaims>;

/**
 * Body of `POST /api/v1/hosts/register`. `proof`: JWS by the host's new key over `registerProof`. A `legacy` host makes a key for this
 * one proof only and signs its later calls with the client's secret (HS256, header `kid` = client id).
 */
export const registerRequest = z.strictObject({ clientId, key: publicJwk, proof: z.string().max(8192) });
/** `mac`: base64url HMAC-SHA-256(client secret, thumbprint of `key` + "." + nonce): the secret itself is never sent. `nonce` works once. */
export const registerProof = z.strictObject({
  typ: z.literal("register"),
  clientId,
  nonce: bits128,
  mac: hash,
  name: z.string().min(1).max(128),
  platform: z.enum(["linux", "windows"]),
  version: z.string().max(64),
  legacy: z.boolean(),
});
export type RegisterProof = z.infer<typeof registerProof>;
/**
 * `enrolled` as for an enrolment code. `mac`: base64url HMAC-SHA-256(client secret, "registered." + `enrolled` + "." + pin or ""): no
 * code has named the org's key, so that only this proves that the answer is the org's. `pin`: hex of 16 bytes of the org's SPKI hash.
 */
export const registerAnswer = z.strictObject({
  enrolled: z.string(),
  mac: hash,
  pin: z
    .string()
    .regex(/^[0-9a-f]{32}$/, "32 hexadecimal digits, lower case")
    .optional(),
  pending: z.boolean(),
});
export type RegisterAnswer = z.infer<typeof registerAnswer>;

/** One attempt as the host saw it; `at` in epoch ms of the host's corrected clock. */
export const attemptReport = z.strictObject({
  reference,
  at: z.int(),
  username: z.string().max(1024),
  service: z.string().max(256),
  scenario: scenario.optional(),
  address: clientAddress.optional(),
  result: z.enum(["allow", "deny"]),
  cause: causeId.optional(),
  evidence: z.record(z.string(), z.union([z.string().max(4096), z.number(), z.boolean()])).optional(),
});
export type AttemptReport = z.infer<typeof attemptReport>;
export const reportsRequest = z.strictObject({ reports: z.array(attemptReport).min(1).max(200) });
export const reportsAnswer = z.strictObject({ accepted: z.int() });

/** Self-check. `checkId` is kept on disk before the call, so that a retry after a lost answer is known as such. `offsetMs`: host clock minus org. */
export const selfCheckRequest = z.strictObject({
  checkId: bits128,
  bootId: z.string().max(64),
  version: z.string().max(64),
  armed: z.boolean(),
  offsetMs: z.int(),
  head: logHead.optional(),
  policyVersion: z.int().optional(),
  /** Thumbprint of the newest decision key that the host trusts: by this it acknowledges an announced one. */
  decisionKey: hash.optional(),
  findings: z.array(z.strictObject({ cause: causeId, evidence: z.string().max(1024).optional() })).max(64),
});
export type SelfCheckRequest = z.infer<typeof selfCheckRequest>;
/** `policy`, `head`, `breakGlass`: JWS by the decision key. `breakGlass` only where the policy allows it: the host's own key for it. */
export const selfCheckAnswer = z.strictObject({
  generation: bits128,
  policy: z.string(),
  head: z.string(),
  breakGlass: z.string().max(4096).optional(),
  keys: keyLinks.optional(),
});
export type SelfCheckAnswer = z.infer<typeof selfCheckAnswer>;
export const headClaims = z.strictObject({ typ: z.literal("head"), ...logHead.shape, now: z.int() });

/** The policy for one host: exclusions, fail modes, permits. A lower version is refused by the agent. Times in epoch seconds. */
export const hostPolicyClaims = z.strictObject({
  typ: z.literal("policy"),
  host: hostId,
  version: z.int().min(0),
  iat: z.int(),
  exp: z.int(),
  ...hostPolicy.shape,
});
export type HostPolicyClaims = z.infer<typeof hostPolicyClaims>;

/** Why an agent ends a transaction by itself: only what the person or the prompt's clock did. */
export const cancelCause = z.enum(["logon.cancelled", "factor.timeout", "factor.code-malformed", "factor.code-wrong"]);
