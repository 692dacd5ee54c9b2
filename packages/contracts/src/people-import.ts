/** People of one source, brought in at once: what is asked, and what becomes of each of them. */
import * as z from "zod";
import { profileChange, sourceName, userProfile } from "./people.ts";

/** The most people of one import. */
export const PEOPLE_AT_ONCE = 10_000;

/** One person as the source has them: keyed by the source's own id, never by a name (S29). */
export const importedPerson = z.strictObject({
  externalId: z.string().trim().min(1).max(256),
  profile: profileChange.extend({ login: userProfile.shape.login }),
  /** False: nobody who may log on; somebody who is here is deactivated, a stranger is not made. */
  active: z.boolean().default(true),
});
export type ImportedPerson = z.infer<typeof importedPerson>;

export const importRequest = z.strictObject({
  people: z.array(importedPerson).min(1).max(PEOPLE_AT_ONCE),
  /** Whoever is here from this source and not among these people is deactivated. */
  complete: z.boolean().default(false),
  /** Percent of this source's people who may be deactivated at once; with more, nothing is changed. */
  brake: z.number().min(0).max(100).default(10),
});
export type ImportRequest = z.infer<typeof importRequest>;

/**
 * `held-back`: made, but waits for a decision, since somebody else has one of the names (S29). `left-out`: inactive in the source and not here.
 * `refused`: nothing of this person was changed; `why` says what stands in the way.
 */
export const personFate = z.enum(["created", "held-back", "updated", "activated", "deactivated", "unchanged", "left-out", "refused"]);
export type PersonFate = z.infer<typeof personFate>;

export const importedView = z.object({
  externalId: z.string(),
  login: z.string(),
  fate: personFate,
  /** Fields of the profile that were changed. */
  changed: z.array(z.string()).optional(),
  /** Before and after of each of these; null where there is nothing. */
  changes: z.record(z.string(), z.tuple([z.string().nullable(), z.string().nullable()])).optional(),
  why: z.string().optional(),
});
export type ImportedView = z.infer<typeof importedView>;

/** In the order of the request; those that were deactivated since they were missing come last. */
export const importView = z.object({
  source: sourceName,
  dryRun: z.boolean(),
  people: z.array(importedView),
  /** Of a dry run: why the import itself would change nothing at all. */
  braked: z.string().optional(),
});
export type ImportView = z.infer<typeof importView>;
