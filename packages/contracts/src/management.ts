/** The management API: what administrators, the CLI and the public Okta SDK send and read. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { failingChannel } from "./delivery.ts";
import { clientAddress, scenario, service } from "./door.ts";
import { logHead, publicJwk } from "./host-link.ts";
import { nameRules } from "./name-rules.ts";
import { sourceName } from "./people.ts";
import { factorKind, policyDocument } from "./policy.ts";

/** Roles of API tokens and administrators, from the highest to the lowest. */
export const role = z.enum(["owner", "admin", "help-desk", "auditor"]);
export type Role = z.infer<typeof role>;

const label = z.string().trim().min(1).max(128);
const when = z.iso.datetime();

/** `legacy`: hosts of this app may sign with a shared client secret instead of a key of their own; a standing finding. */
export const appSettings = z.strictObject({ nameRules: nameRules.optional(), legacy: z.boolean().optional() });
/** There is one kind of app; the public API calls it by these two. */
const appKind = { name: z.literal("sallyport_host").optional(), signOnMode: z.literal("AUTO_LOGIN").optional() };
export const createAppRequest = z.strictObject({ label, ...appKind, settings: appSettings.optional() });
const said = z.unknown().optional();
/** What is left out stays. What only the org says of an app may come along, as in an app that was fetched, and changes nothing. */
export const updateAppRequest = z.strictObject({
  label: label.optional(),
  ...appKind,
  settings: appSettings.optional(),
  id: said,
  status: said,
  created: said,
  findings: said,
});
export const appView = z.object({
  id: z.string(),
  name: z.string(),
  label: z.string(),
  status: z.enum(["ACTIVE", "INACTIVE"]),
  created: when,
  signOnMode: z.string(),
  settings: z.object({ nameRules, legacy: z.boolean() }),
  findings: z.array(z.object({ cause: causeId, evidence: z.string().optional() })),
});
export type AppView = z.infer<typeof appView>;
export const assignUserRequest = z.strictObject({ id: z.string(), scope: z.enum(["USER", "GROUP"]).optional() });
/** `id`: of the user or group. An assignment is there or not: nothing else becomes of it. */
export const assignmentView = z.object({
  id: z.string(),
  scope: z.enum(["USER", "GROUP"]),
  created: when,
  lastUpdated: when,
  login: z.string().optional(),
  status: z.literal("ACTIVE"),
  credentials: z.object({ userName: z.string() }).optional(),
});

export const policyView = z.object({ app: z.string(), version: z.int(), document: policyDocument });
/** A dry run: what would happen to this name, there, now. Nothing is sent to anyone. */
export const rehearseRequest = z.strictObject({
  username: z.string().min(1).max(256),
  domain: z.string().optional(),
  service,
  scenario: scenario.optional(),
  host: z.string().optional(),
  address: clientAddress.optional(),
  at: z.iso.datetime().optional(),
});
export const rehearseAnswer = z.object({
  outcome: z.enum(["factor", "allow", "refuse"]),
  cause: causeId.optional(),
  rule: z.string().optional(),
  user: z.object({ id: z.string(), login: z.string() }).optional(),
  factors: z.array(factorKind),
  /** One line a step: what was looked at and what came of it. */
  trace: z.array(z.object({ step: z.string(), result: z.string() })),
});

export const zoneRequest = z.strictObject({ cidrs: z.array(z.string().min(1).max(64)).min(1).max(1000) });
export const zoneView = z.object({ name: z.string(), cidrs: z.array(z.string()) });

export const hostCodeRequest = z.strictObject({ app: z.string(), name: z.string().min(1).max(128).optional() });
/** `code` is shown once. */
export const hostCodeView = z.object({
  id: z.string(),
  app: z.string(),
  name: z.string().nullable(),
  created: when,
  expiresAt: when,
  usedAt: when.nullable(),
  code: z.string().optional(),
});
/** A pair by which machines of an app register themselves. `cap`: hosts in all; `approve`: each waits for an administrator. */
export const createClientRequest = z.strictObject({
  app: z.string(),
  name: label,
  cap: z.int().min(1).max(100_000).optional(),
  approve: z.boolean().optional(),
});
/** `overlapDays`: how long the secret before stays valid beside the new one. */
export const rotateClientRequest = z.strictObject({ overlapDays: z.int().min(0).max(365).optional() });
/** `secret` is shown once, in the answer that makes it. */
export const clientView = z.object({
  id: z.string(),
  app: z.string(),
  name: z.string(),
  cap: z.int(),
  registered: z.int(),
  approve: z.boolean(),
  created: when,
  revokedAt: when.nullable(),
  secrets: z.array(z.object({ created: when, retiresAt: when.nullable(), state: z.enum(["valid", "retired"]) })),
  secret: z.string().optional(),
});
export type ClientView = z.infer<typeof clientView>;
export const hostStatus = z.enum(["PENDING", "ACTIVE", "REVOKED", "CLONED"]);
export type HostStatus = z.infer<typeof hostStatus>;
export const hostView = z.object({
  id: z.string(),
  name: z.string(),
  app: z.string(),
  platform: z.string(),
  /** The domain in which a name without one is looked for first. */
  domain: z.string().nullable(),
  status: hostStatus,
  statusChanged: when.nullable(),
  statusBy: z.string().nullable(),
  created: when,
  lastSeen: when.nullable(),
  version: z.string(),
  armed: z.boolean(),
  offsetMs: z.int().nullable(),
  policyVersion: z.int().nullable(),
  /** Id of the client that registered it; null: enrolled by a code. */
  client: z.string().nullable(),
  /** True if it signs with that client's secret. */
  legacy: z.boolean(),
  findings: z.array(z.object({ cause: causeId, evidence: z.string().optional() })),
});
export type HostView = z.infer<typeof hostView>;

