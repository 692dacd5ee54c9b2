/** Joins what agent and org recorded of one logon: the cause, the evidence in both clocks, what the org had already ruled out, what is missing. */
import { CAUSES, type Cause, type CauseId, type Diagnosis, type Incident, type Proof } from "@sallyport/contracts";
import type { Missed, Seen } from "../check.ts";
import { conclude } from "../conclude.ts";
import type { AgentRecord, OrgRecord, Records } from "./records.ts";
import { timelineOf } from "./timeline.ts";

/** The first question about the person; what stands before it is about the machine. */
const PERSON: readonly CauseId[] = ["user.unknown", "user.name-shape", "user.ambiguous", "app.not-assigned"];
/** In the order in which the org judges: who came so far was not refused for what stands before. What is judged at several places stands at the last. */
const ORDER: readonly (readonly CauseId[])[] = [
  ["client.unknown", "client.secret-wrong", "client.secret-mangled"],
  ["client.replayed"],
  ["clock.host"],
  ["client.cloned", "client.revoked", "client.secret-retired", "client.assertion-invalid"],
  PERSON,
  ["user.suspended", "user.deactivated", "user.locked"],
  ["policy.denies", "address.unknown"],
  ["factor.none", "factor.not-allowed"],
];
const LONGEST_VALUE = 200;

/** `missing`: why a record that could be there is not. */
export function explainLogon(reference: string, records: Records, missing: readonly string[] = []): Diagnosis {
  const { org, agent } = { ...records, agent: withoutEchoes(records.agent) };
  const seen = [...org.flatMap(ofOrg), ...agent.flatMap((record) => ofAgent(record, org))];
  const missed: Missed[] = missing.map((why) => ({ what: `${reference}`, why }));
  const own = agent.some(({ reported }) => !reported);
  const told = agent.length > 0 ? "only what the host reported: what else happened on the machine is not known" : undefined;
  if (org.length === 0 && agent.length === 0) missed.unshift({ what: reference, why: "no record of it was found", asked: true });
  else {
    if (org.length === 0) {
      const why =
        told && !own
          ? "it was not asked, and has only what the host reported"
          : "only the agent's was found: what the org keeps to itself is not known";
      missed.push({ what: "the org's record", why });
    }
    if (!own)
      missed.push({ what: "the agent's record", why: told ?? "only the org's was found: what happened on the machine is not known" });
  }
  const steps = timelineOf({ org, agent });
  return { ...conclude({ seen, incidents: incidentOf(agent, org), missed }), ...(steps.length === 0 ? {} : { steps }) };
}

/** A report says once more what the agent's own log says. */
function withoutEchoes(agent: readonly AgentRecord[]): AgentRecord[] {
  const own = agent.filter(({ reported }) => !reported);
  return agent.filter((one) => !one.reported || !own.some(({ result, cause }) => result === one.result && cause === one.cause));
}

function ofOrg(record: OrgRecord): Seen[] {
  const seen = record.findings.map(
    ({ cause, evidence }): Seen => ({
      cause,
      verdict: "confirmed",
      evidence: proofs(evidence, `${record.where}, the host's last self-check`),
    }),
  );
  if (record.cause) seen.unshift({ cause: record.cause, verdict: "confirmed", evidence: proofs(record.evidence, record.where) });
  const reached = record.result === "open" ? -1 : record.cause === undefined ? ORDER.length : placeOf(record.cause);
  const said = record.cause ? `the org came as far as ${record.cause}` : "the org let the logon in";
  for (const cause of ORDER.slice(0, Math.max(0, reached)).flat()) {
    seen.push({ cause, verdict: "ruled-out", evidence: [{ what: "judged by the org", value: said, where: record.where }] });
  }
  return seen;
}

/** Index of the step that refused; everything of the factor itself comes after all of them, anything else rules out nothing. */
function placeOf(cause: CauseId): number {
  // Its shape is judged before its time and its use, the rest of it after them.
  if (cause === "client.assertion-invalid") return 1;
  const place = ORDER.findIndex((step) => step.includes(cause));
  if (place !== -1) return place;
  // A logon may end before a password was proved, and nobody is looked at until then.
  if (CAUSES[cause].stage === "logon" || cause === "factor.timeout") return ORDER.indexOf(PERSON);
  return CAUSES[cause].stage === "factor" ? ORDER.length : 0;
}

/** The agent knows better only where the org was not asked or its answer was not taken. */
function ofAgent(record: AgentRecord, org: OrgRecord[]): Seen[] {
  const checked = (record.findings ?? []).map(
    ({ cause, evidence = {} }): Seen => ({ cause, verdict: "confirmed", evidence: proofs(evidence, `${record.where}, self-check`) }),
  );
  return [...ownCause(record, org), ...checked];
}

