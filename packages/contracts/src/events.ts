/** The closed table of system log events: a line of the log is one of these types and carries no data field but the listed ones. */
import { FACTOR_EVENTS } from "./factor-events.ts";
import { PEOPLE_EVENTS } from "./people-events.ts";

/** `warning`: an administrator should look today. `error`: something does not work, or somebody has tampered. */
export type EventSeverity = "info" | "warning" | "error";

export interface EventRow {
  readonly title: string;
  readonly severity: EventSeverity;
  /** Names allowed in `data`. Actor, target, outcome, cause, reference and host stand in the event itself. Never a secret, code, password or token (S21). */
  readonly data: readonly string[];
}

/** What a logon's events say of the attempt. `address`: `{value, origin}`. `reported`: true if a host told of it afterwards, then `at` is when it was. */
const ATTEMPT = ["username", "domain", "service", "scenario", "address", "reported", "at", "trial"] as const;
/** What changed: names of the fields, never their values where these are personal. */
const CHANGE = ["changed"] as const;

export const EVENTS = {
  "logon.started": { title: "A logon began", severity: "info", data: [...ATTEMPT, "password", "conversation", "offsetMs"] },
  "logon.allowed": { title: "A logon was let in", severity: "info", data: [...ATTEMPT, "rule", "amr", "milliseconds"] },
  "logon.without-factor": {
    title: "A logon was let in without a second factor, as a rule, a permit or a disarmed agent says",
    severity: "warning",
    data: [...ATTEMPT, "rule", "permit", "method", "evidence"],
  },
  "logon.refused": { title: "A logon was refused", severity: "info", data: [...ATTEMPT, "rule", "told", "evidence", "milliseconds"] },
  "logon.cancelled": { title: "The person left the logon", severity: "info", data: [...ATTEMPT, "evidence", "milliseconds"] },
  "logon.fail-open": {
    title: "A fail mode let a logon in without a second factor",
    severity: "warning",
    data: [...ATTEMPT, "mode", "since", "policyVersion", "evidence"],
  },

  "logon.offline": {
    title: "A logon was let in by an offline code while the org could not be reached",
    severity: "warning",
    data: [...ATTEMPT, "evidence"],
  },
  "logon.break-glass": {
    title: "A logon was let in by a break-glass answer while the org could not be reached",
    severity: "warning",
    data: [...ATTEMPT, "evidence"],
  },
  "logon.disowned": {
    title: "A person said that a logon under their name was not theirs",
    severity: "error",
    data: ["service", "address", "result", "at", "stop"],
  },
  "session.opened": { title: "Somebody signed in to the org's own pages", severity: "info", data: ["session", "amr", "address"] },
  "session.stepped-up": {
    title: "Somebody who was signed in proved a factor once more, for an app",
    severity: "info",
    data: ["session", "app", "amr"],
  },
  "session.step-up-refused": {
    title: "Somebody who was signed in could not prove a factor once more",
    severity: "info",
    data: ["session", "app", "address", "evidence"],
  },
  "session.ended": { title: "A session at the org's own pages was ended", severity: "info", data: ["session", "count"] },

  "factor.verified": { title: "A factor was proved", severity: "info", data: ["factor", "kind", "step", "drift", "remaining", "link"] },
  "factor.failed": {
    title: "A factor was tried without success",
    severity: "info",
    data: ["factor", "kind", "failures", "waitSeconds", "evidence"],
  },
  "factor.enrolled": { title: "A factor was enrolled and waits for its first code", severity: "info", data: ["factor", "kind"] },
  "factor.activated": { title: "A factor was activated", severity: "info", data: ["factor", "kind"] },
  "factor.locked": {
    title: "A factor was locked after too many wrong tries",
    severity: "warning",
    data: ["factor", "kind", "failures", "since"],
  },
  "factor.counter-back": {
    title: "A passkey's counter went backwards, as that of a copy does: it is locked",
    severity: "error",
    data: ["factor", "kind", "counterKept", "counterFound"],
  },
  "factor.renamed": { title: "A factor got another name", severity: "info", data: ["factor", "kind"] },
  "factor.link-made": {
    title: "A link was shown at a machine, to approve its logon by a passkey",
    severity: "info",
    data: ["link", "expiresAt"],
  },
  "factor.link-answered": {
    title: "The person of a logon answered its link, proved by a passkey",
    severity: "info",
    data: ["link", "factor", "answer"],
  },
  "factor.unlocked": { title: "A factor was unlocked", severity: "info", data: ["factor", "kind", "by"] },
  "factor.reset": { title: "A factor was reset", severity: "warning", data: ["factor", "kind", "before", "reason"] },
  "factor.drifted": {
    title: "The clock of a factor has drifted; the new drift is kept",
    severity: "info",
    data: ["factor", "kind", "drift", "before"],
  },

  "factor.resynced": {
    title: "A factor was set to its device's clock by two codes in a row",
    severity: "warning",
    data: ["factor", "kind", "drift", "before"],
  },
  "factor.recovery-low": { title: "A user's recovery codes run out", severity: "warning", data: ["factor", "remaining"] },
  ...FACTOR_EVENTS,

  "user.created": { title: "A user was created", severity: "info", data: ["source", "externalId", "login"] },
  "user.updated": { title: "A user was changed", severity: "info", data: [...CHANGE, "source"] },
  "user.activated": { title: "A user was activated", severity: "info", data: ["before"] },
  "user.suspended": { title: "A user was suspended", severity: "info", data: ["before", "reason"] },
  "user.unsuspended": { title: "A user's suspension was lifted", severity: "info", data: ["before"] },
  "user.deactivated": { title: "A user was deactivated", severity: "info", data: ["before", "reason"] },
  "user.deleted": { title: "A user was deleted", severity: "warning", data: ["source", "externalId", "login"] },
  "user.locked": { title: "A user was locked after too many wrong passwords", severity: "warning", data: ["failures", "since"] },
  "user.unlocked": { title: "A user was unlocked", severity: "info", data: ["before"] },
  "user.password-changed": { title: "A user's password was set", severity: "info", data: ["by"] },
  "user.password-expired": { title: "A user was told to change their password", severity: "info", data: [] },
  "user.primary-verified": { title: "A password was right", severity: "info", data: ["username", "address"] },
  "user.primary-failed": {
    title: "A password check failed",
    severity: "info",
    data: ["username", "domain", "service", "address", "failures", "evidence"],
  },
  "user.held-back": {
    title: "A new user shares a name with another and is held back until decided",
    severity: "warning",
    data: ["source", "externalId", "name", "others"],
  },

  ...PEOPLE_EVENTS,

  "app.created": { title: "An app was created", severity: "info", data: ["label"] },
  "app.updated": { title: "An app was changed", severity: "info", data: [...CHANGE, "label"] },
  "app.activated": { title: "An app was activated", severity: "info", data: ["label"] },
  "app.legacy-on": { title: "An app accepts hosts that sign with a shared secret", severity: "warning", data: ["label"] },
  "app.legacy-off": { title: "An app accepts only hosts with a key of their own", severity: "info", data: ["label"] },
  "app.deactivated": { title: "An app was deactivated: all its logons are refused", severity: "warning", data: ["label"] },
  "app.deleted": { title: "An app was deleted", severity: "warning", data: ["label"] },
  "assignment.created": { title: "A user or a group was assigned to an app", severity: "info", data: ["app", "scope", "assignee", "name"] },
  "assignment.deleted": { title: "An assignment to an app was taken away", severity: "info", data: ["app", "scope", "assignee", "name"] },

  "zone.created": { title: "A network zone was created", severity: "info", data: ["name", "cidrs"] },
  "zone.updated": { title: "A network zone was changed", severity: "info", data: ["name", "cidrs", "before"] },
  "zone.deleted": { title: "A network zone was deleted", severity: "warning", data: ["name", "cidrs"] },
  "policy.changed": {
    title: "The policy of an app was changed",
    severity: "warning",
    data: ["app", "version", "digest", "rules", "failModes", "before"],
  },

  "host.code-created": { title: "An enrolment code for a host was made", severity: "info", data: ["code", "app", "name", "expiresAt"] },
  "host.code-revoked": { title: "An enrolment code was withdrawn", severity: "info", data: ["code", "app", "name"] },
  "host.code-refused": { title: "An enrolment was refused", severity: "warning", data: ["code", "address", "evidence"] },
  "host.enrolled": { title: "A host was enrolled", severity: "info", data: ["app", "name", "platform", "version", "code", "address"] },
  "host.registered": {
    title: "A host registered itself with a client id and secret",
    severity: "info",
    data: ["app", "name", "platform", "version", "client", "registered", "pending", "legacy"],
  },
  "host.approved": { title: "A host that had registered itself was approved", severity: "info", data: ["name", "client"] },
  "host.updated": { title: "A host was changed", severity: "info", data: [...CHANGE, "name", "domain"] },
  "host.revoked": { title: "A host was revoked", severity: "warning", data: ["name", "reason"] },
  "host.cloned": {
    title: "Two machines use one host's identity: the host is suspended",
    severity: "error",
    data: ["name", "generation", "bootId", "before", "address"],
  },
  "host.armed": { title: "A host's agent was armed", severity: "info", data: ["name", "version"] },
  "host.disarmed": { title: "A host's agent was disarmed: it asks nobody for a factor", severity: "warning", data: ["name", "version"] },
  "host.clock-off": { title: "A host's clock is off", severity: "warning", data: ["name", "offsetMs", "before"] },
  "host.clock-right": { title: "A host's clock is right again", severity: "info", data: ["name", "offsetMs", "before"] },
  "host.version": { title: "A host runs another version of the agent", severity: "info", data: ["name", "version", "before"] },
  "host.silent": { title: "A host has missed its self-checks", severity: "warning", data: ["name", "lastSeen"] },
  "host.seen-again": { title: "A host that was silent has checked itself again", severity: "info", data: ["name", "lastSeen"] },
  "host.finding": { title: "A host's self-check found something new", severity: "warning", data: ["name", "evidence"] },
  "host.finding-cleared": { title: "A finding of a host is gone", severity: "info", data: ["name", "evidence"] },
  "host.log-mismatch": {
    title: "The place in the log that a host kept does not fit the chain: events were changed or cut off",
    severity: "error",
    data: ["name", "node", "seq", "kept", "found", "restoredAt"],
  },

  "client.created": {
    title: "A client id and secret were made, by which hosts register themselves",
    severity: "warning",
    data: ["app", "name", "cap", "approve"],
  },
  "client.rotated": { title: "A client got a new secret", severity: "warning", data: ["name", "retiresAt"] },
  "client.retired": { title: "The secret of a client that was replaced ended", severity: "info", data: ["name", "retiredAt"] },
  "client.revoked": { title: "A client was revoked: nobody registers with it any more", severity: "warning", data: ["name", "registered"] },
  "client.refused": {
    title: "A registration by somebody who holds the secret was refused",
    severity: "warning",
    data: ["name", "client", "evidence"],
  },

  "token.created": { title: "An API token was made", severity: "warning", data: ["name", "role", "expiresAt", "source"] },
  "token.revoked": { title: "An API token was revoked", severity: "info", data: ["name", "role"] },
  "token.refused": {
    title: "A known API token was refused",
    severity: "warning",
    data: ["name", "role", "reason", "method", "path", "address"],
  },

  "key.decision-created": { title: "The key that signs decisions was made", severity: "warning", data: ["kid"] },
  "key.decision-announced": { title: "The next decision key was announced to the hosts", severity: "warning", data: ["kid", "before"] },
  "key.decision-replaced": { title: "The next decision key signs from now on", severity: "warning", data: ["kid", "before", "waived"] },
  "key.decision-revoked": {
    title: "The decision key was revoked as compromised: every host must be enrolled again",
    severity: "error",
    data: ["kid", "before", "hosts"],
  },
  "key.sealing-created": { title: "The key that seals secrets was made", severity: "warning", data: ["kid"] },
  "key.sealing-rotated": { title: "Secrets were sealed anew with another key", severity: "warning", data: ["kid", "before", "count"] },

  "org.set-up-link": { title: "A one-time set-up link was made", severity: "warning", data: ["expiresAt"] },
  "org.set-up": { title: "The org was set up and has its first administrator", severity: "warning", data: ["login", "address"] },
  "org.started": { title: "The server started", severity: "info", data: ["version", "node", "schema", "url"] },
  "org.stopped": { title: "The server stopped in order", severity: "info", data: ["version", "node", "signal", "seconds"] },
  "org.fault": { title: "The server failed at something it should do", severity: "error", data: ["errorId", "step", "name"] },
  "org.clock-off": { title: "The clock of the org jumped or is off", severity: "error", data: ["offsetMs", "source"] },
  "org.backed-up": { title: "The database was written to a backup file", severity: "info", data: ["file", "bytes", "seq", "milliseconds"] },
  "org.restored": {
    title: "The database was restored from a backup: open logons, codes and API tokens ended",
    severity: "warning",
    data: [
      "backupAt",
      "heads",
      "transactions",
      "codes",
      "recovery",
      "bypass",
      "challenges",
      "tickets",
      "sessions",
      "outbox",
      "tokens",
      "clients",
      "hosts",
    ],
  },
  "org.timeline-changed": {
    title: "The database was failed over or restored: open logons ended, present codes count as used",
    severity: "warning",
    data: [
      "before",
      "after",
      "heads",
      "transactions",
      "enrolments",
      "recovery",
      "bypass",
      "challenges",
      "tickets",
      "sessions",
      "outbox",
      "hosts",
    ],
  },
  "delivery.set-up": {
    title: "How messages leave the org was set up, or changed",
    severity: "warning",
    data: ["channel", "server", "changed", "insecure"],
  },
  "delivery.removed": {
    title: "Messages of one way out are not sent any more, as it was removed",
    severity: "warning",
    data: ["channel", "server"],
  },
  "delivery.failing": {
    title: "Messages of one way out do not leave the org any more",
    severity: "error",
    data: ["channel", "server", "error", "waiting"],
  },
  "delivery.working": { title: "Messages of one way out leave the org again", severity: "info", data: ["channel", "server", "since"] },
  "delivery.given-up": {
    title: "A message was not delivered, and is not tried any more",
    severity: "warning",
    data: ["channel", "about", "error", "tries"],
  },
  "org.callers-refused": {
    title: "Callers that proved nothing were refused; one line for each source and minute",
    severity: "warning",
    data: ["source", "minute", "count", "paths"],
  },
  "log.verified": { title: "The chain of the log was checked", severity: "info", data: ["node", "from", "to", "count", "fault"] },
  "log.exported": { title: "The log was exported", severity: "info", data: ["filter", "count", "digest"] },
  "log.removed": {
    title: "Events older than the log is kept were removed, up to a signed checkpoint",
    severity: "warning",
    data: ["node", "from", "to", "before", "checkpoint"],
  },
  "log.logons-removed": {
    title: "Records of logons older than the log is kept were removed",
    severity: "warning",
    data: ["before", "count"],
  },
  "log.retention-changed": {
    title: "How long the log is kept was changed",
    severity: "warning",
    data: ["days", "before"],
  },
} as const satisfies Record<string, EventRow>;

export type EventType = keyof typeof EVENTS;

/** True for a type of the table; an inherited name such as `toString` is none. */
export function isEventType(text: string): text is EventType {
  return Object.hasOwn(EVENTS, text);
}
