/** Which of a client's secrets a caller holds, and whether it still counts. */
import type { CauseId } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { ClientRow, ClientSecretRow } from "../store-clients.ts";

/** Context under which a client's secret is sealed. */
export function clientSecretContext(secretId: string): string {
  return `client-secret:${secretId}`;
}

/** A client that rotates daily for years must not make every wrong secret a slow question. */
const LOOKED_AT = 16;

export interface HeldSecret {
  client: ClientRow;
  row: ClientSecretRow;
}

/** The client's secret for which `holds` is true, a retired one too: that is a cause of its own, told only to its holder. */
export async function findHeldSecret(
  store: Store,
  keys: Keys,
  clientId: string,
  holds: (secret: Uint8Array) => boolean | Promise<boolean>,
): Promise<HeldSecret | undefined> {
  const { client, secrets } = await store.read(async (tx) => ({
    client: await tx.clients.byId(clientId),
    secrets: await tx.clients.secrets(clientId),
  }));
  // An unknown id is asked for like a known one with a wrong secret (S16).
  if (!client) return void (await holds(new Uint8Array(32)));
  for (const row of secrets.slice(0, LOOKED_AT)) {
    if (await holds(keys.unseal(row.sealedSecret, clientSecretContext(row.id)))) return { client, row };
  }
  return undefined;
}

export type SecretVerdict = { cause: CauseId; evidence: Record<string, unknown> } | undefined;

/** Judges in the unit that answers: revoked client, retired secret, inactive app, or an app that does not accept the secret as a signature. */
export async function judgeSecret(tx: Tx, held: HeldSecret, legacy: boolean): Promise<SecretVerdict> {
  const client = (await tx.clients.byId(held.client.id)) ?? held.client;
  const named = { client: client.id };
  if (client.revoked !== null) return { cause: "client.revoked", evidence: { ...named, since: iso(client.revoked), status: "REVOKED" } };
  const row = (await tx.clients.secrets(client.id)).find(({ id }) => id === held.row.id) ?? held.row;
  if (row.retires !== null && row.retires <= tx.now)
    return { cause: "client.secret-retired", evidence: { ...named, retiredAt: iso(row.retires) } };
  const app = await tx.apps.byId(client.appId);
  if (app?.status !== "ACTIVE") return { cause: "client.revoked", evidence: { app: app?.label, status: app?.status } };
  if (legacy && !app.legacy)
    return { cause: "client.assertion-invalid", evidence: { which: "alg", is: "HS256", shouldBe: "ES256", app: app.label } };
  return undefined;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
