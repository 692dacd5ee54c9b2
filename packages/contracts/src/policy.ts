/** The policy of an app as an administrator writes it, and the part of it that a host holds. */
import * as z from "zod";
import { scenario, service } from "./door.ts";

export const factorKind = z.enum(["totp"]);
export type FactorKind = z.infer<typeof factorKind>;

const names = z.array(z.string().min(1).max(256)).min(1).max(256);
const clockTime = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "a time of day, HH:MM");

/** All conditions of a rule must hold; within a list one is enough. `users`, `groups`, `hosts`, `zones` by name. Times are the org's, in `timeZone` (IANA; UTC if absent). */
export const ruleConditions = z.strictObject({
  users: names.optional(),
  groups: names.optional(),
  hosts: names.optional(),
  zones: names.optional(),
  notZones: names.optional(),
  scenarios: z.array(scenario).min(1).optional(),
  services: z.array(service).min(1).max(64).optional(),
  remote: z.boolean().optional(),
  days: z
    .array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
    .min(1)
    .optional(),
  from: clockTime.optional(),
  to: clockTime.optional(),
  timeZone: z.string().max(64).optional(),
});
export type RuleConditions = z.infer<typeof ruleConditions>;

/** `factor`: ask for one; `allow`: let in without one (an event warns each time); `deny`: refuse. `always`: no fail mode may open for what this rule covers. */
export const policyRule = z.strictObject({
  name: z.string().min(1).max(128),
  if: ruleConditions.optional(),
  then: z.enum(["factor", "allow", "deny"]),
  factors: z.array(factorKind).min(1).optional(),
  always: z.boolean().optional(),
});
export type PolicyRule = z.infer<typeof policyRule>;

/** An account that the machine itself knows and that is never asked: by uid, SID or exact name as the operating system resolved it. */
export const exclusion = z.strictObject({
  uid: z.int().min(0).optional(),
  sid: z.string().optional(),
  name: z.string().optional(),
  reason: z.string().min(1).max(256),
});

/** A way in that is allowed without this logon's decision, for the PAM account line: such as sshd with a public key. */
export const permit = z.strictObject({
  service,
  method: z.string().regex(/^[a-z0-9-]{1,32}$/),
  users: names.optional(),
});
export const failModes = z.strictObject({
  orgUnreachable: z.enum(["refuse", "allow"]),
  orgError: z.enum(["refuse", "allow"]),
  agentGone: z.enum(["refuse", "allow"]),
});
export type FailModes = z.infer<typeof failModes>;

/** The document of `policy show` and `policy set`. The last rule, *ask for a factor*, is always there and is not written. */
export const policyDocument = z.strictObject({
  rules: z.array(policyRule).max(200),
  failModes: failModes.partial().optional(),
  exclusions: z.array(exclusion).max(64).optional(),
  permits: z.array(permit).max(64).optional(),
});
export type PolicyDocument = z.infer<typeof policyDocument>;

/** What the host holds. `always`: what no fail mode may open; an absent list means all. */
export const hostPolicy = z.strictObject({
  failModes,
  exclusions: z.array(exclusion),
  permits: z.array(permit),
  always: z.array(z.strictObject({ services: z.array(service).optional(), scenarios: z.array(scenario).optional() })),
});
export type HostPolicy = z.infer<typeof hostPolicy>;

export const zone = z.strictObject({ name: z.string().min(1).max(128), cidrs: z.array(z.string().min(1).max(64)).min(1).max(1000) });
export type Zone = z.infer<typeof zone>;
