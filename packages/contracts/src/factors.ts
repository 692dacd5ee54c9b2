/** A user's factors as administrators make, list and reset them; and the bypass codes that they give out. */
import * as z from "zod";
import { mailAddress, phoneNumber } from "./delivery.ts";
import { pushActivation } from "./phone.ts";
import { factorProvider, factorType } from "./transaction.ts";

const when = z.iso.datetime();

export const totpAlgorithm = z.enum(["SHA1", "SHA256", "SHA512"]);
export type TotpAlgorithm = z.infer<typeof totpAlgorithm>;
const digits = z.union([z.literal(6), z.literal(7), z.literal(8)]);

/** `digits`, `algorithm`: left out, what every authenticator app takes (6 digits, SHA-1). */
const enrolTotpRequest = z.object({
  factorType: z.literal("token:software:totp"),
  provider: z.enum(["GOOGLE", "OKTA"]).optional(),
  digits: digits.optional(),
  algorithm: totpAlgorithm.optional(),
});
/** A set of recovery codes; it is active at once. */
const enrolRecoveryRequest = z.object({ factorType: z.literal("recovery_codes"), provider: z.literal("SALLYPORT").optional() });
/** A phone approver; it is active once the code was typed into it. */
const enrolPushRequest = z.object({
  factorType: z.literal("push"),
  provider: z.literal("OKTA").optional(),
  name: z.string().trim().min(1).max(64).optional(),
});
/** Codes by mail; without an address, to the one of the user's profile. */
const enrolEmailRequest = z.object({
  factorType: z.literal("email"),
  provider: z.literal("OKTA").optional(),
  profile: z.object({ email: mailAddress.optional() }).optional(),
});
const enrolNumberRequest = z.object({
  factorType: z.enum(["sms", "call"]),
  provider: z.literal("OKTA").optional(),
  profile: z.object({ phoneNumber }),
});
export const enrolFactorRequest = z.discriminatedUnion("factorType", [
  enrolTotpRequest,
  enrolRecoveryRequest,
  enrolPushRequest,
  enrolEmailRequest,
  enrolNumberRequest,
]);
export type EnrolFactorRequest = z.infer<typeof enrolFactorRequest>;
/** Without a code for a phone, which activates itself: answers how it stands. */
export const activateFactorRequest = z.object({ passCode: z.string().max(64).default("") }).default({ passCode: "" });
/** Two codes that the device showed one after the other. */
export const resyncFactorRequest = z.strictObject({ passCode: z.string().max(64), nextPassCode: z.string().max(64) });

/** What its owner calls it. */
export const renameFactorRequest = z.strictObject({ name: z.string().trim().min(1).max(64) });

export const enrolmentStatus = z.enum(["PENDING_ACTIVATION", "ACTIVE", "LOCKED", "RESET"]);
export type EnrolmentStatus = z.infer<typeof enrolmentStatus>;

