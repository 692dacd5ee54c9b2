/** The dry run of a logon at a machine: the judgement of the real one, and beside it everything that was looked at. It reads only. */
import type { CauseId, DryRunAnswer, DryRunRequest } from "@sallyport/contracts";
import { isRemote, judgeZone, toldToHost } from "@sallyport/logon";
import { failingChannels } from "../delivery.ts";
import { judgeHostState } from "../host-link/host-caller.ts";
import { type Asked, judgePerson, type Person, type PersonRefused } from "../host-link/judge-person.ts";
import { judgeNames, nameOfHour } from "../host-link/start-logon.ts";
import type { Store, Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import type { HostRow } from "../store-logons.ts";
import { judgeClient, secretsOf } from "./dry-run-client.ts";
import { namesFound, userFacts } from "./dry-run-person.ts";
import { atTime, hostsNamed } from "./rehearse.ts";
import { ailingSources } from "./source-stand.ts";

/** As the answer, but with the machines as they are stored. */
export interface DryRun extends Omit<DryRunAnswer, "hosts"> {
  hosts: { row: HostRow; app: string }[];
}

export function dryRun(store: Store, body: DryRunRequest): Promise<DryRun> {
  return store.read(async (tx) => {
    const then = body.at === undefined ? tx : atTime(tx, Date.parse(body.at));
    const rows = await hostsNamed(tx, body.host);
    const hosts = await Promise.all(rows.map(async (row) => ({ row, app: (await tx.apps.byId(row.appId))?.label ?? row.appId })));
    const [host] = rows;
    const app = host && rows.length === 1 ? await tx.apps.byId(host.appId) : undefined;
    // xrdp hands over one field and shows nothing (S10); of every other service the usual is thought.
    const shows = body.service.startsWith("xrdp") ? {} : { conversation: true };
    const asked: Asked = { ...body, ...shows, scenario: body.scenario ?? "logon" };
    const stands = { failing: await failingChannels(tx), sources: await ailingSources(tx) };
    const common = { at: iso(then.now), hosts, remote: isRemote(asked.service, asked.address), ...stands };
    if (!host || !app) return { ...common, ...NOTHING };
    return { ...common, ...(await lookAt(then, host, app, asked)) };
  });
}

const NOTHING = { secrets: [], app: null, names: [], zones: [], exclusions: [], user: null, judgement: null };

async function lookAt(tx: Tx, host: HostRow, app: AppRow, asked: Asked): Promise<Omit<DryRunAnswer, "at" | "hosts" | "remote">> {
  const { id, label, status, nameRules, policyVersion } = app;
  const names = await tx.hosts.foresee(host.id, ...nameOfHour(asked.username, tx.now));
  const judged = judgeHostState(host) ?? (await judgeClient(tx, host)) ?? judgeNames(names);
  const person = judged ? undefined : await judgePerson(tx, app, host, asked);
  const { names: tried, userId } = await namesFound(tx, app, host, asked);
  return {
    secrets: await secretsOf(tx, host),
    app: { id, label, status, nameRules, policyVersion },
    names: tried,
    zones: await zonesOf(tx, app, asked),
    exclusions: exclusionsOf(app, asked),
    user: userId === undefined ? null : await userFacts(tx, app, host, userId, asked),
    judgement: judged ? refusal(judged.cause, judged.evidence) : judgementOf(person as Person | PersonRefused),
  };
}

function judgementOf(person: Person | PersonRefused): DryRunAnswer["judgement"] {
  if (person.kind === "refused") return refusal(person.cause, person.evidence, person.rule);
  const { outcome, rule } = person.policy;
  const allowed = outcome === "allow";
  return { outcome: allowed ? "allow" : "factor", cause: allowed ? "policy.no-mfa" : null, told: null, rule, evidence: {} };
}

function refusal(cause: CauseId, evidence: Record<string, unknown>, rule?: string): DryRunAnswer["judgement"] {
  return { outcome: "refuse", cause, told: toldToHost(cause), rule: rule ?? null, evidence };
}

async function zonesOf(tx: Tx, { policy }: AppRow, { address }: Asked): Promise<DryRunAnswer["zones"]> {
  const named = new Set(policy.rules.flatMap((rule) => [...(rule.if?.zones ?? []), ...(rule.if?.notZones ?? [])]));
  const zones = named.size === 0 ? [] : await tx.zones.list();
  return [...named].map((name) => {
    const zone = zones.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return { name, address: zone ? judgeZone(zone, address) : "missing" };
  });
}

/** A machine lets these in by itself, before it asks the org: by uid or SID, which a dry run does not know, or by the exact name. */
function exclusionsOf({ policy }: AppRow, { username, domain, sid }: Asked): DryRunAnswer["exclusions"] {
  const whole = domain === undefined ? username : `${domain}\\${username}`;
  return (policy.exclusions ?? []).flatMap(({ uid, sid: excluded, name, reason }) => {
    const none = uid === undefined && excluded === undefined && name === undefined;
    if (none || (name !== undefined && name !== whole) || (excluded !== undefined && sid !== undefined && excluded !== sid)) return [];
    const open = [uid === undefined ? [] : [`uid ${uid}`], excluded === undefined || sid !== undefined ? [] : [`SID ${excluded}`]].flat();
    return [{ reason, onlyIf: open.length === 0 ? null : open.join(" and ") }];
  });
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
