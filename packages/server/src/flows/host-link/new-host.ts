/** The row of a machine that has just joined the org. */
import type { PublicJwk } from "@sallyport/contracts";
import { newId, random128 } from "../ids.ts";
import type { HostRow } from "../store-logons.ts";

type Joined = Pick<HostRow, "appId" | "name" | "platform" | "version"> & { key: PublicJwk } & Partial<
    Pick<HostRow, "status" | "clientId" | "legacy">
  >;

/** `created` and the state's beginning are `now`; its first generation is made here. */
export function newHost({ appId, name, platform, version, key, ...rest }: Joined, now: number): HostRow {
  return {
    id: newId("hst"),
    appId,
    name,
    platform,
    key: { kty: key.kty, crv: key.crv, x: key.x, y: key.y },
    status: rest.status ?? "ACTIVE",
    statusSince: now,
    statusBy: null,
    generation: random128(),
    previousGeneration: null,
    checkId: null,
    bootId: null,
    version,
    armed: false,
    offsetMs: null,
    policyVersion: null,
    findings: [],
    created: now,
    lastSeen: null,
    notBefore: 0,
    decisionKey: null,
    domain: null,
    clientId: rest.clientId ?? null,
    legacy: rest.legacy ?? false,
  };
}
