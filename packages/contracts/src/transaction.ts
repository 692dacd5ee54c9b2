/** The transaction API, shaped like the public Okta Authn API as far as its official clients read it. */
import * as z from "zod";
import { cancelCause } from "./host-link.ts";
import { enrolledKind } from "./policy.ts";

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

/** 256 bits, base64url: the opaque name of a stored transaction. */
export const stateToken = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "not a state token");
const passCode = z.string().max(64);
/** Id of an input: a retry after a lost answer carries the same one and gets the same answer. */
const inputId = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/);

export const primaryRequest = z.union([
  z.strictObject({ stateToken, password: z.string().max(1024) }),
  z.object({ username: z.string().min(1).max(256), password: z.string().max(1024) }),
  z.strictObject({ stateToken }),
]);
export const verifyRequest = z.object({ stateToken, passCode, inputId: inputId.optional() });
export const cancelRequest = z.object({ stateToken, cause: cancelCause.optional() });
export const introspectRequest = z.object({ stateToken });

const link = z.object({
  name: z.string().optional(),
  href: z.string(),
  hints: z.object({ allow: z.array(z.enum(["GET", "POST"])).length(1) }),
});
export const factorView = z.object({
  id: z.string(),
  factorType: z.enum(["token:software:totp", "recovery_codes"]),
  provider: z.enum(["GOOGLE", "SALLYPORT"]),
  vendorName: z.string(),
  /** Ours: the kind, and how many digits a code has; without them it is a long code. */
  kind: enrolledKind,
  digits: z.int().optional(),
  _links: z.object({ verify: link }),
});
export const transactionView = z.object({
  stateToken: stateToken.optional(),
  expiresAt: z.iso.datetime().optional(),
  status: transactionStatus,
  factorResult: z.string().optional(),
  sessionToken: z.string().optional(),
  /** Ours: the signed decision, only in SUCCESS and only to the host that asked. */
  decision: z.string().optional(),
  _embedded: z
    .object({
      user: z.object({
        id: z.string(),
        profile: z.object({ login: z.string(), firstName: z.string().optional(), lastName: z.string().optional() }),
      }),
      factors: z.array(factorView).optional(),
    })
    .optional(),
  _links: z.record(z.string(), link).optional(),
});
export type TransactionView = z.infer<typeof transactionView>;
export type FactorView = z.infer<typeof factorView>;
