/** The phone approver's wire: how a phone is activated, asks what is open, and answers. */
import * as z from "zod";
import { clientAddress } from "./door.ts";
import { publicJwk } from "./host-link.ts";

// Every call is `POST /api/v1/phone/<call>` with `{signed}`: a compact JWS, ES256, by the phone's own P-256 key, which never leaves the
// browser that made it.

const id = z.string().min(1).max(64);
const base64url = z.string().regex(/^[A-Za-z0-9_-]+$/, "not base64url");
const when = z.iso.datetime();

/** How a phone is known: RFC 7638 SHA-256 thumbprint of its key, base64url. */
export const deviceId = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "not the id of a phone's key");
/** 128 random bits: a signed call works once (S4). */
const jti = z.string().regex(/^[A-Za-z0-9_-]{22}$/, "not 16 bytes, base64url");
/** `aud`: origin of the org. `iat`: seconds, by the org's clock as far as the phone knows it. */
const common = { aud: z.string().max(512), device: deviceId, jti, iat: z.int() };

/** What a browser's push service gave (`PushSubscription.toJSON()`). */
export const pushSubscription = z.strictObject({
  endpoint: z.url({ protocol: /^https$/ }).max(1024),
  keys: z.strictObject({ p256dh: base64url.length(87), auth: base64url.length(22) }),
});
export type PushSubscription = z.infer<typeof pushSubscription>;

/** What the authenticator of the phone made; all base64url. */
const attestation = z.strictObject({
  id: base64url.max(1400),
  clientDataJSON: base64url.max(4096),
  attestationObject: base64url.max(16_384),
});
const assertion = z.strictObject({
  id: base64url.max(1400),
  clientDataJSON: base64url.max(4096),
  authenticatorData: base64url.max(4096),
  signature: base64url.max(2048),
});
export type PhoneAttestation = z.infer<typeof attestation>;
export type PhoneAssertion = z.infer<typeof assertion>;

/** The key is in the claims, and signs them: a phone proves that it holds it, with the code that a person typed. */
export const phoneActivateClaims = z.strictObject({
  typ: z.literal("phone-activate"),
  ...common,
  code: z.string().max(64),
  key: publicJwk,
  /** What the person calls this phone. */
  name: z.string().trim().min(1).max(64).optional(),
});
export const phoneRequestsClaims = z.strictObject({ typ: z.literal("phone-requests"), ...common });
/** Without a subscription: no wake-up any more. */
export const phoneSubscribeClaims = z.strictObject({
  typ: z.literal("phone-subscribe"),
  ...common,
  subscription: pushSubscription.optional(),
});
/** Without an attestation: asks for a challenge; with it: from now on each yes needs the phone's user verification. */
export const phoneVerifierClaims = z.strictObject({ typ: z.literal("phone-verifier"), ...common, attestation: attestation.optional() });

export const phoneDecision = z.enum(["yes", "no", "not-me"]);
export type PhoneDecision = z.infer<typeof phoneDecision>;
export const phoneAnswerClaims = z.strictObject({
  typ: z.literal("phone-answer"),
  ...common,
  transaction: id,
  challenge: id,
  /** SHA-256 of `shownText`, base64url. */
  shown: deviceId,
  decision: phoneDecision,
  /** The digits that the person typed; only with *yes*. */
  number: z.string().max(8).optional(),
  /** Over the request's challenge; where the phone has a verifier, no yes counts without it. */
  assertion: assertion.optional(),
});
export type PhoneAnswerClaims = z.infer<typeof phoneAnswerClaims>;
export const phoneClaims = z.discriminatedUnion("typ", [
  phoneActivateClaims,
  phoneRequestsClaims,
  phoneSubscribeClaims,
  phoneVerifierClaims,
  phoneAnswerClaims,
]);
export type PhoneClaims = z.infer<typeof phoneClaims>;

/** A compact JWS; nothing else of it is looked at before its signature. */
export const phoneCall = z.strictObject({
  signed: z
    .string()
    .max(48 * 1024)
    .regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/, "not a compact JWS"),
});

