/** Enrols a host: the holder of an unused code registers the key that the host made for itself. */
import { type enrolAnswer, enrolProof, type enrolRequest, JWS_TYPES, type PublicJwk } from "@sallyport/contracts";
import type * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import type { Store } from "../store.ts";
import type { HostCodeRow } from "../store-logons.ts";
import { enrolledToken, proofMacHolds, readKeyProof } from "./key-proof.ts";
import { newHost } from "./new-host.ts";

export type EnrolOutcome =
  | { kind: "enrolled"; answer: z.infer<typeof enrolAnswer> }
  /** `reason` only for a caller who proved that they hold the code; everybody else learns nothing. */
  | { kind: "refused"; reason?: "used" | "expired" };

export async function enrolHost(
  deps: { store: Store; keys: Keys; orgUrl: string },
  body: z.infer<typeof enrolRequest>,
): Promise<EnrolOutcome> {
  const proof = await readKeyProof(body, JWS_TYPES.enrol, enrolProof);
  const code = await deps.store.read((tx) => tx.hosts.codeById(body.codeId));
  if (!proof || !code || proof.codeId !== body.codeId) return { kind: "refused" };
  const secret = deps.keys.unseal(code.sealedSecret, hostCodeContext(code.id));
  if (!(await proofMacHolds(secret, body.key, proof))) return { kind: "refused" };
  if (code.usedAt !== null) return { kind: "refused", reason: "used" };
  const done = await deps.store.inTransaction(async (tx) => {
    if (!(await tx.hosts.consumeCode(code.id, tx.now))) return undefined;
    const app = await tx.apps.byId(code.appId);
    if (!app) return undefined;
    const { platform, version } = proof;
    const host = newHost({ appId: code.appId, name: code.name ?? proof.name, platform, version, key: body.key }, tx.now);
    await tx.hosts.insert(host);
    await tx.log.append({
      type: "host.enrolled",
      actor: { type: "host", id: host.id, name: host.name },
      target: { type: "app", id: app.id, name: app.label },
      outcome: "success",
      host: host.id,
      data: { code: code.id, platform: host.platform, version: host.version },
    });
    return { host, app: app.label, now: tx.now };
  });
  if (!done) return { kind: "refused", reason: "expired" };
  return { kind: "enrolled", answer: { enrolled: await enrolledToken(deps, proof.nonce, done), ...chainFrom(deps.keys, code) } };
}

/** A code names the key that signed when it was made; if another one signs now, the links lead there. */
function chainFrom(keys: Keys, code: HostCodeRow): { keys?: { anchor: PublicJwk; links: string[] } } {
  const named = keys.decisionKeys().findLast(({ inForce }) => inForce !== null && inForce <= code.created);
  if (!named || Buffer.from(named.thumbprint, "base64url").equals(keys.thumbprint())) return {};
  return { keys: { anchor: named.publicJwk, links: keys.linksAfter(named.thumbprint) } };
}

/** Context under which a host code's secret is sealed. */
export function hostCodeContext(codeId: string): string {
  return `host-code:${codeId}`;
}
