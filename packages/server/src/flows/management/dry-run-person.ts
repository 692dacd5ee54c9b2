/** What a dry run shows of names and of the person: every rule for names that was tried, state, right, policy, factors. */
import { type DryRunAnswer, ruleText } from "@sallyport/contracts";
import { foundBy, judgeAttempt, keyOf, type LookupStep, nameOfStep, type PolicyDecision } from "@sallyport/logon";
import { openWindow } from "../enrolling/window.ts";
import { type Asked, type JudgedHost, judgePolicy } from "../host-link/judge-person.ts";
import { resolveName } from "../host-link/resolve-name.ts";
import { factorsOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { AppRow, AssignmentRow, GroupRow, UserRow } from "../store-directory.ts";
import type { EnrolmentRow, HostRow } from "../store-logons.ts";
import { ownGroups } from "./effective-members.ts";
import { ticketStatus } from "./tickets.ts";

const PAGE = 200;

type Name = DryRunAnswer["names"][number];
type User = NonNullable<DryRunAnswer["user"]>;

/** `userId`: whom the name means, assigned or not; undefined where nobody has it, or several share it. */
export interface NamesFound {
  names: Name[];
  userId: string | undefined;
}

/** The app's rules in their order, those too that do not read a name of this form. The first that finds somebody assigned decides; without one, the first that finds anybody. */
export async function namesFound(tx: Tx, app: AppRow, host: JudgedHost, asked: Asked): Promise<NamesFound> {
  const { steps, holders, assigned, resolution } = await resolveName(tx, app, host, asked);
  const holdersOf = Map.groupBy(holders, keyOf);
  const ids = [...new Set(holders.map(({ userId }) => userId))];
  const users = new Map((await Promise.all(ids.map((id) => tx.users.byId(id)))).flatMap((user) => (user ? [[user.id, user]] : [])));
  const nameOf = (step: LookupStep): Name => ({
    rule: nameOfStep(step),
    looked: step.keys.map(({ folded }) => folded).join(" or "),
    users: foundBy(step, holdersOf).flatMap((id) => shown(users.get(id), assigned)),
    decides: false,
  });
  const rules = [...(asked.sid === undefined ? [] : ["sid"]), ...app.nameRules.map(ruleText)];
  const names = rules.flatMap((rule): Name[] => {
    const own = steps.filter((step) => step.rule === rule);
    return own.length > 0 ? own.map(nameOf) : [{ rule, looked: null, users: [], decides: false }];
  });
  const decides = names.find((name) => name.users.some((user) => user.assigned)) ?? names.find((name) => name.users.length > 0);
  if (decides) decides.decides = true;
  const means = resolution.kind === "found" || resolution.kind === "not-assigned";
  return { names, userId: means ? resolution.userId : undefined };
}

function shown(user: UserRow | undefined, assigned: ReadonlySet<string>): Name["users"] {
  return user ? [{ id: user.id, login: user.profile.login, source: user.source, assigned: assigned.has(user.id) }] : [];
}

export async function userFacts(tx: Tx, app: AppRow, host: HostRow, userId: string, asked: Asked): Promise<User | null> {
  const user = await tx.users.byId(userId);
  if (!user) return null;
  const policy = await judgePolicy(tx, app, host, user, asked);
  const groups = await tx.groups.ofUser(user.id);
  return {
    id: user.id,
    login: user.profile.login,
    source: user.source,
    status: user.status,
    statusChanged: user.statusSince === null ? null : iso(user.statusSince),
    statusBy: user.statusBy,
    assigned: {
      direct: (await tx.apps.assignment(app.id, "USER", user.id)) !== undefined,
      ...(await assignedGroups(tx, app, user, groups)),
    },
    groups: groups.map(({ name }) => name),
    policy: policyFacts(policy),
    factors: (await factorsOf(tx, user)).map((enrolment) => factorFacts(enrolment, policy, tx.now)),
    window: await newestWindow(tx, user),
  };
}

/** By name; for each that holds the user only by way of others, which. */
async function assignedGroups(tx: Tx, app: AppRow, user: UserRow, groups: GroupRow[]): Promise<Omit<User["assigned"], "direct">> {
  const mine = new Set(groups.map(({ id }) => id));
  const assigned = (await everyAssignment(tx, app)).filter(({ id }) => mine.has(id));
  const own = await ownGroups(tx, user);
  const through: Record<string, string[]> = {};
  for (const { id, name } of assigned) {
    if (own.some((one) => one.id === id)) continue;
    const below = new Set(await tx.groups.below(id));
    through[name] = own.filter((one) => below.has(one.id)).map((one) => one.name);
  }
  return { groups: assigned.map(({ name }) => name), ...(Object.keys(through).length > 0 ? { through } : {}) };
}

/** An app has few groups, somebody may be in a thousand: so the app's are read. */
async function everyAssignment(tx: Tx, app: AppRow): Promise<AssignmentRow[]> {
  const all: AssignmentRow[] = [];
  for (let page: AssignmentRow[] | undefined; page === undefined || page.length === PAGE; ) {
    page = await tx.apps.assignments(app.id, "GROUP", { limit: PAGE, after: all.at(-1)?.id });
    all.push(...page);
  }
  return all;
}

/** The open one, if there is one: no user has two. */
async function newestWindow(tx: Tx, { id }: UserRow): Promise<NonNullable<User["window"]> | null> {
  const newest = (await openWindow(tx, id)) ?? (await tx.tickets.ofUser(id))[0];
  if (!newest) return null;
  return {
    id: newest.id,
    proof: newest.hash === null ? "confirmation" : "ticket",
    status: ticketStatus(newest, tx.now),
    confirmed: newest.confirmedAt !== null,
    openedBy: newest.createdBy,
    expires: iso(newest.expires),
  };
}

function policyFacts({ rule, outcome, cause, factors, trace }: PolicyDecision): User["policy"] {
  return {
    rule,
    outcome,
    cause: cause ?? null,
    factors: factors ?? null,
    trace: trace.map(({ rule: name, matched, because }) => ({ rule: name, matched, because })),
  };
}

function factorFacts(enrolment: EnrolmentRow, policy: PolicyDecision, now: number): User["factors"][number] {
  const { id, kind, status, failures, updated } = enrolment;
  const attempt = judgeAttempt(enrolment, now);
  const waitSeconds = attempt.kind === "throttled" ? Math.ceil(attempt.waitMs / 1000) : 0;
  const allowed = policy.factors === undefined || policy.factors.includes(kind);
  const why = attempt.kind === "locked" ? "state" : !allowed ? "rule" : attempt.kind === "throttled" ? "wait" : null;
  return { id, kind, status, failures, waitSeconds, changed: iso(updated), why };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