const enrolment = { id: z.string(), status: enrolmentStatus, created: when, lastUpdated: when, failures: z.int() };
/** `_embedded.activation` only in the answer that creates it: the secret is shown once. */
const totpFactorView = z.object({
  ...enrolment,
  factorType: z.literal("token:software:totp"),
  provider: z.literal("GOOGLE"),
  vendorName: z.literal("GOOGLE"),
  digits: z.int(),
  algorithm: totpAlgorithm,
  _embedded: z
    .object({
      activation: z.object({
        sharedSecret: z.string(),
        encoding: z.literal("base32"),
        keyLength: z.int(),
        timeStep: z.int(),
        otpauth: z.string(),
        /** A picture in a `data:` URI. */
        _links: z.object({ qrcode: z.object({ href: z.string(), type: z.string() }) }),
      }),
    })
    .optional(),
});
/** `remaining`: codes that were not used yet. `_embedded.activation` as above: the codes are shown once. */
const recoveryFactorView = z.object({
  ...enrolment,
  factorType: z.literal("recovery_codes"),
  provider: z.literal("SALLYPORT"),
  vendorName: z.literal("SALLYPORT"),
  remaining: z.int(),
  _embedded: z.object({ activation: z.object({ codes: z.array(z.string()) }) }).optional(),
});
/** `credentialId`: base64url. `backedUp`: kept in an account, and may be on several devices. `lastUsed`: when it last let somebody in. */
const passkeyFactorView = z.object({
  ...enrolment,
  factorType: z.literal("webauthn"),
  provider: z.literal("FIDO"),
  vendorName: z.literal("FIDO"),
  profile: z.object({ credentialId: z.string().optional(), authenticatorName: z.string() }),
  backedUp: z.boolean(),
  lastUsed: when.nullable(),
});
export type PasskeyFactorView = z.infer<typeof passkeyFactorView>;
/** `profile.credentialId`: thumbprint of the phone's key; null until it is activated. `verifier`: each yes needs its owner's verification. */
const pushFactorView = z.object({
  ...enrolment,
  factorType: z.literal("push"),
  provider: z.literal("OKTA"),
  vendorName: z.literal("OKTA"),
  profile: z.object({ credentialId: z.string().nullable(), name: z.string().nullable() }),
  verifier: z.boolean(),
  woken: z.boolean(),
  lastUsed: when.nullable(),
  _embedded: z.object({ activation: pushActivation }).optional(),
});
const okta = { provider: z.literal("OKTA"), vendorName: z.literal("OKTA"), lastUsed: when.nullable() };
const emailFactorView = z.object({ ...enrolment, ...okta, factorType: z.literal("email"), profile: z.object({ email: z.string() }) });
const numberFactorView = z.object({
  ...enrolment,
  ...okta,
  factorType: z.enum(["sms", "call"]),
  profile: z.object({ phoneNumber: z.string() }),
});
export const userFactorView = z.discriminatedUnion("factorType", [
  totpFactorView,
  recoveryFactorView,
  passkeyFactorView,
  pushFactorView,
  emailFactorView,
  numberFactorView,
]);
export type SentFactorView = z.infer<typeof emailFactorView> | z.infer<typeof numberFactorView>;
export type PushFactorView = z.infer<typeof pushFactorView>;
export type UserFactorView = z.infer<typeof userFactorView>;
export type TotpFactorView = z.infer<typeof totpFactorView>;
export type RecoveryFactorView = z.infer<typeof recoveryFactorView>;

/** A kind of factor that a user may enrol, and how theirs stands. Recovery codes are given out by an administrator. */
export const supportedFactorView = z.object({
  factorType,
  provider: factorProvider,
  vendorName: z.string(),
  enrollment: z.literal("OPTIONAL"),
  status: z.union([enrolmentStatus, z.literal("NOT_SETUP")]),
});

export type SupportedFactorView = z.infer<typeof supportedFactorView>;

/** Hours that a bypass code lives, unless said otherwise, and at most (S11). */
export const BYPASS_HOURS = { usual: 8, most: 24 } as const;
/** One code in the place of a factor, for one user at one app, once. `app`: its id. */
export const createBypassRequest = z.strictObject({
  app: z.string().min(1).max(128),
  reason: z.string().trim().min(3, "say why, in a few words").max(256),
  hours: z.int().min(1).max(BYPASS_HOURS.most).optional(),
});
/** `code` only in the answer that makes it. `usedOn`: reference of the logon that used it. */
export const bypassView = z.object({
  id: z.string(),
  app: z.string(),
  reason: z.string(),
  status: z.enum(["OPEN", "USED", "EXPIRED", "REVOKED"]),
  created: when,
  createdBy: z.string(),
  expiresAt: when,
  usedAt: when.nullable(),
  usedOn: z.string().nullable(),
  revokedAt: when.nullable(),
  code: z.string().optional(),
});
export type BypassView = z.infer<typeof bypassView>;

/** Days that an enrolment window stays open, unless said otherwise, and at most. */
export const TICKET_DAYS = { usual: 7, most: 7 } as const;
/** Opens a window in which a user who never had a factor may enrol a first one. `confirm`: by an administrator's word in place of a ticket. */
export const createTicketRequest = z.strictObject({
  days: z.int().min(1).max(TICKET_DAYS.most).optional(),
  proof: z.enum(["ticket", "confirmation"]).optional(),
});
/** `ticket` only in the answer that makes it. */
export const ticketView = z.object({
  id: z.string(),
  proof: z.enum(["ticket", "confirmation"]),
  status: z.enum(["OPEN", "USED", "EXPIRED", "REVOKED"]),
  created: when,
  createdBy: z.string(),
  expiresAt: when,
  usedAt: when.nullable(),
  revokedAt: when.nullable(),
  confirmedAt: when.nullable(),
  confirmedBy: z.string().nullable(),
  failures: z.int(),
  ticket: z.string().optional(),
});
export type TicketView = z.infer<typeof ticketView>;
