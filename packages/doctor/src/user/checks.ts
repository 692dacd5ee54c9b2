/** What a dry run confirms and rules out, step by step: machine, name, state, right, policy, factor. */
import type { CauseId, DryRunAnswer, Proof } from "@sallyport/contracts";
import type { Answer, Check, Seen } from "../check.ts";
import { assignedBy } from "./assigned-by.ts";
import { judgeSource } from "./source.ts";

export type DryRunUser = NonNullable<DryRunAnswer["user"]>;
export type DryRunHost = DryRunAnswer["hosts"][number];

/** `host`: only where exactly one machine is meant. `user`: only where the name means exactly one person. */
export interface UserFacts {
  typed: string;
  host: string;
  answer: DryRunAnswer;
  machine: DryRunHost;
  user: DryRunUser;
}

/** A self-check older than this says nothing of the machine as it is now: one is due every five minutes. */
const FRESH_MS = 15 * 60_000;
const ORG = "the org";
/** Causes that end a logon before anybody is looked at. */
const OF_MACHINE: readonly CauseId[] = [
  "client.pending",
  "client.cloned",
  "client.revoked",
  "client.secret-retired",
  "client.assertion-invalid",
  "http.rate-limited",
];
const OF_STATE: readonly CauseId[] = ["user.suspended", "user.deactivated", "user.locked"];
const STATES: Readonly<Record<Exclude<DryRunUser["status"], "ACTIVE">, CauseId>> = {
  SUSPENDED: "user.suspended",
  DEPROVISIONED: "user.deactivated",
  STAGED: "user.deactivated",
  LOCKED_OUT: "user.locked",
};

export const USER_CHECKS: readonly Check<UserFacts>[] = [
  { code: "user.host", title: "the machine", dependsOn: [], needs: ["answer"], run: async (facts) => judgeHost(facts) },
  {
    code: "user.agent",
    title: "the machine's last self-check",
    dependsOn: [],
    needs: ["machine"],
    run: async ({ machine, answer }) => judgeAgent(machine, answer.at),
  },
  { code: "user.name", title: "the name", dependsOn: [], needs: ["answer", "machine"], run: async (facts) => judgeName(facts) },
  {
    code: "user.source",
    title: "the source of the person",
    dependsOn: [],
    needs: ["answer", "machine"],
    run: async (facts) => judgeSource(facts),
  },
  { code: "user.state", title: "the user's state", dependsOn: [], needs: ["user"], run: async ({ user }) => judgeState(user) },
  {
    code: "user.right",
    title: "the assignment",
    dependsOn: [],
    needs: ["user", "answer"],
    run: async ({ user, answer }) => judgeRight(user, answer),
  },
  {
    code: "user.policy",
    title: "the policy",
    dependsOn: [],
    needs: ["user", "answer"],
    run: async ({ user, answer }) => judgePolicy(user, answer),
  },
  {
    code: "user.factor",
    title: "the factors",
    dependsOn: [],
    needs: ["user", "answer"],
    run: async ({ user, answer }) => judgeFactors(user, answer),
  },
  {
    code: "user.delivery",
    title: "the way of codes and requests to the person",
    dependsOn: [],
    needs: ["user", "answer"],
    run: async ({ user, answer }) => judgeDelivery(user, answer),
  },
];

const proof = (what: string, value: string, where = ORG): Proof => ({ what, value, where });
const confirmed = (cause: CauseId, ...evidence: Proof[]): Seen => ({ cause, verdict: "confirmed", evidence });
const ruledOut = (causes: readonly CauseId[], ...evidence: Proof[]): Seen[] =>
  causes.map((cause) => ({ cause, verdict: "ruled-out", evidence }));

/** The evidence of a judgement, as the record of a real logon would have it. */
export function proofsOf(evidence: Record<string, unknown>, where = ORG): Proof[] {
  return Object.entries(evidence).flatMap(([what, value]) => {
    if (value === undefined || value === null || what === "trace") return [];
    return [proof(what, typeof value === "string" ? value : (JSON.stringify(value) ?? ""), where)];
  });
}

function judgeHost({ host, answer }: UserFacts): Answer {
  const { hosts, judgement, app } = answer;
  const [machine] = hosts;
  if (!machine) return { seen: [confirmed("client.unknown", proof("host", `no machine of the org has the name or id ${host}`))] };
  if (hosts.length > 1) {
    const ids = hosts.map(({ id, app: label, status }) => `${id} (${label}, ${status})`).join(", ");
    return {
      seen: [],
      missed: [{ what: "the machine", why: `several machines are called ${host}: name one by its id: ${ids}`, asked: true }],
    };
  }
  const known = ruledOut(["client.unknown"], proof("host", `${machine.name} is ${machine.id}`));
  const cause = judgement?.cause;
  if (cause && OF_MACHINE.includes(cause)) return { seen: [...known, confirmed(cause, ...proofsOf(judgement.evidence))] };
  const good = proof("host", `${machine.name} is ${machine.status}, its app ${app?.label} ${app?.status}`);
  return { seen: [...known, ...ruledOut(["client.pending", "client.cloned", "client.revoked"], good), ...retiring(answer, machine)] };
}

