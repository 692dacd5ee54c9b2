/** A person's own pages: their factors, logons and signed-in browsers, as `/api/v1/me` shows and changes them. Nobody else's, whatever id is given. */
import * as z from "zod";
import { clientAddress } from "./door.ts";
import { enrolmentStatus } from "./factors.ts";
import { passkeyAttestation } from "./passkeys.ts";
import { enrolledKind } from "./policy.ts";
import { reference } from "./reference.ts";
import { stateToken } from "./transaction.ts";

const when = z.iso.datetime();

/** Header that every call which changes something carries (S19): a form or a link of another origin cannot set it. */
export const PORTAL_HEADER = { name: "x-sallyport", value: "portal" } as const;
/** How long a second factor counts as fresh for changing factors (S18), ms. */
export const FRESH_FACTOR_MS = 5 * 60_000;

/** `POST /api/v1/sessions`: a session token becomes the browser's cookie, once (S36). */
export const openSessionRequest = z.strictObject({ sessionToken: z.string().min(1).max(256) });
/** `POST /api/v1/sessions/me/step-up`: the id of the app that somebody who is signed in proves a factor for once more. */
export const stepUpRequest = z.strictObject({ app: z.string().min(1).max(64) });
/** `GET /login/step-up/redirect`: the end of it, in the browser that began. */
export const stepUpEnd = z.strictObject({ stateToken });
/** `GET /api/v1/sessions/me`, in the public shape; 404 E0000007 without a session. */
export const sessionView = z.object({
  id: z.string(),
  userId: z.string(),
  login: z.string(),
  createdAt: when,
  expiresAt: when,
  status: z.literal("ACTIVE"),
  lastFactorVerification: when,
  amr: z.array(z.string()),
  mfaActive: z.boolean(),
});

/** `freshUntil`: until then factors may be changed; null if a second factor has to be proved again first. */
export const meView = z.object({
  user: z.object({ id: z.string(), login: z.string(), firstName: z.string().optional(), lastName: z.string().optional() }),
  freshUntil: when.nullable(),
  /** Kinds that this person could add now. */
  canAdd: z.array(enrolledKind),
});
export type MeView = z.infer<typeof meView>;

/** `removable`: false for the last one that lets its owner in. */
export const myFactorView = z.object({
  id: z.string(),
  kind: enrolledKind,
  name: z.string().nullable(),
  status: enrolmentStatus,
  created: when,
  lastUsed: when.nullable(),
  /** Unused codes of a recovery set. */
  remaining: z.int().optional(),
  removable: z.boolean(),
});
export type MyFactorView = z.infer<typeof myFactorView>;

const factorName = z.string().trim().min(1).max(64);
/** `address`, `number`: of a factor that is sent to. */
export const addMyFactorRequest = z.strictObject({
  kind: enrolledKind,
  address: z.string().trim().max(254).optional(),
  number: z.string().trim().max(32).optional(),
});
export type AddMyFactorRequest = z.infer<typeof addMyFactorRequest>;
/** `activation`: what the person needs now, shown once; see `_embedded.activation` of the kind in the transaction API. */
export const myFactorBegun = z.object({ factor: myFactorView, activation: z.record(z.string(), z.unknown()) });
export type MyFactorBegun = z.infer<typeof myFactorBegun>;
/** What proves the new factor: its first code, or what a passkey made. */
export const activateMyFactorRequest = z.union([
  z.strictObject({ ...passkeyAttestation.omit({ profile: true }).shape, name: factorName.optional() }),
  z.strictObject({ passCode: z.string().max(64), name: factorName.optional() }),
]);
export const renameMyFactorRequest = z.strictObject({ name: factorName });
/** Shown once. */
export const myRecoveryCodes = z.object({ codes: z.array(z.string()) });
export type MyRecoveryCodes = z.infer<typeof myRecoveryCodes>;

/** Why a logon was refused, as far as its own person needs it in words. */
export const plainReason = z.enum(["code", "no-answer", "declined", "password", "waited", "cancelled", "not-allowed", "trouble"]);
export type PlainReason = z.infer<typeof plainReason>;
export const myLogonView = z.object({
  reference,
  host: z.object({ id: z.string(), name: z.string() }),
  app: z.string(),
  service: z.string(),
  scenario: z.string(),
  /** `origin` *claimed*: the machine was only told so. */
  address: clientAddress.nullable(),
  started: when,
  result: z.enum(["open", "allow", "deny"]),
  reason: plainReason.nullable(),
  amr: z.array(z.string()),
  /** Its person said that it was not theirs. */
  disowned: z.boolean(),
});
export type MyLogonView = z.infer<typeof myLogonView>;
export const notMeRequest = z.strictObject({ host: z.string().max(64), reference });

export const mySessionView = z.object({
  id: z.string(),
  current: z.boolean(),
  created: when,
  lastSeen: when,
  userAgent: z.string(),
  address: z.string(),
});
export type MySessionView = z.infer<typeof mySessionView>;
export const endedSessions = z.object({ ended: z.int() });
