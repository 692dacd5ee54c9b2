/** Who the name on the logon screen is, and whether that person may try here: user → state → right → policy → factor, in this order. */
import type { CauseId, LogonRequest } from "@sallyport/contracts";
import { decidePolicy, type PolicyDecision, usableFactors } from "@sallyport/logon";
import { openWindow } from "../enrolling/window.ts";
import { judgeLinkPlaces } from "../link/link-zones.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { AppRow, UserRow } from "../store-directory.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import type { TicketRow } from "../store-requests.ts";
import { findUser } from "./find-user.ts";

/** What of a logon request the judgement needs: a rehearsal has the same. */
export type Asked = Pick<LogonRequest, "username" | "domain" | "sid" | "service" | "scenario" | "address"> & {
  /** False where nothing can be shown (S10), and no first factor enrolled; a rehearsal does not say. */
  conversation?: boolean | undefined;
  /** `page`: a browser drives the steps, and takes a passkey itself; left out, the machine does, and a passkey only by a link. */
  drive?: LogonRequest["drive"] | undefined;
};

/** The machine, which a rehearsal may only think of. `domain`: in which a name without one is looked for first. */
export type JudgedHost = Pick<HostRow, "id" | "name"> & { domain?: string | null };

export interface Person {
  kind: "person";
  user: UserRow;
  policy: PolicyDecision;
  /** Usable ones; empty only where the policy lets in without a factor, or with a `window`. */
  enrolments: EnrolmentRow[];
  /** They never had a factor, and may enrol a first one here. */
  window?: TicketRow | undefined;
}

export interface PersonRefused {
  kind: "refused";
  cause: CauseId;
  evidence: Record<string, unknown>;
  userId?: string | undefined;
  rule?: string | undefined;
}

/** Judges in one unit of work. */
export async function judgePerson(tx: Tx, app: AppRow, host: JudgedHost, asked: Asked): Promise<Person | PersonRefused> {
  const closed = judgeApp(app);
  if (closed) return closed;
  const found = await findUser(tx, app, host, asked);
  if (found.kind === "refused") return found;
  const { user } = found;
  const admitted = await judgeAdmission(tx, app, host, user, asked);
  if (admitted.kind === "refused") return admitted;
  const { policy } = admitted;
  if (policy.outcome === "allow") return { kind: "person", user, policy, enrolments: [] };
  const noLink = asked.drive === "page" ? undefined : await judgeLinkPlaces(tx, app, policy.rule, asked.address);
  const judged = judgeFactors(await factorsOf(tx, user), user, policy, { conversation: asked.conversation, noLink });
  if (judged.kind === "person" || judged.cause !== "factor.none" || asked.conversation !== true) return judged;
  const window = await openWindow(tx, user.id);
  return window ? { kind: "person", user, policy, enrolments: [], window } : judged;
}

export function judgeApp({ label, status }: AppRow): PersonRefused | undefined {
  return status === "ACTIVE" ? undefined : { kind: "refused", cause: "client.revoked", evidence: { app: label, status } };
}

/** State and policy of somebody who is assigned: at the first question of a logon, and again at each step of it. */
export async function judgeAdmission(
  tx: Tx,
  app: AppRow,
  host: JudgedHost,
  user: UserRow,
  asked: Asked,
): Promise<{ kind: "admitted"; policy: PolicyDecision } | PersonRefused> {
  const state = judgeState(user);
  if (state) return { ...state, userId: user.id };
  const policy = await judgePolicy(tx, app, host, user, asked);
  if (policy.outcome !== "deny") return { kind: "admitted", policy };
  const evidence = { rule: policy.rule, trace: policy.trace, address: asked.address };
  return { kind: "refused", cause: policy.cause ?? "policy.denies", evidence, userId: user.id, rule: policy.rule };
}

const STATE_CAUSES = {
  SUSPENDED: "user.suspended",
  DEPROVISIONED: "user.deactivated",
  STAGED: "user.deactivated",
  LOCKED_OUT: "user.locked",
} as const;

/** Only an ACTIVE user may log on; every other state has its cause. */
export function judgeState(user: UserRow): PersonRefused | undefined {
  if (user.status === "ACTIVE") return undefined;
  const since = user.statusSince === null ? null : new Date(user.statusSince).toISOString();
  return { kind: "refused", cause: STATE_CAUSES[user.status], evidence: { status: user.status, since, by: user.statusBy } };
}

/** The policy of the app as it decides for this user, whatever their state. */
export async function judgePolicy(tx: Tx, app: AppRow, host: JudgedHost, user: UserRow, asked: Asked): Promise<PolicyDecision> {
  // Most apps have few rules; groups and zones are read only where a rule names one.
  const named = (part: "groups" | "zones" | "notZones") => app.policy.rules.some((rule) => rule.if?.[part] !== undefined);
  const groups = named("groups") ? (await tx.groups.ofUser(user.id)).map((group) => group.name) : [];
  const zones = named("zones") || named("notZones") ? await tx.zones.list() : [];
  return decidePolicy({
    document: app.policy,
    zones,
    user: { id: user.id, login: user.profile.login },
    groups,
    host: { id: host.id, name: host.name },
    service: asked.service,
    scenario: asked.scenario,
    ...(asked.address ? { address: asked.address } : {}),
    now: tx.now,
  });
}

export function judgeFactors(
  enrolments: EnrolmentRow[],
  user: UserRow,
  policy: PolicyDecision,
  { conversation, noLink }: { conversation?: boolean | undefined; noLink?: Record<string, unknown> | undefined } = {},
): Person | PersonRefused {
  const usable = usableFactors(enrolments, policy.factors, conversation, noLink === undefined);
  const seen = { userId: user.id, rule: policy.rule };
  const evidence = {
    enrolments: enrolments.map(({ id, kind, status, failures }) => ({ id, kind, status, failures })),
    allowed: policy.factors,
    ...(conversation === false ? { conversation } : {}),
    ...noLink,
  };
  switch (usable.kind) {
    case "usable":
      return { kind: "person", user, policy, enrolments: usable.enrolments };
    case "none":
      return { kind: "refused", cause: "factor.none", evidence, ...seen };
    case "locked":
      return { kind: "refused", cause: "factor.locked", evidence, ...seen };
    case "not-allowed":
      return { kind: "refused", cause: "factor.not-allowed", evidence, ...seen };
  }
}
