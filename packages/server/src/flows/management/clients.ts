/** What administrators do to clients: make a pair, rotate its secret with both valid for a while, revoke. */
import { randomBytes } from "node:crypto";
import {
  CLIENT_ID_BYTES,
  CLIENT_SECRET_BYTES,
  type createClientRequest,
  type rotateClientRequest,
  writeClientId,
  writeClientSecret,
} from "@sallyport/contracts";
import type * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import { clientSecretContext } from "../host-link/client-secrets.ts";
import { newId } from "../ids.ts";
import type { Store, Tx } from "../store.ts";
import type { ClientRow, ClientSecretRow } from "../store-clients.ts";
import { findApp } from "./apps.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** Unless said otherwise: enough for a rack, too few for a thief to fill the org. */
const CAP = 100;
/** How long the secret before stays valid: every machine that starts once a month has had its turn. */
const OVERLAP_DAYS = 30;
const DAY = 86_400_000;

interface ClientDeps {
  store: Store;
  keys: Keys;
}

export interface ClientShown {
  row: ClientRow;
  app: string;
  secrets: ClientSecretRow[];
  now: number;
  /** Only in the answer that made it. */
  secret?: string;
}

export function createClient(
  { store, keys }: ClientDeps,
  caller: Caller,
  body: z.infer<typeof createClientRequest>,
): Promise<Outcome<ClientShown>> {
  const made = newSecret(keys);
  return inUnit(store, async (tx) => {
    const app = await findApp(tx, body.app);
    if (app.kind !== "done") return { kind: "invalid", causes: ["app: there is no such app"] };
    const row: ClientRow = {
      id: writeClientId(randomBytes(CLIENT_ID_BYTES)),
      appId: app.value.id,
      name: body.name,
      cap: body.cap ?? CAP,
      registered: 0,
      approve: body.approve ?? false,
      version: 1,
      created: tx.now,
      createdBy: caller.actor.id,
      revoked: null,
    };
    await tx.clients.insert(row);
    await tx.clients.insertSecret({ ...made.row, clientId: row.id, created: tx.now });
    const data = { app: row.appId, name: row.name, cap: row.cap, approve: row.approve };
    await tx.log.append({ type: "client.created", actor: caller.actor, target: targetOf(row), outcome: "success", data });
    return done({ ...(await shown(tx, row)), secret: made.written });
  });
}

/** A second rotation before the first has ended would cut off machines that still use the oldest secret: it is refused. */
export function rotateClient(
  { store, keys }: ClientDeps,
  caller: Caller,
  id: string,
  body: z.infer<typeof rotateClientRequest>,
): Promise<Outcome<ClientShown>> {
  const made = newSecret(keys);
  return inUnit(store, async (tx) => {
    const found = await findClient(tx, id);
    if (found.kind !== "done") return found;
    const client = found.value;
    const valid = await validSecrets(tx, id);
    const older = valid.find(({ retires }) => retires !== null);
    if (client.revoked !== null) return { kind: "conflict", why: "the client is revoked" };
    if (older) return { kind: "conflict", why: `the secret before is valid until ${iso(older.retires ?? 0)}; retire it first` };
    if (!(await tx.clients.advance(id, client.version))) return { kind: "conflict", why: "somebody else has just rotated it" };
    const retires = tx.now + (body.overlapDays ?? OVERLAP_DAYS) * DAY;
    for (const secret of valid) await tx.clients.setRetires(secret.id, retires);
    await tx.clients.insertSecret({ ...made.row, clientId: id, created: tx.now });
    const data = { name: client.name, retiresAt: iso(retires) };
    await tx.log.append({ type: "client.rotated", actor: caller.actor, target: targetOf(client), outcome: "success", data });
    return done({ ...(await shown(tx, client)), secret: made.written });
  });
}

/** Ends the secret before at once: for when it has leaked, or every machine has the new one. */
export function retireClientSecret(store: Store, caller: Caller, id: string): Promise<Outcome<ClientShown>> {
  return inUnit(store, async (tx) => {
    const found = await findClient(tx, id);
    if (found.kind !== "done") return found;
    const older = (await validSecrets(tx, id)).filter(({ retires }) => retires !== null);
    if (older.length === 0) return { kind: "conflict", why: "only its newest secret is valid; rotate first, or revoke the client" };
    for (const secret of older) await tx.clients.setRetires(secret.id, tx.now);
    const data = { name: found.value.name, retiredAt: iso(tx.now) };
    await tx.log.append({ type: "client.retired", actor: caller.actor, target: targetOf(found.value), outcome: "success", data });
    return done(await shown(tx, found.value));
  });
}

/** Hosts that it registered keep their own keys and stay; those that sign with its secret are refused from now on. Twice changes nothing. */
export function revokeClient(store: Store, caller: Caller, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const found = await findClient(tx, id);
    if (found.kind !== "done") return found;
    const { name, registered, revoked } = found.value;
    if (revoked !== null) return done(undefined);
    await tx.clients.revoke(id, tx.now);
    const data = { name, registered };
    await tx.log.append({ type: "client.revoked", actor: caller.actor, target: targetOf(found.value), outcome: "success", data });
    return done(undefined);
  });
}

export async function shown(tx: Tx, row: ClientRow): Promise<ClientShown> {
  const app = (await tx.apps.byId(row.appId))?.label ?? row.appId;
  return { row, app, secrets: await tx.clients.secrets(row.id), now: tx.now };
}

async function findClient(tx: Tx, id: string): Promise<Outcome<ClientRow>> {
  const client = await tx.clients.byId(id);
  return client ? done(client) : { kind: "not-found", what: "client" };
}

async function validSecrets(tx: Tx, id: string): Promise<ClientSecretRow[]> {
  return (await tx.clients.secrets(id)).filter(({ retires }) => retires === null || retires > tx.now);
}

/** `written` exists nowhere but in the answer; what is kept is sealed (S7). */
function newSecret(keys: Keys): { written: string; row: Pick<ClientSecretRow, "id" | "sealedSecret" | "retires"> } {
  const secret = randomBytes(CLIENT_SECRET_BYTES);
  const id = newId("sec");
  return { written: writeClientSecret(secret), row: { id, sealedSecret: keys.seal(secret, clientSecretContext(id)), retires: null } };
}

function targetOf({ id, name }: ClientRow): { type: string; id: string; name: string } {
  return { type: "client", id, name };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
