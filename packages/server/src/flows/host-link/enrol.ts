/** Enrols a host: the holder of an unused code registers the key that the host made for itself. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { type EnrolledClaims, type EnrolProof, enrolProof, type enrolRequest, JWS_TYPES, type PublicJwk } from "@sallyport/contracts";
import { calculateJwkThumbprint, compactVerify, importJWK } from "jose";
import type { z } from "zod";
import type { Keys } from "../../keys/keys.ts";
import { newId, random128 } from "../ids.ts";
import type { Store } from "../store.ts";
import type { HostCodeRow, HostRow } from "../store-logons.ts";

export type EnrolOutcome =
  | { kind: "enrolled"; token: string }
  /** `reason` only for a caller who proved that they hold the code; everybody else learns nothing. */
  | { kind: "refused"; reason?: "used" | "expired" };

export async function enrolHost(
  deps: { store: Store; keys: Keys; orgUrl: string },
  body: z.infer<typeof enrolRequest>,
): Promise<EnrolOutcome> {
  const proof = await readProof(body);
  const code = await deps.store.read((tx) => tx.hosts.codeById(body.codeId));
  if (!proof || !code || proof.codeId !== body.codeId || !(await macHolds(deps.keys, code, body.key, proof))) return { kind: "refused" };
  if (code.usedAt !== null) return { kind: "refused", reason: "used" };
  const done = await deps.store.inTransaction(async (tx) => {
    if (!(await tx.hosts.consumeCode(code.id, tx.now))) return undefined;
    const app = await tx.apps.byId(code.appId);
    if (!app) return undefined;
    const host = newHost(code, body.key, proof, tx.now);
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
  const claims: EnrolledClaims = {
    typ: "enrolled",
    nonce: proof.nonce,
    hostId: done.host.id,
    name: done.host.name,
    app: done.app,
    orgUrl: deps.orgUrl,
    generation: done.host.generation,
    decisionKey: deps.keys.publicJwk(),
    now: done.now,
  };
  return { kind: "enrolled", token: await deps.keys.sign(JWS_TYPES.enrolled, claims) };
}

async function readProof(body: z.infer<typeof enrolRequest>): Promise<EnrolProof | undefined> {
  try {
    const key = await importJWK({ ...body.key, kid: "" }, "ES256");
    const { payload, protectedHeader } = await compactVerify(body.proof, key, { algorithms: ["ES256"] });
    if (protectedHeader.typ !== JWS_TYPES.enrol) return undefined;
    return enrolProof.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch {
    return undefined;
  }
}

async function macHolds(keys: Keys, code: HostCodeRow, key: PublicJwk, proof: EnrolProof): Promise<boolean> {
  const secret = keys.unseal(code.sealedSecret, hostCodeContext(code.id));
  const thumbprint = await calculateJwkThumbprint({ kty: key.kty, crv: key.crv, x: key.x, y: key.y });
  const right = createHmac("sha256", secret).update(`${thumbprint}.${proof.nonce}`).digest();
  const given = Buffer.from(proof.mac, "base64url");
  return given.length === right.length && timingSafeEqual(given, right);
}

/** Context under which a host code's secret is sealed. */
export function hostCodeContext(codeId: string): string {
  return `host-code:${codeId}`;
}

function newHost(code: HostCodeRow, key: PublicJwk, proof: EnrolProof, now: number): HostRow {
  return {
    id: newId("hst"),
    appId: code.appId,
    name: code.name ?? proof.name,
    platform: proof.platform,
    key: { kty: key.kty, crv: key.crv, x: key.x, y: key.y },
    status: "ACTIVE",
    statusSince: now,
    statusBy: null,
    generation: random128(),
    previousGeneration: null,
    checkId: null,
    bootId: null,
    version: proof.version,
    armed: false,
    offsetMs: null,
    policyVersion: null,
    findings: [],
    created: now,
    lastSeen: null,
  };
}