/** Either `role`, for the management API, or `source`: then it is good for the people and groups of that SCIM source, and nothing else. */
export const createTokenRequest = z
  .strictObject({
    name: label,
    role: role.optional(),
    source: sourceName.optional(),
    expiresInDays: z.int().min(1).max(3650).optional(),
  })
  .refine((body) => (body.role === undefined) !== (body.source === undefined), "either role or source is needed, and not both");
/** `token` is shown once; only its hash is kept. */
export const tokenView = z.object({
  id: z.string(),
  name: z.string(),
  role,
  /** SCIM source; null: a token for the management API. */
  source: z.string().nullable(),
  created: when,
  expiresAt: when.nullable(),
  lastUsed: when.nullable(),
  revokedAt: when.nullable(),
  token: z.string().optional(),
});
export type TokenView = z.infer<typeof tokenView>;

/** One attempt record as the org knows it: its own view and what the host reported. Times ISO 8601 UTC. */
export const logonView = z.object({
  reference: z.string(),
  host: z.object({ id: z.string(), name: z.string() }),
  app: z.string(),
  username: z.string(),
  domain: z.string().nullable(),
  user: z.object({ id: z.string(), login: z.string() }).nullable(),
  service: z.string(),
  scenario: z.string(),
  address: clientAddress.nullable(),
  started: when,
  ended: when.nullable(),
  result: z.enum(["open", "allow", "deny"]),
  cause: causeId.nullable(),
  /** The one answer that the host got, where it differs from the true cause. */
  told: causeId.nullable(),
  rule: z.string().nullable(),
  amr: z.array(z.string()),
  evidence: z.record(z.string(), z.unknown()),
  /** What was not as it should be, although it refused nobody by itself: as known of the host when the logon began. */
  findings: z.array(z.object({ cause: causeId, evidence: z.string().optional() })),
  timeline: z.array(z.object({ at: when, type: z.string(), cause: causeId.optional(), data: z.record(z.string(), z.unknown()) })),
  reported: z.array(z.object({ at: when, result: z.string(), cause: causeId.optional(), evidence: z.record(z.string(), z.unknown()) })),
});
export type LogonView = z.infer<typeof logonView>;

/** `file`: absolute path on the server's machine of a file that does not exist yet. */
export const backupRequest = z.strictObject({ file: z.string().min(1).max(4096).startsWith("/", "an absolute path") });
/** `at`: the moment of the state in the file. */
export const backupAnswer = z.object({ at: when, head: logHead, bytes: z.int(), milliseconds: z.int() });
export type BackupAnswer = z.infer<typeof backupAnswer>;

/** `link`: JWS by the key before it. `missing`: active hosts that have not acknowledged the announced key. */
export const decisionKeysView = z.object({
  keys: z.array(
    z.object({
      kid: z.string(),
      thumbprint: z.string(),
      status: z.enum(["current", "next", "retired", "revoked"]),
      position: z.int(),
      created: when,
      inForce: when.nullable(),
      publicJwk,
      link: z.string().nullable(),
    }),
  ),
  missing: z.array(z.object({ id: z.string(), name: z.string(), lastSeen: when.nullable() })),
});
export type DecisionKeysView = z.infer<typeof decisionKeysView>;
export const finishRotationRequest = z.strictObject({
  waive: z.union([z.literal("all"), z.array(z.string().max(256)).max(10_000)]).optional(),
});

/** `next`: key to which stored secrets are being passed; `remaining`: how many are still sealed with `id`. */
export const sealingView = z.object({ id: z.string(), next: z.string().nullable(), remaining: z.int(), stopped: z.string().nullable() });
export type SealingView = z.infer<typeof sealingView>;
/** `keyFile`: absolute path of a key file on the server's machine; a new key is made without it. */
export const resealRequest = z.strictObject({ keyFile: z.string().max(4096).startsWith("/", "an absolute path").optional() }).nullish();

/** Days that the log is kept; null: for ever. */
export const retentionView = z.strictObject({ days: z.number().nullable() });

export const orgView = z.object({
  url: z.string(),
  version: z.string(),
  node: z.string(),
  decisionKey: z.object({ kty: z.string(), crv: z.string(), x: z.string(), y: z.string(), kid: z.string().optional() }),
  setUp: z.boolean(),
  /** Ways out that fail at this moment (`org.delivery`), and settings that an administrator should take back. */
  failing: z.array(failingChannel).optional(),
  insecure: z.array(z.string()).optional(),
});