/** Some of the secrets still count, and which one the machine has, its owner alone can tell. */
function retiring({ secrets }: DryRunAnswer, { client }: DryRunHost): Seen[] {
  const ended = secrets.filter(({ state }) => state === "retired");
  if (ended.length === 0) return [];
  const evidence = [
    proof("client", `${client}: ${ended.length} of its ${secrets.length} secrets are retired; which one the machine has is not known`),
  ];
  return [{ cause: "client.secret-retired", verdict: "unknown", evidence }];
}

function judgeAgent(machine: DryRunHost, at: string): Answer {
  const { name, armed, version, lastSeen, findings } = machine;
  if (lastSeen === null) return { seen: [], missed: [{ what: "the machine's last self-check", why: `${name} has made none yet` }] };
  const where = `the self-check of ${lastSeen}`;
  const fresh = Math.abs(Date.parse(at) - Date.parse(lastSeen)) <= FRESH_MS;
  const verdict = fresh ? "confirmed" : "candidate";
  const seen = findings.map(
    ({ cause, evidence }): Seen => ({ cause, verdict, evidence: evidence ? [proof("found there", evidence, where)] : [] }),
  );
  const arming = proof("agent", `${version}, ${armed ? "armed" : "not armed"}`, where);
  if (!armed) seen.push({ cause: "agent.not-armed", verdict, evidence: [arming] });
  else if (fresh) seen.push(...ruledOut(["agent.not-armed"], arming));
  const old = { what: "the machine as it is now", why: `its last self-check is of ${lastSeen}; \`sallyport doctor host\` on it looks` };
  return { seen, missed: fresh ? [] : [old] };
}

function judgeName({ typed, answer: { judgement, names, app } }: UserFacts): Answer {
  const cause = judgement?.cause;
  if (cause && OF_MACHINE.includes(cause) && names.every(({ decides }) => !decides))
    return { seen: [], missed: [{ what: "the name", why: `${cause} stands before it, and no rule finds anybody` }] };
  if (cause === "user.unknown" || cause === "user.name-shape" || cause === "user.ambiguous") {
    const tried = names.map(({ rule, looked, users }) =>
      proof(`rule ${rule}`, looked === null ? "does not read a name of this form" : `“${looked}”: ${namesOf(users)}`, `app ${app?.label}`),
    );
    return { seen: [confirmed(cause, ...proofsOf(judgement?.evidence ?? {}), ...tried)] };
  }
  const found = names.find(({ decides }) => decides);
  const evidence = proof("name", `“${typed}” is ${namesOf(found?.users ?? [])}, by rule ${found?.rule}`, `app ${app?.label}`);
  return { seen: ruledOut(["user.unknown", "user.name-shape", "user.ambiguous"], evidence) };
}

export function namesOf(users: DryRunAnswer["names"][number]["users"]): string {
  return users.map(({ login, source, assigned }) => `${login} (${source}${assigned ? "" : ", not assigned"})`).join(", ") || "nobody";
}

export function stateLine({ status, statusChanged, statusBy }: DryRunUser): string {
  return [status, statusChanged && `since ${statusChanged}`, statusBy && `by ${statusBy}`].filter(Boolean).join(" ");
}

function judgeState(user: DryRunUser): Answer {
  const evidence = proof("state", stateLine(user), `user ${user.login}`);
  if (user.status === "ACTIVE") return { seen: ruledOut(OF_STATE, evidence) };
  const cause = STATES[user.status];
  return {
    seen: [
      confirmed(cause, evidence),
      ...ruledOut(
        OF_STATE.filter((id) => id !== cause),
        evidence,
      ),
    ],
  };
}

function judgeRight({ login, assigned, groups }: DryRunUser, { app }: DryRunAnswer): Answer {
  const by = assignedBy(assigned).join(" and ");
  const none = `${login} is not assigned, and none of their groups is (${groups.join(", ") || "they are in none"})`;
  const evidence = proof("assignment", by === "" ? none : `${login} is assigned ${by}`, `app ${app?.label}`);
  return { seen: by === "" ? [confirmed("app.not-assigned", evidence)] : ruledOut(["app.not-assigned"], evidence) };
}

