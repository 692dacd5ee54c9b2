/** Passes the org's signature on: the next decision key is announced, takes over when the hosts know it, or replaces a compromised one. */
import { JWS_TYPES, type KeyLinkClaims } from "@sallyport/contracts";
import type { DecisionKey, Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";

export interface KeyDeps {
  store: Store;
  keys: Keys;
}

/** What other nodes watch, to read the keys again. */
export const KEYS_CHANGED = "keys";

const ORG: Caller = { role: "owner", actor: { type: "system", id: "org" } };

export interface KeysView {
  keys: readonly DecisionKey[];
  /** Active hosts that have not acknowledged the announced key; empty if none is announced. */
  missing: HostRow[];
}

export async function viewKeys({ store, keys }: KeyDeps): Promise<KeysView> {
  await keys.refresh();
  const next = keys.decisionKeys().find(({ status }) => status === "next");
  return { keys: keys.decisionKeys(), missing: next ? await store.read((tx) => unaware(tx, next)) : [] };
}

/** Makes the next key and signs it with the present one. It signs nothing until every active host has acknowledged it or was waived. */
export async function announceKey(deps: KeyDeps, caller: Caller): Promise<Outcome<DecisionKey | undefined>> {
  const { store, keys } = deps;
  await keys.refresh();
  const current = currentOf(keys);
  const { thumbprint: _, ...pair } = await keys.makePair();
  const iat = Math.floor((await store.read(async (tx) => tx.now)) / 1000);
  const position = Math.max(...keys.decisionKeys().map((key) => key.position)) + 1;
  const claims: KeyLinkClaims = { typ: "key", position, previous: current.thumbprint, key: pair.publicJwk, iat };
  const link = await keys.sign(JWS_TYPES.key, claims);
  const made = await store.inTransaction(async (tx): Promise<Outcome<undefined>> => {
    const rows = await tx.secrets.decisionKeys();
    const next = rows.find(({ status }) => status === "next");
    if (next) return { kind: "conflict", why: `key ${next.kid} is announced already; --finish ends that rotation` };
    if (rows.find(({ status }) => status === "current")?.kid !== current.kid || rows.some((row) => row.position === position))
      return { kind: "conflict", why: "somebody else changed the keys meanwhile" };
    await tx.secrets.insertDecisionKey({ ...pair, created: tx.now, status: "next", position, link, inForce: null });
    const data = { kid: pair.kid, before: current.kid };
    await tx.changes.announce(KEYS_CHANGED);
    await tx.log.append({ type: "key.decision-announced", actor: caller.actor, outcome: "success", data });
    return done(undefined);
  });
  await keys.refresh();
  if (made.kind !== "done") return made;
  // Where there is no host to wait for, there is nothing to wait for.
  await replaceWhenKnown(deps);
  return done(keys.decisionKeys().find(({ kid }) => kid === pair.kid));
}

/** The announced key signs from now on; the one before it loses its private part. `waived`: names or ids of hosts that need not know it, or all. */
export async function finishRotation(deps: KeyDeps, caller: Caller, waived: string[] | "all"): Promise<Outcome<undefined>> {
  // Another node may just have announced it.
  await deps.keys.refresh();
  const outcome = await deps.store.inTransaction(async (tx): Promise<Outcome<undefined>> => {
    const rows = await tx.secrets.decisionKeys();
    const next = rows.find(({ status }) => status === "next");
    const current = rows.find(({ status }) => status === "current");
    const known = deps.keys.decisionKeys().find(({ kid }) => kid === next?.kid);
    if (!next || !current || !known) return { kind: "conflict", why: "no key is announced" };
    const missing = await unaware(tx, known);
    const open = waived === "all" ? [] : missing.filter(({ id, name }) => !waived.includes(id) && !waived.includes(name));
    if (open.length > 0) return { kind: "conflict", why: `${open.length} hosts have not acknowledged it: ${someOf(open)}` };
    if (!(await tx.secrets.moveDecisionKey(current.kid, "current", { status: "retired", sealedPrivate: "" })))
      return { kind: "conflict", why: "somebody else changed the keys meanwhile" };
    await tx.secrets.moveDecisionKey(next.kid, "next", { status: "current", inForce: tx.now });
    const data = { kid: next.kid, before: current.kid, waived: missing.map(({ id }) => id) };
    await tx.changes.announce(KEYS_CHANGED);
    await tx.log.append({ type: "key.decision-replaced", actor: caller.actor, outcome: "success", data });
    return done(undefined);
  });
  await deps.keys.refresh();
  return outcome;
}

/** Ends a rotation by itself as soon as nobody is missing; costs nothing while there is none. */
export async function replaceWhenKnown(deps: KeyDeps): Promise<boolean> {
  if (!deps.keys.decisionKeys().some(({ status }) => status === "next")) return false;
  return (await finishRotation(deps, ORG, [])).kind === "done";
}

/** A compromised key signs for nobody: the new one has no link, every host is revoked and must be enrolled again, open codes end. */
export async function revokeKey({ store, keys }: KeyDeps, caller: Caller): Promise<Outcome<{ kid: string; hosts: number }>> {
  await keys.refresh();
  const { thumbprint: _, ...pair } = await keys.makePair();
  const outcome = await store.inTransaction(async (tx): Promise<Outcome<{ kid: string; hosts: number }>> => {
    const rows = await tx.secrets.decisionKeys();
    const gone = rows.filter(({ status }) => status === "current" || status === "next");
    for (const { kid, status } of gone) {
      if (!(await tx.secrets.moveDecisionKey(kid, status, { status: "revoked", sealedPrivate: "" })))
        return { kind: "conflict", why: "somebody else changed the keys meanwhile" };
    }
    const position = Math.max(...rows.map((row) => row.position)) + 1;
    await tx.secrets.insertDecisionKey({ ...pair, created: tx.now, status: "current", position, link: null, inForce: tx.now });
    const hosts = (await allHosts(tx)).filter(({ status }) => status === "ACTIVE");
    for (const { id } of hosts) await tx.hosts.update(id, { status: "REVOKED", statusSince: tx.now, statusBy: "decision key revoked" });
    await tx.restore.endCodes(tx.now);
    const data = { kid: pair.kid, before: gone.map(({ kid }) => kid).join(" "), hosts: hosts.length };
    await tx.changes.announce(KEYS_CHANGED);
    await tx.log.append({ type: "key.decision-revoked", actor: caller.actor, outcome: "success", data });
    return done({ kid: pair.kid, hosts: hosts.length });
  });
  await keys.refresh();
  return outcome;
}

function currentOf(keys: Keys): DecisionKey {
  return keys.decisionKeys().find(({ status }) => status === "current") as DecisionKey;
}

async function unaware(tx: Tx, next: DecisionKey): Promise<HostRow[]> {
  return (await allHosts(tx)).filter(({ status, decisionKey }) => status === "ACTIVE" && decisionKey !== next.thumbprint);
}

async function allHosts(tx: Tx): Promise<HostRow[]> {
  const all: HostRow[] = [];
  for (let after: string | undefined; ; after = all.at(-1)?.id) {
    const page = await tx.hosts.list({ limit: 500, after });
    all.push(...page);
    if (page.length < 500) return all;
  }
}

function someOf(hosts: HostRow[]): string {
  const names = hosts.slice(0, 5).map(({ name }) => name);
  return names.join(", ") + (hosts.length > 5 ? " and others" : "");
}