function ownCause(record: AgentRecord, org: OrgRecord[]): Seen[] {
  if (!record.cause || isOnlyTold(record.cause, org)) return [];
  const known = org.some(({ cause }) => cause === record.cause);
  const evidence = [...proofs(record.evidence ?? {}, record.where), { what: "recorded", value: bothClocks(record), where: record.where }];
  const verdict = mayStandForAnother(record) && !known ? "candidate" : "confirmed";
  const seen: Seen[] = [{ cause: record.cause, verdict, evidence: known ? evidence.slice(-1) : evidence }];
  if (org.some(({ cause }) => cause !== undefined)) return seen;
  const behind = behindOf(record);
  return [
    ...seen,
    ...behind.map(
      (cause): Seen => ({
        cause,
        verdict: "candidate",
        evidence: [{ what: "told to the host", value: `${record.cause}`, where: record.where }],
      }),
    ),
  ];
}

/** What a host hears in place of several causes: which of them, the org alone knows (S16). */
function behindOf(record: AgentRecord): readonly CauseId[] {
  if (record.cause === "user.refused") return CAUSES["user.refused"].dependsOn ?? [];
  if (isGeneric401(record)) return BEHIND_401;
  return mayStandForAnother(record) ? PERSON : [];
}

function mayStandForAnother(record: AgentRecord): boolean {
  return isToldPassword(record) || isGeneric401(record);
}

/** A wrong password that the org told of: where it could compare no single person's, the host hears the same. The machine's own word names no error of the org. */
function isToldPassword({ cause, evidence }: AgentRecord): boolean {
  return cause === "user.password" && typeof evidence?.["errorId"] === "string";
}

/** An org says the same to an id that it does not know and to a signature that does not hold, and another org says it to every host. */
const BEHIND_401: readonly CauseId[] = ["client.secret-wrong", "url.wrong-org"];

function isGeneric401({ cause, evidence }: AgentRecord): boolean {
  return cause === "client.unknown" && evidence?.["status"] === 401;
}

/** What the org said in place of a cause that it keeps to itself; the one answer that the table knows as such stands below that cause. */
function isOnlyTold(cause: CauseId, org: OrgRecord[]): boolean {
  if (org.some((record) => record.cause === cause)) return false;
  const above: readonly CauseId[] = (CAUSES[cause] as Cause).dependsOn ?? [];
  return org.some((record) => record.told === cause && record.cause !== undefined && !above.includes(record.cause));
}

function incidentOf(agent: AgentRecord[], org: OrgRecord[]): Incident[] {
  const refused = org.some(({ result }) => result === "deny") || agent.some(({ result }) => result === "deny");
  if (!refused) return [];
  const at = org
    .flatMap(({ steps }) => steps.map((step) => step.at))
    .concat(org.length > 0 ? [] : agent.map(({ orgTime, time }) => orgTime ?? time))
    .sort();
  const heard = agent.map(({ cause }) => cause).filter((cause) => cause === undefined || !isOnlyTold(cause, org));
  const causes = new Set([...org.map(({ cause }) => cause), ...heard].filter((cause) => cause !== undefined));
  const sole =
    causes.size === 1 && org.every(({ cause }) => cause === undefined) ? agent.find(({ cause }) => cause !== undefined) : undefined;
  const open = sole ? behindOf(sole) : [];
  const sure = sole && mayStandForAnother(sole) ? ("candidate" as const) : ("confirmed" as const);
  const there = sole && isGeneric401(sole) ? "`sallyport doctor host` on the machine" : "the org's record: `sallyport why REFERENCE` there";
  const [first, last] = [at[0], at.at(-1)];
  return [
    {
      kind: "logon-refused",
      count: 1,
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last }),
      users: [
        ...new Set([...org.map(({ username }) => username), ...agent.map(({ username }) => username)].filter((name) => name !== undefined)),
      ],
      candidates: [
        ...[...causes].map((cause) => ({
          cause,
          verdict: sure,
          evidence: [],
          decidedBy: sure === "confirmed" ? "the records of this logon" : there,
        })),
        ...open.map((cause) => ({
          cause,
          verdict: "candidate" as const,
          evidence: [],
          decidedBy: there,
        })),
      ],
    },
  ];
}

function proofs(evidence: Record<string, unknown>, where: string): Proof[] {
  return Object.entries(evidence).flatMap(([what, value]) => {
    if (value === undefined || value === null) return [];
    return [{ what, value: (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, LONGEST_VALUE), where }];
  });
}

const bothClocks = ({ time, orgTime }: AgentRecord) => `${time} by the host's clock${orgTime ? `, ${orgTime} by the org's` : ""}`;
