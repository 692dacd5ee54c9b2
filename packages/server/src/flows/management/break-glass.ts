/** Break-glass from the org's side: the recovery master key, exported once, and answers to the challenges that machines show. */
import { randomBytes } from "node:crypto";
import {
  type answerBreakGlassRequest,
  type BreakGlassAnswerView,
  type BreakGlassFile,
  breakGlassAnswer,
  breakGlassHostKey,
  readChallenge,
} from "@sallyport/contracts";
import type * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import { resolveName } from "../host-link/resolve-name.ts";
import { personOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { judgeRank } from "./users.ts";

export interface BreakGlassDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

const NAME = "break-glass";
const CONTEXT = `setting:${NAME}`;
const MASTER_BYTES = 32;

/** Made by the first export, so that no org has a key that nobody keeps. `undefined` until then: hosts get no key. */
export async function breakGlassMaster(tx: Tx, keys: Keys): Promise<Uint8Array | undefined> {
  const stored = await tx.settings.byName(NAME);
  return stored && keys.unseal(stored.sealedSecret, CONTEXT);
}

/**
 * What the owner puts into a safe. Only once for each key, unless it is said to be wanted `again`; `renew` makes another key, and what was
 * exported before is worth nothing at a host from its next self-check on.
 */
export function exportBreakGlass(
  deps: BreakGlassDeps,
  caller: Caller,
  wish: { renew?: boolean | undefined; again?: boolean | undefined },
): Promise<Outcome<BreakGlassFile>> {
  const fresh = randomBytes(MASTER_BYTES);
  return inUnit(deps.store, async (tx): Promise<Outcome<BreakGlassFile>> => {
    if (caller.role !== "owner") return { kind: "forbidden", why: "only an owner takes the recovery key out of the org" };
    const before = await tx.settings.byName(NAME);
    if (before && wish.renew !== true && wish.again !== true) {
      const when = new Date(before.updated).toISOString();
      return { kind: "conflict", why: `the key was exported at ${when}; --again writes it once more, --renew makes another one` };
    }
    const renewed = !before || wish.renew === true;
    const master = renewed ? fresh : deps.keys.unseal(before.sealedSecret, CONTEXT);
    const updatedBy = caller.actor.name ?? caller.actor.id;
    const sealedSecret = renewed ? deps.keys.seal(master, CONTEXT) : before.sealedSecret;
    await tx.settings.put({ name: NAME, document: {}, sealedSecret, updated: tx.now, updatedBy });
    await tx.log.append({ type: "breakglass.exported", actor: caller.actor, outcome: "success", data: { renewed } });
    const hosts = (await allHosts(tx)).map(({ id, name }) => ({ id, name }));
    const exportedAt = new Date(tx.now).toISOString();
    return done({ v: 1, org: deps.orgUrl, exportedAt, master: Buffer.from(master).toString("base64url"), hosts });
  });
}

/** One answer for one person at one machine; who made it and why stands in the log, the answer never. */
export function answerBreakGlass(
  deps: BreakGlassDeps,
  caller: Caller,
  asked: z.infer<typeof answerBreakGlassRequest>,
): Promise<Outcome<BreakGlassAnswerView>> {
  return inUnit(deps.store, async (tx): Promise<Outcome<BreakGlassAnswerView>> => {
    const challenge = readChallenge(asked.challenge);
    if (challenge === undefined)
      return { kind: "invalid", causes: ["challenge: not sixteen letters and digits as the machine shows them"] };
    const master = await breakGlassMaster(tx, deps.keys);
    if (!master) return { kind: "conflict", why: "there is no recovery key yet: sallyport breakglass export" };
    const named = (await allHosts(tx)).filter(({ id, name }) => id === asked.host || name === asked.host);
    const [host, ...others] = named;
    if (!host) return { kind: "not-found", what: "host" };
    if (others.length > 0) return { kind: "invalid", causes: ["host: several hosts have this name; give the id that the machine shows"] };
    const { user, reason } = asked;
    const above = await judgeNamed(tx, caller, host, user);
    if (above) return above;
    const answer = breakGlassAnswer(breakGlassHostKey(master, host.id), { host: host.id, user, challenge });
    const target = { type: "host", id: host.id, name: host.name };
    const data = { username: user, reason };
    await tx.log.append({ type: "breakglass.answered", actor: caller.actor, target, outcome: "success", host: host.id, data });
    return done({ answer, host: { id: host.id, name: host.name }, user });
  });
}

/** S18: nobody lets themselves in as somebody of a higher role; whoever this name may mean at the machine counts. A name of the machine alone means nobody. */
async function judgeNamed(tx: Tx, caller: Caller, host: HostRow, account: string): Promise<Refusal | undefined> {
  const app = await tx.apps.byId(host.appId);
  if (!app) return undefined;
  const at = account.indexOf("\\");
  const given = at < 0 ? { username: account } : { username: account.slice(at + 1), domain: account.slice(0, at) };
  const { holders } = await resolveName(tx, app, host, given);
  for (const userId of new Set(holders.map((holder) => holder.userId))) {
    const user = await tx.users.byId(userId);
    for (const one of user ? await personOf(tx, user) : []) {
      const above = judgeRank(caller, one);
      if (above) return above;
    }
  }
  return undefined;
}

/** Those that may still log people on. */
async function allHosts(tx: Tx): Promise<HostRow[]> {
  const hosts: HostRow[] = [];
  for (;;) {
    const page = await tx.hosts.list({ limit: 500, after: hosts.at(-1)?.id });
    hosts.push(...page);
    if (page.length < 500) return hosts.filter(({ status }) => status === "ACTIVE");
  }
}
