/** Who calls: judges the assertion of a host, step by step, in one fixed order. */
import { createHash } from "node:crypto";
import { type AssertionClaims, assertionClaims, type CauseId, JWS_TYPES, LIMITS, sameOrgUrl } from "@sallyport/contracts";
import { compactVerify, decodeJwt, importJWK, type JWK } from "jose";
import type { Keys } from "../../keys/keys.ts";
import type { Store, Tx } from "../store.ts";
import type { HostRow } from "../store-logons.ts";
import { findHeldSecret, type HeldSecret, judgeSecret } from "./client-secrets.ts";

export interface HostCall {
  /** Value of the Authorization header, or undefined. */
  authorization: string | undefined;
  rawBody: Uint8Array;
  /** `checkId` of a self-check: a retry after a lost answer may still carry the previous generation. */
  checkId?: string | undefined;
}

export interface HostRefusal {
  kind: "refused";
  /** undefined: the caller proved nothing and learns nothing (one generic 401). */
  cause: CauseId | undefined;
  host?: HostRow | undefined;
  evidence?: Record<string, unknown> | undefined;
}

/** An assertion whose signature holds; nothing else of it is judged yet. */
export interface ProvenCall {
  kind: "proven";
  host: HostRow;
  /** undefined: signed by the host, but not in the shape of an assertion. */
  claims: AssertionClaims | undefined;
  typ: string | undefined;
  bodyHash: string;
  checkId: string | undefined;
  /** Set for a `legacy` host: the shared secret that it signed with. */
  held: HeldSecret | undefined;
}

type PublicKey = Awaited<ReturnType<typeof importJWK>>;
const imported = new Map<string, PublicKey>();
const IMPORTED_AT_MOST = 10_000;

/** A key that nobody holds: an unknown id costs the same time as a wrong signature (S16). */
const NOBODY: JWK = {
  kty: "EC",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};

/**
 * Signature first, by the one algorithm that the registered host may use: ES256 with its key, or HS256 with its client's secret if it
 * registered so. What the token says of its algorithm decides nothing, and a key in its header is never looked at (S20).
 */
export async function proveHost(store: Store, keys: Keys, call: HostCall): Promise<ProvenCall | HostRefusal> {
  const token = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/.exec(call.authorization ?? "")?.[1];
  const id = token ? claimedId(token) : undefined;
  const host = id ? await store.read((tx) => tx.hosts.byId(id)) : undefined;
  const verified = host?.legacy ? await bySecret(store, keys, host, token ?? "") : await byKey(host, token ?? "");
  if (!host || !verified) return { kind: "refused", cause: undefined };
  const { payload, protectedHeader, held } = verified;
  return {
    kind: "proven",
    host,
    claims: readClaims(payload),
    typ: protectedHeader.typ,
    bodyHash: createHash("sha256").update(call.rawBody).digest("base64url"),
    checkId: call.checkId,
    held,
  };
}

function readClaims(payload: Uint8Array): AssertionClaims | undefined {
  try {
    return assertionClaims.safeParse(JSON.parse(new TextDecoder().decode(payload))).data;
  } catch {
    return undefined;
  }
}

/** Only what the caller sent ends as no proof: a fault of ours, such as a database that is gone, must keep its own cause. */
async function byKey(host: HostRow | undefined, token: string) {
  const key = await publicKey(host?.key ?? NOBODY);
  const verified = await compactVerify(token, key, { algorithms: ["ES256"] }).catch(() => undefined);
  return verified && { ...verified, held: undefined };
}

/** The header's `kid` must be the client that the host registered with: a mistyped id is no proof, even with the right secret. */
async function bySecret(store: Store, keys: Keys, host: HostRow, token: string) {
  let verified: Awaited<ReturnType<typeof compactVerify>> | undefined;
  const held = await findHeldSecret(store, keys, host.clientId ?? "", async (secret) => {
    verified = await compactVerify(token, secret, { algorithms: ["HS256"] }).catch(() => undefined);
    return verified !== undefined;
  });
  return held && verified?.protectedHeader.kid === host.clientId ? { ...verified, held } : undefined;
}

function claimedId(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === "string" && iss.length < 64 ? iss : undefined;
  } catch {
    return undefined;
  }
}

async function publicKey(jwk: { x?: string | undefined; y?: string | undefined }): Promise<PublicKey> {
  const name = `${jwk.x}.${jwk.y}`;
  const known = imported.get(name);
  if (known) return known;
  const key = await importJWK({ kty: "EC", crv: "P-256", x: jwk.x ?? "", y: jwk.y ?? "" }, "ES256");
  if (imported.size >= IMPORTED_AT_MOST) imported.clear();
  imported.set(name, key);
  return key;
}

/** What is judged after the signature, in this order; the first complaint is the answer. Each is one small question. */
const STEPS: { name: string; judge: (tx: Tx, call: JudgedCall) => Promise<Verdict> | Verdict }[] = [
  { name: "shape", judge: judgeShape },
  { name: "jti", judge: judgeJti },
  { name: "time", judge: judgeTime },
  { name: "body hash", judge: judgeBody },
  { name: "audience", judge: judgeAudience },
  { name: "host state", judge: judgeState },
  { name: "shared secret", judge: judgeShared },
  { name: "generation", judge: judgeGeneration },
];

