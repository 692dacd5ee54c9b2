/** A stored host for tests that need one to be there. */
import type { HostRow } from "../../flows/store-logons.ts";

export function hostRow(appId: string, own: Partial<HostRow> = {}): HostRow {
  return {
    id: "hst_00000000000000000001",
    appId,
    name: "srv01",
    platform: "linux",
    key: { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) },
    status: "ACTIVE",
    statusSince: null,
    statusBy: null,
    generation: "g".repeat(22),
    previousGeneration: null,
    checkId: null,
    bootId: null,
    version: "0.1.0",
    armed: true,
    offsetMs: 12,
    policyVersion: 1,
    findings: [{ cause: "clock.host", evidence: "3 min fast" }],
    created: 1_700_000_000_000,
    lastSeen: null,
    clientId: null,
    legacy: false,
    notBefore: 0,
    decisionKey: null,
    domain: null,
    ...own,
  };
}
