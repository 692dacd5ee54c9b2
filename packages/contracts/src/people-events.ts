/** Events of where people come from: sources, groups, domains, and names that two share. Part of the closed table in `events.ts`. */
import type { EventRow } from "./events.ts";

/** What changed: names of the fields. */
const CHANGE = ["changed"] as const;

export const PEOPLE_EVENTS = {
  "duplicate.found": {
    title: "Two users share a name, or one that looks the same: a decision is to be taken",
    severity: "warning",
    data: ["duplicate", "kind", "name", "users", "sources"],
  },
  "duplicate.decided": {
    title: "It was decided who two users with one name are",
    severity: "warning",
    data: ["duplicate", "kind", "name", "users", "decision", "user"],
  },
  "duplicate.undone": {
    title: "A decision on two users with one name was undone",
    severity: "warning",
    data: ["duplicate", "kind", "name", "users", "decision", "user"],
  },
  "duplicate.gone": { title: "Two users share a name no longer", severity: "info", data: ["duplicate", "kind", "name", "users"] },
  "domain.created": { title: "A domain was made known", severity: "info", data: ["name", "netbios", "aliases"] },
  "domain.updated": {
    title: "Other names for a domain were set",
    severity: "warning",
    data: ["name", "netbios", "aliases", "before"],
  },
  "domain.deleted": { title: "A domain was forgotten", severity: "warning", data: ["name", "netbios", "aliases"] },

  "source.imported": {
    title: "People of a source were brought in",
    severity: "info",
    data: ["source", "created", "heldBack", "updated", "activated", "deactivated", "refused"],
  },

  "source.created": { title: "A source of people was set up", severity: "warning", data: ["name", "kind"] },
  "source.updated": { title: "A source of people was changed", severity: "warning", data: [...CHANGE, "name"] },
  "source.removed": { title: "A source of people was removed", severity: "warning", data: ["name", "kind", "deactivated", "revoked"] },
  "source.synced": {
    title: "People and groups of a source were brought up to date",
    severity: "info",
    data: ["source", "run", "kind", "server", "counts", "problems", "milliseconds"],
  },
  "source.sync-failed": {
    title:
      "People and groups of a source could not be brought up to date, and stay as they are; an equal failure is said again when it doubles",
    severity: "error",
    data: ["source", "run", "status", "sentence", "stage", "repeated"],
  },

  "group.created": { title: "A group was created", severity: "info", data: ["name", "source"] },
  "group.updated": { title: "A group was changed", severity: "info", data: [...CHANGE, "name", "source", "before"] },
  "group.deleted": { title: "A group was deleted", severity: "warning", data: ["name", "source"] },
  "group.members-synced": {
    title: "People or groups went into or out of a group, as its source says",
    severity: "info",
    data: ["name", "source", "in", "out", "groupsIn", "groupsOut"],
  },
  "group.member-added": { title: "A user was added to a group", severity: "info", data: ["user", "login"] },
  "group.nested": { title: "A group was put into a group", severity: "info", data: ["group", "name"] },
  "group.unnested": { title: "A group was taken out of a group", severity: "info", data: ["group", "name"] },
  "group.rule-set": {
    title: "A group got a rule that chooses its members, another one, or none",
    severity: "warning",
    data: ["attribute", "value", "before"],
  },
  "group.member-removed": { title: "A user was removed from a group", severity: "info", data: ["user", "login"] },
} as const satisfies Record<string, EventRow>;