function judgePolicy({ policy }: DryRunUser, { app, exclusions, judgement }: DryRunAnswer): Answer {
  const where = `policy of ${app?.label}, version ${app?.policyVersion}`;
  const trace = policy.trace.map(({ rule, matched, because }) =>
    proof(`rule “${rule}”`, matched ? because : `does not match: ${because}`, where),
  );
  const excluded = exclusions.filter(({ onlyIf }) => onlyIf === null);
  const open = excluded.map(({ reason }) =>
    confirmed("policy.no-mfa", proof("exclusion", `the machine lets this account in unasked: ${reason}`, where)),
  );
  const missed = exclusions.flatMap(({ reason, onlyIf }) =>
    onlyIf === null
      ? []
      : [{ what: "an exclusion of the policy", why: `it lets in unasked if the account has ${onlyIf} on the machine (${reason})` }],
  );
  // Who is refused for something else is not let in by a rule that would.
  if (policy.outcome === "allow" && judgement?.outcome !== "allow") return { seen: open, missed };
  if (policy.cause) return { seen: [confirmed(policy.cause, ...trace), ...open], missed };
  const decides = proof("rule", `“${policy.rule}” decides: it asks for a factor`, where);
  return {
    seen: [...open, ...ruledOut(["policy.denies", "address.unknown", ...(open.length > 0 ? [] : (["policy.no-mfa"] as const))], decides)],
    missed,
  };
}

export function factorLine({ kind, status, failures, waitSeconds }: DryRunUser["factors"][number]): string {
  return `${kind} ${status}, ${failures} wrong in a row${waitSeconds > 0 ? `, must wait ${waitSeconds} s` : ""}`;
}

/** How the user's window to enrol a first factor stands; undefined where there never was one. */
export function windowLine({ window }: DryRunUser): string | undefined {
  if (!window) return undefined;
  const { id, proof: by, status, confirmed: said, openedBy, expires } = window;
  const way = by === "ticket" ? "with a ticket" : `by an administrator's word${said ? "" : ", which is not given yet"}`;
  if (status === "OPEN") return `${id} is open ${way}, opened by ${openedBy}, until ${expires}`;
  if (status === "EXPIRED") return `${id}, opened by ${openedBy}, expired at ${expires}: \`sallyport ticket create USER\` opens another`;
  return `${id}, opened by ${openedBy}, ${status === "USED" ? "was used" : "was withdrawn"}`;
}

/** As the org judges: none, all locked, none allowed; and further than it at the start, whether a code would be looked at now. */
function judgeFactors(user: DryRunUser, { judgement }: DryRunAnswer): Answer {
  const { login, policy, factors } = user;
  if (policy.outcome !== "factor") return { seen: [] };
  const where = `user ${login}`;
  const all = factors.map((one) => proof(one.id, factorLine(one), where));
  const stands = (cause: CauseId, ...evidence: Proof[]): Answer => ({ seen: [confirmed(cause, ...evidence, ...all)] });
  const window = windowLine(user);
  const seen = window === undefined ? [] : [proof("window", window, where)];
  // Where nothing can be shown, an open window is of no use (S10).
  const enrols = user.window?.status === "OPEN" && judgement?.cause !== "factor.none";
  if (factors.length === 0 && enrols) return { seen: ruledOut(["factor.none", "factor.enrol-expired"], ...seen) };
  if (factors.length === 0) return stands("factor.none", proof("factors", `${login} has never enrolled one`, where), ...seen);
  if (factors.every(({ why }) => why === "state")) return stands("factor.locked", proof("since", last(factors), where));
  const usable = factors.filter(({ why }) => why === null || why === "wait");
  if (usable.length === 0)
    return stands("factor.not-allowed", proof("allowed", (policy.factors ?? []).join(", "), `rule “${policy.rule}”`));
  const good = ruledOut(["factor.none", "factor.locked", "factor.not-allowed"], ...all);
  if (usable.some(({ why }) => why === null)) return { seen: [...good, ...ruledOut(["factor.throttled"], ...all)] };
  const wait = Math.min(...usable.map(({ waitSeconds }) => waitSeconds));
  return { seen: [...good, confirmed("factor.throttled", proof("waitSeconds", String(wait), where), ...all)] };
}

const last = (factors: DryRunUser["factors"]) =>
  factors
    .map(({ changed }) => changed)
    .sort()
    .at(-1) ?? "";

/** By which way out a kind of factor reaches its person; a phone that is not woken still asks by itself. */
const WAYS: Readonly<Partial<Record<DryRunUser["factors"][number]["kind"], string>>> = {
  email: "mail",
  sms: "webhook",
  call: "webhook",
  push: "webpush",
};

/** Only what this person needs: somebody with an app is not held up by a mail server. */
function judgeDelivery({ factors }: DryRunUser, { failing }: DryRunAnswer): Answer {
  const needed = new Set(factors.flatMap(({ kind, status }) => (status === "ACTIVE" && WAYS[kind] ? [WAYS[kind]] : [])));
  if (needed.size === 0 || failing === undefined) return { seen: [] };
  const broken = failing.filter(({ channel }) => needed.has(channel));
  if (broken.length === 0) return { seen: ruledOut(["org.delivery"], proof("delivery", `${[...needed].join(" and ")}: nothing fails`)) };
  const evidence = broken.map(({ channel, server, error, since, waiting }) =>
    proof(channel, `${server}: ${error}, since ${since}; ${waiting} waiting`),
  );
  return { seen: [confirmed("org.delivery", ...evidence)] };
}