interface JudgedCall extends ProvenCall {
  claims: AssertionClaims;
  orgUrl: string;
}
type Verdict = undefined | { cause: CauseId; evidence: Record<string, unknown> };

/** Judges a proven call inside the unit of work that will also answer it, so that `jti` is recorded whatever the answer. */
export async function judgeCall(tx: Tx, proven: ProvenCall, orgUrl: string): Promise<HostRow | HostRefusal> {
  const host = (await tx.hosts.byId(proven.host.id)) ?? proven.host;
  if (!proven.claims) return { kind: "refused", host, cause: "client.assertion-invalid", evidence: { which: "claims" } };
  const call: JudgedCall = { ...proven, host, claims: proven.claims, orgUrl };
  for (const step of STEPS) {
    const complaint = await step.judge(tx, call);
    if (complaint) return { kind: "refused", host, cause: complaint.cause, evidence: complaint.evidence };
  }
  return host.generation === "" ? { ...host, generation: call.claims.gen } : host;
}

function judgeShape(_tx: Tx, { claims, typ }: JudgedCall): Verdict {
  const invalid = (which: string): Verdict => ({ cause: "client.assertion-invalid", evidence: { which } });
  if (typ !== JWS_TYPES.assertion) return invalid("typ");
  if (claims.iss !== claims.sub) return invalid("sub");
  if (claims.exp - claims.iat > LIMITS.assertionSeconds || claims.exp <= claims.iat) return invalid("exp");
  return undefined;
}

async function judgeJti(tx: Tx, { claims, host }: JudgedCall): Promise<Verdict> {
  // Kept as long as the assertion could ever be taken again: a host whose clock is far ahead signs tokens that become valid later.
  const fresh = await tx.hosts.consumeJti(host.id, claims.jti, (claims.exp + LIMITS.clockLeewaySeconds + 1) * 1000);
  if (!fresh) return { cause: "client.replayed", evidence: { jti: claims.jti } };
  // S37: what was recorded between backup and restore is gone; an assertion from before the restore may be one of those.
  if (claims.iat * 1000 > host.notBefore) return undefined;
  return { cause: "client.replayed", evidence: { jti: claims.jti, restoredAt: new Date(host.notBefore).toISOString() } };
}

function judgeTime(tx: Tx, { claims }: JudgedCall): Verdict {
  const now = tx.now / 1000;
  const early = claims.iat - LIMITS.clockLeewaySeconds > now;
  const late = claims.exp + LIMITS.clockLeewaySeconds < now;
  if (!early && !late) return undefined;
  return { cause: "clock.host", evidence: { offsetSeconds: Math.round(claims.iat - now), orgTime: new Date(tx.now).toISOString() } };
}

function judgeBody(_tx: Tx, { claims, bodyHash }: JudgedCall): Verdict {
  return claims.bh === bodyHash ? undefined : { cause: "client.assertion-invalid", evidence: { which: "bh" } };
}

function judgeAudience(_tx: Tx, { claims, orgUrl }: JudgedCall): Verdict {
  if (sameOrgUrl(claims.aud, orgUrl)) return undefined;
  return { cause: "client.assertion-invalid", evidence: { which: "aud", is: claims.aud, shouldBe: orgUrl } };
}

function judgeState(_tx: Tx, { host }: JudgedCall): Verdict {
  return judgeHostState(host);
}

/** Only an ACTIVE host may ask; every other state has its cause. */
export function judgeHostState(host: HostRow): Verdict {
  if (host.status === "ACTIVE") return undefined;
  const since = host.statusSince === null ? undefined : new Date(host.statusSince).toISOString();
  if (host.status === "PENDING") return { cause: "client.pending", evidence: { since, client: host.clientId, name: host.name } };
  return { cause: host.status === "CLONED" ? "client.cloned" : "client.revoked", evidence: { since, by: host.statusBy } };
}

function judgeShared(tx: Tx, { held }: JudgedCall): Promise<Verdict> | Verdict {
  return held && judgeSecret(tx, held, true);
}

/**
 * The newest generation is used from now on; the one before it counts until then, since the answer that brought the newest may have been lost.
 * A self-check with the one before is answered only if it is the very check that was answered already. Anything older is a copied disk.
 * After a restore the org's own is the older one: what the host brings first counts, and a copy of its disk shows as soon as both have spoken.
 */
async function judgeGeneration(tx: Tx, { claims, host, checkId }: JudgedCall): Promise<Verdict> {
  if (host.generation === "") {
    await tx.hosts.update(host.id, { generation: claims.gen });
    return undefined;
  }
  if (claims.gen === host.generation) {
    if (host.previousGeneration !== null) await tx.hosts.update(host.id, { previousGeneration: null });
    return undefined;
  }
  const retried = checkId === undefined || checkId === host.checkId;
  if (claims.gen === host.previousGeneration && retried) return undefined;
  await tx.hosts.update(host.id, { status: "CLONED", statusSince: tx.now, statusBy: "generation" });
  await tx.log.append({
    type: "host.cloned",
    actor: { type: "host", id: host.id, name: host.name },
    outcome: "failure",
    cause: "client.cloned",
    host: host.id,
    data: {},
  });
  return { cause: "client.cloned", evidence: { since: new Date(tx.now).toISOString() } };
}
