/** The events of pushes to phones and of bypass codes, a part of the table of events. */
import type { EventRow } from "./events.ts";

export const FACTOR_EVENTS = {
  "push.answered": {
    title: "A phone answered a request",
    severity: "info",
    data: ["factor", "asked", "answer", "service", "address"],
  },
  "push.reported": {
    title: "A person said on the phone that a logon is not theirs: requests from there are stopped",
    severity: "warning",
    data: ["factor", "stop", "scope", "service", "address", "reports"],
  },
  "push.stop-lifted": { title: "Requests to a phone are sent again", severity: "warning", data: ["stop", "scope", "address", "reason"] },
  "push.hosts-changed": {
    title: "Push services that an administrator allows were changed",
    severity: "warning",
    data: ["hosts", "before"],
  },
  "push.subscribed": {
    title: "A phone is woken up by a push service from now on, or no longer",
    severity: "info",
    data: ["factor", "service"],
  },
  "push.verifier-set": { title: "A phone asks for its owner's verification at each yes", severity: "info", data: ["factor"] },
  "bypass.created": {
    title: "An administrator gave out a code that works once in the place of a factor",
    severity: "warning",
    data: ["bypass", "app", "reason", "expiresAt"],
  },
  "bypass.used": {
    title: "A logon was let in by an administrator's bypass code",
    severity: "warning",
    data: ["bypass", "app", "reason", "issuedBy"],
  },
  "bypass.revoked": { title: "A bypass code was withdrawn", severity: "info", data: ["bypass", "app", "reason"] },

  "breakglass.exported": { title: "The recovery key of all machines was taken out of the org", severity: "warning", data: ["renewed"] },
  "breakglass.answered": {
    title: "An administrator made the answer to a machine's break-glass challenge",
    severity: "warning",
    data: ["username", "reason"],
  },

  "ticket.created": {
    title: "An administrator opened a window in which a user may enrol a first factor",
    severity: "warning",
    data: ["ticket", "proof", "expiresAt"],
  },
  "ticket.confirmed": { title: "An administrator confirmed who enrols a first factor", severity: "warning", data: ["ticket"] },
  "ticket.refused": {
    title: "A wrong enrolment ticket was shown",
    severity: "warning",
    data: ["ticket", "failures", "evidence"],
  },
  "ticket.shown": { title: "An enrolment ticket was right: its user may enrol a first factor now", severity: "info", data: ["ticket"] },
  "ticket.used": {
    title: "A first factor came in through an enrolment window, which is closed by that",
    severity: "warning",
    data: ["ticket", "proof"],
  },
  "ticket.revoked": { title: "An enrolment window was closed", severity: "info", data: ["ticket"] },
} as const satisfies Record<string, EventRow>;
