/** What a dry run says of a machine that signs with its client's secret: which of the secrets it has, the org does not know. */
import type { CauseId, DryRunAnswer } from "@sallyport/contracts";
import { judgeSecret } from "../host-link/client-secrets.ts";
import type { Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";

/** The cause that stands whichever secret the machine has; undefined where one of them still counts. */
export async function judgeClient(tx: Tx, host: HostRow): Promise<{ cause: CauseId; evidence: Record<string, unknown> } | undefined> {
  const client = await clientOf(tx, host);
  if (!client) return undefined;
  const rows = await tx.clients.secrets(client.id);
  const verdicts = await Promise.all(rows.map((row) => judgeSecret(tx, { client, row }, true)));
  return verdicts.includes(undefined) ? undefined : verdicts[0];
}

export async function secretsOf(tx: Tx, host: HostRow): Promise<DryRunAnswer["secrets"]> {
  const client = await clientOf(tx, host);
  const rows = client ? await tx.clients.secrets(client.id) : [];
  return rows.map(({ created, retires }) => ({
    created: iso(created),
    retiresAt: retires === null ? null : iso(retires),
    state: retires !== null && retires <= tx.now ? "retired" : "valid",
  }));
}

function clientOf(tx: Tx, { legacy, clientId }: HostRow) {
  return legacy && clientId !== null ? tx.clients.byId(clientId) : undefined;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
