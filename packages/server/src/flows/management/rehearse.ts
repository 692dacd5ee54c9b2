/** A dry run: what would happen to a name, there, at that time. It reads only, and nothing is sent to anyone. */
import type { FactorKind, rehearseAnswer, rehearseRequest } from "@sallyport/contracts";
import { nameOfStep, sharedZones } from "@sallyport/logon";
import type * as z from "zod";
import { type Asked, type JudgedHost, judgePerson, type Person, type PersonRefused } from "../host-link/judge-person.ts";
import { resolveName } from "../host-link/resolve-name.ts";
import { linkZonesOf } from "../link/link-zones.ts";
import { type Store, standIn, type Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import type { HostRow } from "../store-logons.ts";
import { findApp } from "./apps.ts";
import { done, type Outcome } from "./outcome.ts";

type Answer = z.infer<typeof rehearseAnswer>;
type Line = Answer["trace"][number];

/** The judgement is the very one of a real logon, so that a rehearsal cannot say something else. */
export async function rehearse(store: Store, appId: string, body: z.infer<typeof rehearseRequest>): Promise<Outcome<Answer>> {
  return store.read(async (tx): Promise<Outcome<Answer>> => {
    const app = await findApp(tx, appId);
    if (app.kind !== "done") return app;
    const host = await findHost(tx, body.host);
    if (host.kind !== "done") return host;
    const asked: Asked = {
      username: body.username,
      domain: body.domain,
      service: body.service,
      scenario: body.scenario ?? "logon",
      address: body.address,
    };
    const then = body.at === undefined ? tx : atTime(tx, Date.parse(body.at));
    return done(await answerOf(tx, app.value, host.value, asked, await judgePerson(then, app.value, host.value, asked)));
  });
}

/** A machine that is only thought of will do: then rules that name machines do not match. */
async function findHost(tx: Tx, named: string | undefined): Promise<Outcome<JudgedHost>> {
  if (named === undefined) return done({ id: "", name: "any machine" });
  const [host] = await hostsNamed(tx, named);
  return host ? done(host) : { kind: "invalid", causes: [`host: there is no host ${named}`] };
}

/** By id, else all that bear the name: it is given by the machines, and two may have the same. */
export async function hostsNamed(tx: Tx, named: string): Promise<HostRow[]> {
  const byId = await tx.hosts.byId(named);
  if (byId) return [byId];
  const found: HostRow[] = [];
  for (let after: string | undefined; ; ) {
    const hosts = await tx.hosts.list({ limit: 500, after });
    found.push(...hosts.filter((host) => host.name.toLowerCase() === named.toLowerCase()));
    if (hosts.length < 500) return found;
    after = hosts.at(-1)?.id;
  }
}

/** The same unit of work as if its clock showed another time. */
export function atTime(tx: Tx, now: number): Tx {
  return standIn(tx, { now });
}

async function answerOf(tx: Tx, app: AppRow, host: JudgedHost, asked: Asked, judged: Person | PersonRefused): Promise<Answer> {
  const trace: Line[] = [{ step: "app", result: `${app.label} is ${app.status}` }, await nameLine(tx, app, host, asked)];
  if (judged.kind === "refused") {
    const user = judged.userId === undefined ? undefined : await tx.users.byId(judged.userId);
    trace.push(...traceLines(judged.evidence["trace"]), { step: "answer", result: `refused: ${judged.cause}` });
    const known = user ? { user: { id: user.id, login: user.profile.login } } : {};
    return {
      outcome: "refuse",
      cause: judged.cause,
      ...(judged.rule === undefined ? {} : { rule: judged.rule }),
      ...known,
      factors: [],
      trace,
    };
  }
  const { user, policy, enrolments } = judged;
  trace.push({ step: "user", result: `${user.profile.login} is ${user.status} and assigned` }, ...traceLines(policy.trace));
  const kinds: FactorKind[] = [...new Set(enrolments.map((enrolment) => enrolment.kind))];
  const allowed = policy.outcome === "allow";
  if (!allowed) trace.push(...(await linkLine(tx, app, asked, policy.rule)));
  trace.push({ step: "answer", result: allowed ? "let in without a factor" : `asked for ${kinds.join(" or ")}` });
  return {
    outcome: allowed ? "allow" : "factor",
    ...(allowed ? { cause: "policy.no-mfa" as const } : {}),
    rule: policy.rule,
    user: { id: user.id, login: user.profile.login },
    factors: kinds,
    trace,
  };
}

/** Where the rule wants it: whether a client at that address may have a link at all. Where the browser will be nobody knows yet. */
async function linkLine(tx: Tx, app: AppRow, { address }: Asked, rule: string): Promise<Line[]> {
  const wanted = linkZonesOf(app, rule);
  if (!wanted) return [];
  const shared = sharedZones(wanted, await tx.zones.list(), [address]);
  const from = address ? `${address.value}${address.origin === "claimed" ? ", only claimed," : ""} is` : "an address that is not known is";
  const result = shared.length > 0 ? `taken from a browser in ${shared.join(" or ")} too` : `none: ${from} in none of ${wanted.join(", ")}`;
  return [{ step: "link", result }];
}

async function nameLine(tx: Tx, app: AppRow, host: JudgedHost, asked: Asked): Promise<Line> {
  const { steps } = await resolveName(tx, app, host, asked);
  const looked = steps.map((step) => `${nameOfStep(step)} “${step.keys.map(({ folded }) => folded).join(" or ")}”`);
  return { step: "name", result: looked.join(", then ") || "no rule of the app reads this name" };
}

/** The two traces that a judgement keeps: of the rules for names, and of the rules of the policy. */
function traceLines(trace: unknown): Line[] {
  if (!Array.isArray(trace)) return [];
  return (trace as Record<string, unknown>[]).map((line) => {
    if ("looked" in line)
      return {
        step: `name by ${String(line["rule"])}`,
        result: `“${String(line["looked"])}”: ${String(line["found"])} found, ${String(line["assigned"])} assigned`,
      };
    return {
      step: `rule “${String(line["rule"])}”`,
      result: line["matched"] === true ? String(line["because"]) : `does not match: ${String(line["because"])}`,
    };
  });
}
