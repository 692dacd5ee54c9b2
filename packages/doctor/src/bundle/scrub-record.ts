/** Takes from a line of the agent's log what may leave the machine: fields on a list, each in its own shape. */

import type { Shape } from "./shapes.ts";
import * as shapes from "./shapes.ts";

const { address, cause, errorCodes, errorId, flag, hostId, number, oneOf, orgUrl, path, reference, stack, time, version } = shapes;

const SERVICE = oneOf(
  "sshd",
  "sudo",
  "su",
  "su-l",
  "sudo-i",
  "login",
  "console",
  "xrdp",
  "xrdp-sesman",
  "rdp",
  "runuser",
  "cron",
  "polkit-1",
  "terminal",
);

/** Evidence that an agent may hold, by the table of causes. Texts that quote what was read or typed are not among them. */
const EVIDENCE: Readonly<Record<string, Shape>> = {
  ...Object.fromEntries(
    (
      "ageSeconds bytes cap column count failures freeBytes jumpMs length limit limitMs limitSeconds line names offsetMs offsetSeconds perHour policyVersion " +
      "port position remaining retryAfterSeconds seconds shouldBe status steps tries waitSeconds waitedSeconds windowSeconds"
    )
      .split(" ")
      .map((key) => [key, number]),
  ),
  ...Object.fromEntries(
    "answeredAt expiredAt expiresAt hostTime issuedAt lastCheck notAfter notBefore orgTime retiredAt since"
      .split(" ")
      .map((key) => [key, time]),
  ),
  ...Object.fromEntries("file folder path".split(" ").map((key) => [key, path])),
  ...Object.fromEntries("detail error reason".split(" ").map((key) => [key, errorCodes])),
  direction: oneOf("fast", "slow"),
  errorId,
  hostId,
  known: flag,
  org: orgUrl,
  service: SERVICE,
  which: oneOf("claims", "typ", "sub", "exp", "bh", "aud", "alg"),
};

const EVENTS = oneOf(
  "attempts.line-dropped",
  "attempts.unreadable",
  "door.malformed",
  "fail-mode.not-written",
  "fault",
  "host.finding",
  "host.not-ready",
  "logon",
  "logon.cancel-not-taken",
  "reports",
  "reports.unreadable",
  "self-check",
  "started",
  "stopped",
);

const FIELDS: Readonly<Record<string, Shape>> = {
  address,
  cause,
  durationMs: number,
  error: errorCodes,
  errorId,
  event: EVENTS,
  frame: oneOf("begin", "failed", "account"),
  host: hostId,
  level: oneOf("info", "warn", "error"),
  method: oneOf("none", "root", "publickey", "gssapi"),
  offsetMs: number,
  ok: flag,
  org: orgUrl,
  orgTime: time,
  policyVersion: number,
  reference,
  result: oneOf("allow", "deny"),
  scenario: oneOf("logon", "unlock", "elevate", "reconnect"),
  service: SERVICE,
  socket: path,
  stack,
  time,
  version,
};

/** Gives each name a number: who it was stays on the machine, and that it was the same one twice is still seen. */
export type Pseudonyms = Map<string, string>;

export interface Scrubbed {
  record: Record<string, unknown>;
  /** How many fields were left out. */
  leftOut: number;
}

export function scrubRecord(line: Record<string, unknown>, people: Pseudonyms): Scrubbed {
  const { username, evidence, findings, ...fields } = line;
  const top = pick(fields, FIELDS);
  const own = evidence === undefined ? undefined : pick(evidence, EVIDENCE);
  const found = Array.isArray(findings) ? findings.map(scrubFinding) : [];
  return {
    record: {
      ...top.record,
      ...(typeof username === "string" ? { username: pseudonym(username, people) } : {}),
      ...(own ? { evidence: own.record } : {}),
      ...(findings === undefined ? {} : { findings: found.map(({ record }) => record) }),
    },
    leftOut: top.leftOut + (own?.leftOut ?? 0) + found.reduce((sum, { leftOut }) => sum + leftOut, 0),
  };
}

/** A cause with its evidence, as in `findings` and in the agent's status. */
export function scrubFinding(finding: unknown): Scrubbed {
  const { cause: id, evidence, ...rest } = objectOf(finding);
  const own = pick(evidence ?? {}, EVIDENCE);
  return { record: { cause: cause(id) ?? null, evidence: own.record }, leftOut: own.leftOut + Object.keys(rest).length };
}

/** The fields of an object that stand on a list and are of their shape. */
export function pick(value: unknown, list: Readonly<Record<string, Shape>>): Scrubbed {
  const record: Record<string, unknown> = {};
  let leftOut = 0;
  for (const [key, own] of Object.entries(objectOf(value))) {
    const shown = Object.hasOwn(list, key) ? list[key]?.(own) : undefined;
    if (shown === undefined) leftOut += 1;
    else record[key] = shown;
  }
  return { record, leftOut };
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** A password is now and then typed where the name belongs: no name leaves the machine. */
function pseudonym(name: string, people: Pseudonyms): string {
  const known = people.get(name) ?? `user ${people.size + 1}`;
  people.set(name, known);
  return known;
}
