/** The dry run of a logon: what a machine would ask, and all that the org would look at, as facts. Nothing is sent, counted or written. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { failingChannel } from "./delivery.ts";
import { clientAddress, scenario, service } from "./door.ts";
import { enrolmentStatus, ticketView } from "./factors.ts";
import { hostView } from "./management.ts";
import { nameRules } from "./name-rules.ts";
import { sourceName, userStatus } from "./people.ts";
import { factorKind } from "./policy.ts";

const when = z.iso.datetime();

/** `host`: name or id of a machine. `at`: judge rules and waits as at that time; left out, as now. The password counts as right. */
export const dryRunRequest = z.strictObject({
  username: z.string().min(1).max(256),
  domain: z.string().min(1).max(256).optional(),
  host: z.string().min(1).max(128),
  service,
  scenario: scenario.optional(),
  address: clientAddress.optional(),
  at: when.optional(),
});
export type DryRunRequest = z.infer<typeof dryRunRequest>;

/**
 * What one rule of the app looked for, and every user it finds, assigned or not. `rule`: `sid`, or the rule as an administrator writes it,
 * with `, in the host's domain` where it was tried there first. `looked` null: the rule does not read a name of this form.
 */
export const dryRunName = z.object({
  rule: z.string(),
  looked: z.string().nullable(),
  users: z.array(z.object({ id: z.string(), login: z.string(), source: z.string(), assigned: z.boolean() })),
  decides: z.boolean(),
});

/** One enrolment. `waitSeconds`: how long no code of it is looked at (S2); `why`: what stands against it here, null if nothing does. */
export const dryRunFactor = z.object({
  id: z.string(),
  kind: factorKind,
  status: enrolmentStatus,
  failures: z.int(),
  waitSeconds: z.int(),
  changed: when,
  why: z.enum(["state", "rule", "wait"]).nullable(),
});

export const dryRunPolicy = z.object({
  rule: z.string(),
  outcome: z.enum(["factor", "allow", "deny"]),
  cause: causeId.nullable(),
  /** Kinds that the rule allows; null: any. */
  factors: z.array(factorKind).nullable(),
  trace: z.array(z.object({ rule: z.string(), matched: z.boolean(), because: z.string() })),
});

/** The newest window in which the user may enrol a first factor. `expires` past `at`: it counts no more. `confirmed`: by an administrator, for `confirmation`. */
export const dryRunWindow = z.object({
  id: z.string(),
  proof: ticketView.shape.proof,
  status: ticketView.shape.status,
  confirmed: z.boolean(),
  openedBy: z.string(),
  expires: when,
});

/** The one user that the name means, with everything that is judged of them; `policy` and `factors` also where something before refuses. */
export const dryRunUser = z.object({
  id: z.string(),
  login: z.string(),
  source: z.string(),
  status: userStatus,
  statusChanged: when.nullable(),
  statusBy: z.string().nullable(),
  /** `through`: for a group that holds the user only by way of others, those that the user is in. */
  assigned: z.object({ direct: z.boolean(), groups: z.array(z.string()), through: z.record(z.string(), z.array(z.string())).optional() }),
  groups: z.array(z.string()),
  policy: dryRunPolicy,
  factors: z.array(dryRunFactor),
  window: dryRunWindow.nullable().optional(),
});

/** `told`: what the machine would hear of a refusal. `evidence`: as the record of the real logon would have it. */
export const dryRunJudgement = z.object({
  outcome: z.enum(["factor", "allow", "refuse"]),
  cause: causeId.nullable(),
  told: causeId.nullable(),
  rule: z.string().nullable(),
  evidence: z.record(z.string(), z.unknown()),
});

/**
 * A source with which something is wrong, so that the org may not know what the directory has now. `since`: the first sync of the unbroken row that
 * did not succeed, for `stale` the last that did, for `never-read` the source itself; null for `paused`. `error`: of the last sync.
 */
export const sourceStand = z.object({
  name: sourceName,
  state: z.enum(["failing", "braked", "stale", "paused", "never-read"]),
  since: when.nullable(),
  error: z.object({ cause: z.string(), sentence: z.string() }).nullable(),
  lastSuccess: when.nullable(),
});
export type SourceStand = z.infer<typeof sourceStand>;

export const dryRunAnswer = z.object({
  /** The moment that was judged, by the org's clock. */
  at: when,
  /** The machines of that name or id: with none or several of them nothing else can be looked at. */
  hosts: z.array(hostView),
  /** Where a `legacy` host signs with its client's secret: when each of the secrets stops to count; which one the host has, nobody knows. */
  secrets: z.array(z.object({ created: when, retiresAt: when.nullable(), state: z.enum(["valid", "retired"]) })),
  app: z
    .object({
      id: z.string(),
      label: z.string(),
      status: z.enum(["ACTIVE", "INACTIVE"]),
      nameRules,
      policyVersion: z.int(),
    })
    .nullable(),
  remote: z.boolean(),
  names: z.array(dryRunName),
  /** Every zone that a rule of the policy names. `missing`: there is no zone of this name. */
  zones: z.array(z.object({ name: z.string(), address: z.enum(["inside", "outside", "unknown", "missing"]) })),
  /** Exclusions of the policy that this account falls under; `onlyIf`: what the machine alone knows, such as `uid 0`, null if the name decides. */
  exclusions: z.array(z.object({ reason: z.string(), onlyIf: z.string().nullable() })),
  user: dryRunUser.nullable(),
  /** Ways out that fail at this moment: whoever needs them does not get what was asked for. */
  failing: z.array(failingChannel).optional(),
  /** Sources of people that do not stand well; none of those that do. */
  sources: z.array(sourceStand).optional(),
  judgement: dryRunJudgement.nullable(),
});
export type DryRunAnswer = z.infer<typeof dryRunAnswer>;
