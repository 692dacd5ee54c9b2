/** Registers a host: whoever holds a client's secret brings the key that the host made for itself, as often as the cap allows. */
import { createHmac } from "node:crypto";
import {
  type CauseId,
  JWS_TYPES,
  type RegisterAnswer,
  type RegisterProof,
  registerProof,
  type registerRequest,
} from "@sallyport/contracts";
import type * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { findHeldSecret, type HeldSecret, judgeSecret } from "./client-secrets.ts";
import { enrolledToken, proofMacHolds, readKeyProof } from "./key-proof.ts";
import { newHost } from "./new-host.ts";

export type RegisterOutcome =
  | { kind: "registered"; answer: RegisterAnswer }
  /** No cause: the caller does not hold the secret, and learns nothing (S16). */
  | { kind: "refused"; cause?: CauseId; evidence?: Record<string, unknown> };

interface RegisterDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
  pin?: Uint8Array | undefined;
}

export async function registerHost(deps: RegisterDeps, body: z.infer<typeof registerRequest>): Promise<RegisterOutcome> {
  const proof = await readKeyProof(body, JWS_TYPES.register, registerProof);
  if (!proof || proof.clientId !== body.clientId) return { kind: "refused" };
  let secret = new Uint8Array();
  const held = await findHeldSecret(deps.store, deps.keys, body.clientId, async (one) => {
    secret = Uint8Array.from(one);
    return proofMacHolds(one, body.key, proof);
  });
  if (!held) return { kind: "refused" };
  const done = await deps.store.inTransaction((tx) => register(tx, held, body, proof));
  if ("cause" in done) return { kind: "refused", ...done };
  const enrolled = await enrolledToken(deps, proof.nonce, done);
  const pin = deps.pin === undefined ? undefined : Buffer.from(deps.pin).toString("hex");
  const pending = done.host.status === "PENDING";
  const mac = createHmac("sha256", secret)
    .update(`registered.${enrolled}.${pin ?? ""}.${pending}`)
    .digest("base64url");
  return { kind: "registered", answer: { enrolled, mac, pending, ...(pin === undefined ? {} : { pin }) } };
}

type Refusal = { cause: CauseId; evidence: Record<string, unknown> };

async function register(
  tx: Tx,
  held: HeldSecret,
  body: z.infer<typeof registerRequest>,
  proof: RegisterProof,
): Promise<Refusal | { host: HostRow; app: string; now: number }> {
  const { client } = held;
  // The nonce first: a copy of a request that was refused must not become good later.
  if (!(await tx.clients.consumeNonce(client.id, proof.nonce, tx.now)))
    return refuse(tx, held, { cause: "client.replayed", evidence: { client: client.id } });
  const verdict = await judgeSecret(tx, held, proof.legacy);
  if (verdict) return refuse(tx, held, verdict);
  const registered = await tx.clients.takeRegistration(client.id);
  if (registered === undefined) return refuse(tx, held, { cause: "client.capped", evidence: { client: client.id, cap: client.cap } });
  const app = await tx.apps.byId(client.appId);
  const { name, platform, version, legacy } = proof;
  const status = client.approve ? "PENDING" : "ACTIVE";
  const host = newHost({ appId: client.appId, name, platform, version, key: body.key, status, clientId: client.id, legacy }, tx.now);
  await tx.hosts.insert(host);
  await tx.log.append({
    type: "host.registered",
    actor: { type: "host", id: host.id, name },
    target: { type: "app", id: client.appId, ...(app ? { name: app.label } : {}) },
    outcome: "success",
    host: host.id,
    data: { client: client.id, registered, platform, version, pending: client.approve, legacy },
  });
  return { host, app: app?.label ?? client.appId, now: tx.now };
}

/** Somebody with a secret of ours was refused: worth a line of its own. */
async function refuse(tx: Tx, { client }: HeldSecret, refusal: Refusal): Promise<Refusal> {
  await tx.log.append({
    type: "client.refused",
    actor: { type: "system", id: "org" },
    target: { type: "client", id: client.id, name: client.name },
    outcome: "failure",
    cause: refusal.cause,
    data: { client: client.id, name: client.name, evidence: refusal.evidence },
  });
  return refusal;
}
