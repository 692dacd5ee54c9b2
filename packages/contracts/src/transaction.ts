/** The transaction API, shaped like the public Okta Authn API as far as its official clients read it. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { cancelCause } from "./host-link.ts";
import { bytes64 } from "./passkeys.ts";
import { type EnrolledKind, enrolledKind } from "./policy.ts";
import { shownLogon } from "./shown-logon.ts";

export const transactionStatus = z.enum([
  "UNAUTHENTICATED",
  "MFA_ENROLL",
  "MFA_ENROLL_ACTIVATE",
  "MFA_REQUIRED",
  "MFA_CHALLENGE",
  "SUCCESS",
  "LOCKED_OUT",
  "PASSWORD_EXPIRED",
]);
export type TransactionStatus = z.infer<typeof transactionStatus>;

/** How every state token begins: Okta's sign-in widget takes any other for a token of another engine, and refuses it. */
export const STATE_TOKEN_PREFIX = "00";
/** The opaque name of a stored transaction: the prefix and 256 bits, base64url. */
export const stateToken = z.string().regex(/^00[A-Za-z0-9_-]{43}$/, "not a state token");
const passCode = z.string().max(64);
/** Id of an input: a retry after a lost answer carries the same one and gets the same answer. */
const inputId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, "8 to 64 letters, digits, - or _");

export const primaryRequest = z.union([
  z.strictObject({ stateToken, password: z.string().max(1024) }),
  z.object({
    username: z.string().min(1).max(256),
    password: z.string().max(1024),
    /** `multiOptionalFactorEnroll`: whoever proved a factor is offered to enrol more before the end. */
    options: z.object({ multiOptionalFactorEnroll: z.boolean().optional() }).optional(),
  }),
  z.strictObject({ stateToken }),
]);
/**
 * One step with a factor. With `passCode` (or `answer`) a code is judged; with the three fields of an assertion, a passkey; with none of
 * them, or an empty `passCode`, the factor is asked for, and asked again how it stands.
 */
export const verifyRequest = z.object({
  stateToken,
  passCode: passCode.optional(),
  answer: passCode.optional(),
  clientData: bytes64.optional(),
  authenticatorData: bytes64.optional(),
  signatureData: bytes64.optional(),
  /** Ours: base64url; which passkey answered, where several could. */
  credentialId: z.string().max(2048).optional(),
  userHandle: bytes64.optional(),
  inputId: inputId.optional(),
});
export type VerifyRequest = z.infer<typeof verifyRequest>;
/** In PASSWORD_EXPIRED. */
export const changePasswordRequest = z.object({
  stateToken,
  oldPassword: z.string().max(1024),
  newPassword: z.string().max(1024),
});
export const cancelRequest = z.object({ stateToken, cause: cancelCause.optional() });
export const introspectRequest = z.object({ stateToken });
/** Of `previous`, `skip`, `resend` and the polls: nothing but the transaction. */
export const stepRequest = z.object({ stateToken });
/** Ours: what an administrator handed over to whoever enrols a first factor. */
export const ticketRequest = z.object({ stateToken, ticket: z.string().max(64) });

