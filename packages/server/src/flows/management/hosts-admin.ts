/** What administrators do to hosts: hand out and withdraw enrolment codes, approve, revoke. */
import { randomBytes } from "node:crypto";
import { enrolmentCodeId, LIMITS, writeEnrolmentCode } from "@sallyport/contracts";
import { foldName } from "@sallyport/logon";
import type { Keys } from "../../keys/keys.ts";
import { hostCodeContext } from "../host-link/enrol.ts";
import type { Store, Tx } from "../store.ts";
import type { HostCodeRow, HostRow } from "../store-logons.ts";
import { findApp } from "./apps.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

export interface CodeDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
  pin?: Uint8Array | undefined;
}

/** `code` exists nowhere but in this answer; the secret in it is kept sealed until it is used (S7). */
export function createHostCode(
  deps: CodeDeps,
  caller: Caller,
  body: { app: string; name?: string | undefined },
): Promise<Outcome<{ row: HostCodeRow; code: string }>> {
  const secret = randomBytes(16);
  const id = enrolmentCodeId(secret);
  const code = writeEnrolmentCode({
    url: deps.orgUrl,
    secret,
    decisionKey: deps.keys.thumbprint().subarray(0, 16),
    ...(deps.pin ? { pin: deps.pin } : {}),
  });
  const sealedSecret = deps.keys.seal(secret, hostCodeContext(id));
  return inUnit(deps.store, async (tx) => {
    const app = await findApp(tx, body.app);
    if (app.kind !== "done") return { kind: "invalid", causes: ["app: there is no such app"] };
    const row: HostCodeRow = {
      id,
      appId: app.value.id,
      name: body.name ?? null,
      sealedSecret,
      created: tx.now,
      createdBy: caller.actor.id,
      expires: tx.now + LIMITS.enrolmentCodeMs,
      usedAt: null,
    };
    await tx.hosts.insertCode(row);
    const data = { code: id, app: row.appId, name: row.name, expiresAt: new Date(row.expires).toISOString() };
    await tx.log.append({ type: "host.code-created", actor: caller.actor, target: { type: "host-code", id }, outcome: "success", data });
    return done({ row, code });
  });
}

/** A withdrawn code is a used one: nobody enrols with it any more. */
export function revokeHostCode(store: Store, caller: Caller, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const code = await tx.hosts.codeById(id);
    if (!code) return { kind: "not-found", what: "enrolment code" };
    if (!(await tx.hosts.consumeCode(id, tx.now))) return { kind: "conflict", why: "the code has been used or has expired" };
    const data = { code: id, app: code.appId, name: code.name };
    await tx.log.append({ type: "host.code-revoked", actor: caller.actor, target: { type: "host-code", id }, outcome: "success", data });
    return done(undefined);
  });
}

/** Only a host that registered itself waits; approving one that is in use already changes nothing. */
export function approveHost(store: Store, caller: Caller, id: string): Promise<Outcome<HostRow>> {
  return inUnit(store, async (tx) => {
    const host = await tx.hosts.byId(id);
    if (!host) return { kind: "not-found", what: "host" };
    if (host.status === "ACTIVE") return done(host);
    if (host.status !== "PENDING") return { kind: "conflict", why: `the host is ${host.status}: it comes back by enrolling anew` };
    const change = { status: "ACTIVE" as const, statusSince: tx.now, statusBy: caller.actor.name ?? caller.actor.id };
    await tx.hosts.update(id, change);
    const target = { type: "host", id, name: host.name };
    const data = { name: host.name, client: host.clientId };
    await tx.log.append({ type: "host.approved", actor: caller.actor, target, outcome: "success", host: id, data });
    return done({ ...host, ...change });
  });
}

/** @param domain where a name without a domain that is typed there is looked for first; null: nowhere. */
export function setHostDomain(store: Store, caller: Caller, id: string, domain: string | null): Promise<Outcome<HostRow>> {
  return inUnit(store, async (tx) => {
    const host = await tx.hosts.byId(id);
    if (!host) return { kind: "not-found", what: "host" };
    if (domain !== null && foldName(domain) === undefined)
      return { kind: "invalid", causes: ["domain: holds a character that no name can have"] };
    if (host.domain === domain) return done(host);
    await tx.hosts.update(id, { domain });
    const target = { type: "host", id, name: host.name };
    const data = { changed: ["domain"], name: host.name, domain };
    await tx.log.append({ type: "host.updated", actor: caller.actor, target, outcome: "success", host: id, data });
    return done({ ...host, domain });
  });
}

/** For good: a host that was revoked, or copied, comes back by enrolling anew with a key of its own. */
export function revokeHost(store: Store, caller: Caller, id: string): Promise<Outcome<HostRow>> {
  return inUnit(store, async (tx) => {
    const host = await tx.hosts.byId(id);
    if (!host) return { kind: "not-found", what: "host" };
    if (host.status === "REVOKED") return done(host);
    const change = { status: "REVOKED" as const, statusSince: tx.now, statusBy: caller.actor.name ?? caller.actor.id };
    await tx.hosts.update(id, change);
    const target = { type: "host", id, name: host.name };
    await tx.log.append({ type: "host.revoked", actor: caller.actor, target, outcome: "success", host: id, data: { name: host.name } });
    return done({ ...host, ...change });
  });
}

/** Labels of the apps of these rows, for the views: people know an app by its label. */
export async function appLabels(tx: Tx, appIds: string[]): Promise<Map<string, string>> {
  const labels = new Map<string, string>();
  for (const id of new Set(appIds)) labels.set(id, (await tx.apps.byId(id))?.label ?? id);
  return labels;
}
