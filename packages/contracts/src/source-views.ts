/** Sources that people come from, as the management API takes and shows them, with their runs and what a run would come to. */
import * as z from "zod";
import { sourceName, userProfile } from "./people.ts";
import { importedView } from "./people-import.ts";
import { ldapSettings } from "./sources.ts";

const when = z.iso.datetime();
const percent = z.number().min(0).max(100);
/** From a minute to a month; null: only when somebody asks. */
const everyMinutes = z.int().min(1).max(43_200).nullable();
/** Of the account that reads; sealed, and in no answer. */
const secret = z.string().min(1).max(1024);

export const createSourceRequest = z.discriminatedUnion("kind", [
  z.strictObject({
    name: sourceName,
    kind: z.literal("ldap"),
    settings: ldapSettings,
    secret,
    everyMinutes: everyMinutes.default(60),
    brake: percent.default(10),
  }),
  z.strictObject({ name: sourceName, kind: z.literal("scim") }),
]);
export type CreateSourceRequest = z.input<typeof createSourceRequest>;

/** What is left out stays. The secret must come with another server, or another way to know it: nobody else is to hear it. */
export const updateSourceRequest = z.strictObject({
  settings: ldapSettings.optional(),
  secret: secret.optional(),
  everyMinutes: everyMinutes.optional(),
  brake: percent.optional(),
  paused: z.boolean().optional(),
});

/** `braked`: more would have been deactivated than the brake lets through. `interrupted`: the server ended in the middle. `done` alone changed all that was to be. */
export const runStatus = z.enum(["running", "done", "failed", "braked", "interrupted"]);

export const runView = z.object({
  id: z.string(),
  source: sourceName,
  kind: z.enum(["full", "changes", "import"]),
  cause: z.enum(["schedule", "manual"]),
  actor: z.string(),
  status: runStatus,
  stage: z.string(),
  done: z.int(),
  total: z.int().nullable(),
  counts: z.record(z.string(), z.int()),
  problems: z.array(z.string()),
  error: z.object({ cause: z.string(), sentence: z.string() }).nullable(),
  node: z.string(),
  started: when,
  ended: when.nullable(),
});
export type RunView = z.infer<typeof runView>;

export const sourceView = z.object({
  name: sourceName,
  kind: z.enum(["ldap", "scim"]),
  settings: z.unknown(),
  everyMinutes: z.int().nullable(),
  brake: z.number(),
  paused: z.boolean(),
  created: when,
  createdBy: z.string(),
  nextAt: when.nullable(),
  lastRun: runView.nullable(),
  /** When the last run that was carried out whole ended, among those that are kept. */
  lastSuccess: when.nullable(),
});
export type SourceView = z.infer<typeof sourceView>;

export const syncRequest = z.strictObject({ full: z.boolean().default(false), brake: percent.optional() });

const names = z.array(z.string());
/** People by their logins, groups by their names, as far as they are known. */
export const groupChangeView = z.object({
  externalId: z.string(),
  name: z.string(),
  fate: z.enum(["created", "updated", "unchanged", "removed", "emptied"]),
  changes: z.record(z.string(), z.tuple([z.string().nullable(), z.string().nullable()])).optional(),
  peopleIn: names,
  peopleOut: names,
  groupsIn: names,
  groupsOut: names,
  why: z.string().optional(),
});
export type GroupChangeView = z.infer<typeof groupChangeView>;

/** What a sync would come to now. People and groups that would stay as they are are only counted. */
export const syncPreview = z.object({
  source: sourceName,
  dryRun: z.literal(true),
  kind: z.enum(["full", "changes"]),
  server: z.string(),
  counts: z.record(z.string(), z.int()),
  people: z.array(importedView),
  groups: z.array(groupChangeView),
  problems: z.array(z.string()),
  braked: z.string().optional(),
});
export type SyncPreview = z.infer<typeof syncPreview>;

const entry = { externalId: z.string(), dn: z.string() };
/** What the directory answers now: the first few as they would be here, or why it cannot be asked. */
export const sourceTest = z.discriminatedUnion("ok", [
  z.object({
    ok: z.literal(true),
    server: z.string(),
    domain: z.object({ netbios: z.string().optional(), dns: names, upnSuffixes: names }).optional(),
    people: z.array(z.object({ ...entry, active: z.boolean(), why: z.string().optional(), profile: userProfile })),
    groups: z.array(z.object({ ...entry, name: z.string(), members: z.int() })),
    unreadable: z.array(z.object({ dn: z.string(), why: z.string() })),
  }),
  z.object({ ok: z.literal(false), cause: z.string(), sentence: z.string(), server: z.string(), error: z.string() }),
]);
export type SourceTest = z.infer<typeof sourceTest>;