/** What the person reads before they answer. `host`, `service`: null for a sign-in at the org's own pages. */
export const shownRequest = z.object({
  user: z.string(),
  host: z.string().nullable(),
  service: z.string().nullable(),
  address: clientAddress.nullable(),
  time: when,
});
export type ShownRequest = z.infer<typeof shownRequest>;

/** What an authenticator signs: `challenge` base64url. */
const verifierRequest = z.object({ challenge: base64url, rpId: z.string(), credentialId: base64url });
export const openRequest = z.object({
  challenge: id,
  transaction: id,
  shown: shownRequest,
  /** How many digits the logon shows. */
  digits: z.int(),
  expiresAt: when,
  /** Where this phone has a verifier. */
  verifier: verifierRequest.optional(),
});
export type OpenRequest = z.infer<typeof openRequest>;

/** `GET /api/v1/phone`, for everybody: the org's time, and the key that its pushes are signed by (VAPID, base64url). */
export const phoneOrgView = z.object({ org: z.string(), now: when, vapidKey: z.string() });
export type PhoneOrgView = z.infer<typeof phoneOrgView>;
/** What a phone knows of its account. */
const account = { device: deviceId, user: z.string(), name: z.string().nullable(), verifier: z.boolean(), subscribed: z.boolean() };
export const phoneAccountView = z.object({ ...account, now: when });
export type PhoneAccountView = z.infer<typeof phoneAccountView>;
/** `stopped`: after *not me* nothing, or nothing of some hosts, is sent until an administrator lifts it. */
export const phoneRequestsView = z.object({ ...account, now: when, requests: z.array(openRequest), stopped: z.boolean() });
export type PhoneRequestsView = z.infer<typeof phoneRequestsView>;
/** What the authenticator is asked to make. */
export const phoneVerifierView = z.object({
  now: when,
  verifier: z.boolean(),
  creation: z.object({ challenge: base64url, rpId: z.string(), userHandle: base64url, user: z.string() }).optional(),
});
export type PhoneVerifierView = z.infer<typeof phoneVerifierView>;
/**
 * `expired`: its time was over; `elsewhere`: another phone was faster; `ended`: the logon went on or ended without this answer;
 * `mismatch`: another number, which ends the request; `wait`: too many wrong numbers.
 */
export const phoneAnswerResult = z.enum(["approved", "denied", "reported", "mismatch", "expired", "elsewhere", "ended", "wait"]);
export type PhoneAnswerResult = z.infer<typeof phoneAnswerResult>;
export const phoneAnswerView = z.object({ result: phoneAnswerResult, waitSeconds: z.int().optional(), now: when });
export type PhoneAnswerView = z.infer<typeof phoneAnswerView>;

/** What an administrator sees of a stop after a *not me*; of scope `all`, `host` and `address` are null. */
export const pushStopView = z.object({
  id: z.string(),
  user: z.string(),
  login: z.string(),
  scope: z.enum(["place", "all"]),
  host: z.string().nullable(),
  address: z.string().nullable(),
  created: when,
});
export type PushStopView = z.infer<typeof pushStopView>;
export const liftStopQuery = z.strictObject({ reason: z.string().trim().min(3, "say why, in a few words").max(256) });
/** Host names, lower case, without port: push services beside the browsers' own. */
export const pushHosts = z.strictObject({
  hosts: z.array(z.string().regex(/^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, "a host name, lower case, without a port")).max(32),
});

/** `_embedded.activation` of a push factor that is being enrolled, in the public shape; `code` and `url` are ours: shown once. */
export const pushActivation = z.object({
  expiresAt: when,
  factorResult: z.enum(["WAITING", "SUCCESS", "TIMEOUT"]),
  /** To be typed into the approver at `url`. */
  code: z.string(),
  url: z.string(),
  /** A `data:` image of `url#code`. */
  _links: z.object({ qrcode: z.object({ href: z.string(), type: z.string() }) }),
});
export type PushActivation = z.infer<typeof pushActivation>;