const hints = z.object({ allow: z.array(z.enum(["GET", "POST"])).length(1) });
const link = z.object({ name: z.string().optional(), href: z.string(), type: z.string().optional(), hints: hints.optional() });
/** One link, or several of one name (`resend`): the public clients turn each into a function. */
const links = z.record(z.string(), z.union([link, z.array(link)]));
/** What the public API calls a kind; recovery codes are ours alone. */
export const FACTOR_NAMES = {
  totp: { factorType: "token:software:totp", provider: "GOOGLE", vendorName: "GOOGLE" },
  push: { factorType: "push", provider: "OKTA", vendorName: "OKTA" },
  passkey: { factorType: "webauthn", provider: "FIDO", vendorName: "FIDO" },
  email: { factorType: "email", provider: "OKTA", vendorName: "OKTA" },
  sms: { factorType: "sms", provider: "OKTA", vendorName: "OKTA" },
  call: { factorType: "call", provider: "OKTA", vendorName: "OKTA" },
  recovery: { factorType: "recovery_codes", provider: "SALLYPORT", vendorName: "SALLYPORT" },
} as const satisfies Record<EnrolledKind, object>;
/** Recovery codes in a transaction: by the one public name under which public clients draw a field for any code, and call it as they are told. */
export const RECOVERY_SHOWN = { factorType: "token:hotp", provider: "CUSTOM", vendorName: "Recovery code" } as const;
export const factorType = z.enum(["token:software:totp", "push", "webauthn", "email", "sms", "call", "token:hotp", "recovery_codes"]);
export const factorProvider = z.enum(["GOOGLE", "OKTA", "FIDO", "CUSTOM", "SALLYPORT"]);
/** Begins a factor; `profile` by its kind. */
export const enrolStepRequest = z.object({
  stateToken,
  factorType,
  provider: factorProvider,
  profile: z.record(z.string().max(64), z.unknown()).optional(),
});
/** Confirms it: a first code, or what an authenticator made. The last two are JSON in a text, as the public clients send them. */
export const activateStepRequest = z.object({
  stateToken,
  passCode: passCode.optional(),
  clientData: bytes64.optional(),
  attestation: z
    .string()
    .max(65_536)
    .regex(/^[A-Za-z0-9+/_-]*={0,2}$/, "not base64")
    .optional(),
  transports: z.string().max(256).nullish(),
  clientExtensions: z.string().max(4096).nullish(),
  profile: z.record(z.string().max(64), z.unknown()).optional(),
});
export type ActivateStepRequest = z.infer<typeof activateStepRequest>;
export const factorView = z.object({
  /** Absent for a kind that is only offered for enrolment. */
  id: z.string().optional(),
  factorType,
  provider: factorProvider,
  vendorName: z.string(),
  /** Ours: the kind, and how many digits a code has; without them it is a long code. */
  kind: enrolledKind,
  digits: z.int().optional(),
  /** Only what its owner may see who proved a password: never a name of a device, an address or a number in full (S16). */
  profile: z.record(z.string(), z.unknown()).optional(),
  status: z.string().optional(),
  enrollment: z.string().optional(),
  /** In MFA_ENROLL, of a kind that the person has and may have more of: how many, as the public widget counts them. */
  profiles: z.array(z.record(z.string(), z.unknown())).optional(),
  /** `challenge` of a passkey or of a number to match; `activation` of a factor that is being enrolled. */
  _embedded: z.record(z.string(), z.unknown()).optional(),
  _links: links.optional(),
});
export const factorResult = z.enum(["SUCCESS", "WAITING", "CHALLENGE", "REJECTED", "TIMEOUT", "ERROR"]);
export type FactorResult = z.infer<typeof factorResult>;
export const transactionView = z.object({
  stateToken: stateToken.optional(),
  expiresAt: z.iso.datetime().optional(),
  status: transactionStatus,
  type: z.enum(["SESSION_STEP_UP"]).optional(),
  factorResult: factorResult.optional(),
  /** `FACTOR_TYPE`: any of `_embedded.factors` may answer the one `_embedded.challenge`. */
  challengeType: z.enum(["FACTOR", "FACTOR_TYPE"]).optional(),
  factorType: factorType.optional(),
  /** Works once, in the browser that began (S36). */
  sessionToken: z.string().optional(),
  /** Ours, only to the host that asked: why the answer was no, or did not come. */
  cause: causeId.optional(),
  /** Ours: the signed decision, only in SUCCESS and only to the host that asked. */
  decision: z.string().optional(),
  _embedded: z
    .object({
      user: z.object({
        id: z.string(),
        passwordChanged: z.iso.datetime().optional(),
        profile: z.object({
          login: z.string(),
          firstName: z.string().optional(),
          lastName: z.string().optional(),
          locale: z.string().optional(),
          timeZone: z.string().optional(),
        }),
      }),
      factors: z.array(factorView).optional(),
      factor: factorView.optional(),
      /** Types of which the person has several, to be asked for all at once. */
      factorTypes: z.array(z.object({ factorType, _links: links })).optional(),
      challenge: z.record(z.string(), z.unknown()).optional(),
      policy: z.record(z.string(), z.unknown()).optional(),
      target: z.record(z.string(), z.unknown()).optional(),
      /** Ours, only to a page that drives a machine's logon: which one. */
      logon: shownLogon.optional(),
    })
    .optional(),
  _links: links.optional(),
});
export type TransactionView = z.infer<typeof transactionView>;
export type FactorView = z.infer<typeof factorView>;
