/** A host's self-check: moves its generation on, takes what it reports of itself, compares the log head that it kept. */
import { breakGlassHostKey, JWS_TYPES, type LogHead, type SelfCheckAnswer, type SelfCheckRequest } from "@sallyport/contracts";
import { hostPolicyOf } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { Superseded } from "../authn/open-transaction.ts";
import { random128 } from "../ids.ts";
import { breakGlassMaster } from "../management/break-glass.ts";
import { replaceWhenKnown } from "../management/decision-keys.ts";
import type { Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import type { HostRow } from "../store-logons.ts";
import { breakGlassMembers } from "./break-glass-members.ts";
import type { HostCall, HostRefusal } from "./host-caller.ts";
import { type HostDeps, isRefusal, withHost } from "./with-host.ts";

/** Seconds that a signed host policy is good for; an open fail mode asks for a younger one by itself. */
const POLICY_SECONDS = 7 * 24 * 3600;
/** A clock further off than this is said in the log. */
const OFFSET_WORTH_SAYING_MS = 5000;

export async function selfCheck(
  deps: HostDeps & { keys: Keys },
  call: HostCall,
  body: SelfCheckRequest,
): Promise<SelfCheckAnswer | HostRefusal> {
  const next = random128();
  const done = await withHost(deps, call, (tx, host) => record(tx, deps.keys, host, body, next));
  if (isRefusal(done)) return done;
  // This host may have been the last that did not know the next key; the answer is signed by it then.
  await replaceWhenKnown(deps);
  const seconds = Math.floor(done.now / 1000);
  const claims = {
    typ: "policy",
    host: done.hostId,
    version: done.app.policyVersion,
    iat: seconds,
    exp: seconds + POLICY_SECONDS,
    ...hostPolicyOf(done.app.policy, await breakGlassMembers(deps.store, done.app, done)),
  };
  return {
    generation: done.generation,
    policy: await deps.keys.sign(JWS_TYPES.policy, claims),
    head: await deps.keys.sign(JWS_TYPES.head, { typ: "head", ...done.head, now: done.now }),
    ...(await breakGlassKey(deps.keys, done, seconds)),
    keys: deps.keys.linksAfter(body.decisionKey),
  };
}

/** Only to hosts whose policy may ever need it. */
async function breakGlassKey(keys: Keys, { hostId, master }: Recorded, iat: number): Promise<{ breakGlass?: string }> {
  if (!master) return {};
  const key = Buffer.from(breakGlassHostKey(master, hostId)).toString("base64url");
  return { breakGlass: await keys.sign(JWS_TYPES.breakGlass, { typ: "break-glass", host: hostId, key, iat }) };
}

interface Recorded {
  hostId: string;
  /** The domain that the machine belongs to. */
  domain: string | null;
  generation: string;
  app: AppRow;
  head: LogHead;
  /** The org's recovery key, where this host gets its own. */
  master: Uint8Array | undefined;
  now: number;
}

async function record(tx: Tx, keys: Keys, host: HostRow, body: SelfCheckRequest, next: string): Promise<Recorded> {
  const app = await tx.apps.byId(host.appId);
  if (!app) throw new Error(`host ${host.id} belongs to an app that is gone`);
  if (body.head) await compareHead(tx, host, body.head);
  await sayChanges(tx, host, body);
  // A retry of the check that made the present generation gets it again; else the generation moves on.
  const retried = body.checkId === host.checkId;
  const moved = retried || (await tx.hosts.rotateGeneration(host.id, host.generation, next, body.checkId, body.bootId));
  // The same check at another node was faster: done again, this one is answered alike.
  if (!moved) throw new Superseded();
  const findings = body.findings.map(({ cause, evidence }) => ({ cause, ...(evidence === undefined ? {} : { evidence }) }));
  await tx.hosts.update(host.id, {
    version: body.version,
    armed: body.armed,
    offsetMs: body.offsetMs,
    policyVersion: body.policyVersion ?? null,
    decisionKey: body.decisionKey ?? null,
    findings,
    lastSeen: tx.now,
  });
  const master = app.policy.breakGlass === undefined ? undefined : await breakGlassMaster(tx, keys);
  const generation = retried ? host.generation : next;
  return { hostId: host.id, domain: host.domain, generation, app, head: await tx.log.head(), master, now: tx.now };
}

/** S21: a head that the org signed once must still be in its chain; if not, the log's tail was cut or rewritten. */
async function compareHead(tx: Tx, host: HostRow, head: LogHead): Promise<void> {
  if (head.seq === 0) return;
  const ours = await tx.log.at(head.node, head.seq);
  if (ours?.hash === head.hash) return;
  // Removed by age: what the host kept can neither be confirmed nor denied.
  if (head.seq < ((await tx.log.first(head.node)) ?? 0)) return;
  // Not an excuse, but what an administrator wants to know first.
  const restoredAt = host.notBefore === 0 ? {} : { restoredAt: new Date(host.notBefore).toISOString() };
  await tx.log.append({
    type: "host.log-mismatch",
    actor: { type: "host", id: host.id, name: host.name },
    outcome: "failure",
    host: host.id,
    data: { node: head.node, seq: head.seq, kept: head.hash, found: ours?.hash ?? null, ...restoredAt },
  });
}

async function sayChanges(tx: Tx, host: HostRow, body: SelfCheckRequest): Promise<void> {
  const actor = { type: "host", id: host.id, name: host.name } as const;
  if (body.armed !== host.armed) {
    await tx.log.append({ type: body.armed ? "host.armed" : "host.disarmed", actor, outcome: "success", host: host.id, data: {} });
  }
  const off = Math.abs(body.offsetMs) > OFFSET_WORTH_SAYING_MS;
  const wasOff = Math.abs(host.offsetMs ?? 0) > OFFSET_WORTH_SAYING_MS;
  if (off && !wasOff) {
    await tx.log.append({
      type: "host.clock-off",
      actor,
      outcome: "failure",
      cause: "clock.host",
      host: host.id,
      data: { offsetMs: body.offsetMs },
    });
  }
}
