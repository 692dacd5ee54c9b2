/** A fresh self-check of the running agent: what the org says of this host, and what an administrator may learn beyond it. */
import { type CauseId, causeId, LIMITS, sameOrgUrl } from "@sallyport/contracts";
import * as z from "zod";
import type { Answer, Check, Missed, Seen } from "../../check.ts";
import type { AgentFacts, AgentFinding, HostFacts, OrgLookup } from "../facts.ts";
import { confirmed, proofsOf, ruledOut, seenOf } from "./evidence.ts";

const WHERE = "the running agent's self-check";

/** More than the agent gives a connection; an org that lets it wait for an answer is seen by the looks at the way to it. */
const CHECK_MS = 4500;

const result = z.object({
  ok: z.boolean(),
  findings: z.array(z.object({ cause: causeId, evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) })),
});

/** What an answer of the org that holds rules out. */
const ANSWERED: readonly CauseId[] = [
  "client.unknown",
  "client.secret-wrong",
  "client.secret-retired",
  "client.assertion-invalid",
  "client.revoked",
  "client.pending",
  "client.cloned",
  "agent.version",
  "agent.fault",
  "agent.decision-invalid",
  "policy.stale",
  "url.wrong-org",
];

/** What the generic 401 may mean: the org tells a caller that proved nothing no more. */
const BEHIND_401 = ["client.unknown", "client.secret-wrong"] as const;
const DECIDES =
  "an administrator can ask the org: --org URL with --token-file FILE, or run this on the org's own machine with --data FOLDER";

export function selfCheckChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.self-check",
      title: "a fresh self-check of the agent",
      dependsOn: ["host.agent"],
      needs: ["agent"],
      limitMs: CHECK_MS,
      run: (facts, signal) => checkSelf(facts, signal),
    },
    {
      code: "host.in-org",
      title: "this host in the org",
      dependsOn: ["host.settings"],
      needs: ["agent"],
      run: ({ agent, lookup, org }: Self) => lookUp(agent, lookup, org),
    },
  ];
}

type Self = Partial<HostFacts> & Pick<HostFacts, "agent">;

async function checkSelf(facts: Self, signal: AbortSignal): Promise<Answer> {
  const { agent, lookup, org } = facts;
  const { findings } = result.parse(await agent.ask("check", signal));
  const generic = findings.find(isGeneric401);
  const seen = findings.filter((one) => one !== generic).map((finding) => seenOf(finding, WHERE));
  const refused = findings.some(({ cause }) => ANSWERED.includes(cause));
  const unheard = findings.some(({ evidence }) => evidence["phase"] !== undefined);
  if (!refused && !unheard) seen.push(...ANSWERED.map((cause) => ruledOut(cause, "the org", "answered, and every signature holds", WHERE)));
  seen.push(...failOpen(facts, findings));
  if (!generic) return { seen };
  const more = await behind401(generic, agent, lookup, org);
  return { seen: [...seen, ...more.seen], missed: more.missed ?? [] };
}

function isGeneric401({ cause, evidence }: AgentFinding): boolean {
  return cause === "client.unknown" && evidence["status"] === 401;
}

async function behind401(finding: AgentFinding, agent: AgentFacts, lookup: OrgLookup | undefined, org: URL | undefined): Promise<Answer> {
  const open = (why: string): Answer => {
    const missed: Missed = {
      what: `which of them the org means by 401 (error id ${finding.evidence["errorId"] ?? "none"})`,
      why,
      asked: true,
    };
    return {
      seen: BEHIND_401.map((cause): Seen => ({ cause, verdict: "candidate", evidence: proofsOf(finding, WHERE) })),
      missed: [missed],
    };
  };
  if (!lookup || !org || !agent.host) return open(DECIDES);
  try {
    const own = await lookup.url();
    if (!sameOrgUrl(own, org.origin)) return open(`the org that was asked is ${own}, and this host's is ${org.origin}`);
    const row = await lookup.host(agent.host);
    const known = { what: "host in the org", value: row ? `${row.name}, ${row.status}` : "none of this id", where: own };
    // The host's own row is there and a caller with a good signature would have been told its cause: so the signature does not hold.
    const cause = row === undefined || (row.legacy && row.client !== agent.client) ? "client.unknown" : "client.secret-wrong";
    const other = BEHIND_401.find((one) => one !== cause) ?? cause;
    return { seen: [confirmed(cause, [known, ...proofsOf(finding, WHERE)]), { cause: other, verdict: "ruled-out", evidence: [known] }] };
  } catch (error) {
    return open((error as Error).message);
  }
}

const BY_STATUS: Partial<Record<string, CauseId>> = { REVOKED: "client.revoked", CLONED: "client.cloned", PENDING: "client.pending" };

/** Works without the agent, so that a machine that is down still learns how the org sees it. */
async function lookUp(agent: AgentFacts, lookup: OrgLookup | undefined, org: URL | undefined): Promise<Answer> {
  if (!lookup || !org || !agent.host) return { seen: [] };
  const own = await lookup.url();
  if (!sameOrgUrl(own, org.origin)) {
    return {
      seen: [],
      missed: [{ what: "this host in the org", why: `the org that was asked is ${own}, and this host's is ${org.origin}` }],
    };
  }
  const row = await lookup.host(agent.host);
  if (!row) return { seen: [confirmed("client.unknown", [{ what: "hosts of the id", value: "none", where: `${own} ${agent.host}` }])] };
  const where = `${own} ${row.name}`;
  const cause = BY_STATUS[row.status];
  const state = {
    what: "status",
    value: `${row.status} since ${row.statusChanged ?? row.created}, by ${row.statusBy ?? "nobody named"}`,
    where,
  };
  if (cause) return { seen: [confirmed(cause, [state])] };
  const app = await lookup.app(row.app);
  const apart = { what: "app", value: `${app.label} is ${app.status}`, where };
  if (app.status !== "ACTIVE") return { seen: [confirmed("client.revoked", [apart])] };
  return { seen: [ruledOut("client.unknown", "host in the org", `${row.name}, ${row.status}`, own)] };
}

const UNREACHABLE: ReadonlySet<CauseId> = new Set(["net.dns", "net.refused", "net.timeout", "net.unreachable"]);

/** The org cannot be asked, and the policy says that people may then come in by password alone; never behind a proxy. */
function failOpen({ agent, org, proxy }: Self, findings: readonly AgentFinding[]): Seen[] {
  const { policy, now } = agent;
  if (!policy || now === undefined || policy.iat * 1000 <= now - LIMITS.openPolicySeconds * 1000) return [];
  const fault = findings.find(({ evidence }) => evidence["phase"] !== undefined);
  const always = policy.always.some(({ services, scenarios }) => services === undefined && scenarios === undefined);
  if (!fault || proxy !== undefined || always) return [];
  const { phase, status } = fault.evidence;
  const unreachable = (phase === "resolve" || phase === "connect") && UNREACHABLE.has(fault.cause);
  const failed =
    phase === "answer" && typeof status === "number" && status >= 500 && ![501, 505, 511].includes(status) && org?.protocol === "https:";
  const mode = unreachable ? "orgUnreachable" : failed ? "orgError" : undefined;
  if (!mode || policy.failModes[mode] !== "allow") return [];
  const proofs = [
    { what: "mode", value: `${mode} is allow: who knows a password is let in without a factor`, where: "the host's signed policy" },
    { what: "cause", value: fault.cause, where: WHERE },
  ];
  return [confirmed("logon.fail-open", proofs)];
}
