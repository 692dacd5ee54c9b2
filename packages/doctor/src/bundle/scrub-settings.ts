/** Takes from settings, state and status what may leave the machine. Of every key that is not on the list not even its name: it may be a pasted secret. */
import { pick, type Scrubbed, scrubFinding } from "./scrub-record.ts";
import { clientId, flag, hostId, number, orgUrl, path, proxy, type Shape, time, version } from "./shapes.ts";

const SETTINGS: Readonly<Record<string, Shape>> = {
  client: clientId,
  connections: number,
  // A thumbprint has the length of a private key: that it is there is enough.
  decisionKey: (value) => (typeof value === "string" ? "is set" : undefined),
  host: hostId,
  log: path,
  org: orgUrl,
  proxy,
  selfCheckSeconds: number,
  socket: path,
  state: path,
  timeouts: (value) => pick(value, { connectMs: number, answerMs: number, promptMs: number, serialMs: number }).record,
};

export function scrubSettings(settings: unknown): Scrubbed {
  return pick(settings, SETTINGS);
}

const present: Shape = (value) => (value === undefined || value === null ? undefined : "is set");

/** `host.json`: which parts of the identity are there, never what they are. */
export function scrubIdentity(identity: unknown): Scrubbed {
  return pick(identity, { host: hostId, org: orgUrl, client: clientId, key: present, decisionKey: present, pin: present, anchor: present });
}

export function scrubStatus(status: unknown): Scrubbed {
  const findings = (value: unknown) => (Array.isArray(value) ? value.map((one) => scrubFinding(one).record) : undefined);
  const check = (value: unknown) => pick(value, { at: time, ok: flag, offsetMs: number, policyVersion: number, findings }).record;
  return pick(status, {
    armed: flag,
    armedSince: time,
    enrolled: flag,
    findings,
    host: hostId,
    lastCheck: check,
    log: path,
    offsetMs: number,
    org: orgUrl,
    policy: (value) => (value === null ? null : pick(value, { version: number, expires: time }).record),
    reportsWaiting: number,
    running: flag,
    socket: path,
    version,
  });
}
