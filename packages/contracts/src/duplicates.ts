/** Duplicates of the management API: two users who share a name, and what was decided of them. */
import * as z from "zod";
import { userStatus } from "./people.ts";

const when = z.iso.datetime();

/** `open`: waits for a decision. `gone`: no longer true, without anybody having decided it. */
export const duplicateStatus = z.enum(["open", "decided", "gone"]);
/**
 * `keep`: both stay, and nobody is found by a shared name who was not before. `link`: both are one person, with each other's factors;
 * `primary` is the user who comes first, by default the one who was here first. `exclude`: this user is deactivated, and stays so.
 */
export const duplicateDecision = z.discriminatedUnion("decision", [
  z.strictObject({ decision: z.literal("keep") }),
  z.strictObject({ decision: z.literal("link"), primary: z.string().max(256).optional() }),
  z.strictObject({ decision: z.literal("exclude"), user: z.string().min(1).max(256) }),
]);
export type DuplicateDecision = z.infer<typeof duplicateDecision>;

export const duplicateView = z.object({
  id: z.string(),
  /** Kind of the name that was found to be shared, as in an app's rules; `sid`, or `look-alike`. */
  kind: z.string(),
  /** That name, folded. */
  name: z.string(),
  status: duplicateStatus,
  found: when,
  /** The one who was here first, then the other. Whoever was deleted meanwhile is missing. */
  users: z.array(
    z.object({
      id: z.string(),
      login: z.string(),
      source: z.string(),
      status: userStatus,
      created: when,
      linkedTo: z.string().nullable(),
      /** The shared name as their source writes it, where it differs from the folded one. */
      written: z.string().nullable(),
    }),
  ),
  /** Every name of the second by which the first could be found too, such as `login carol`. */
  shared: z.array(z.string()),
  decision: z.object({ kind: z.enum(["keep", "link", "exclude"]), user: z.string().nullable(), at: when, by: z.string() }).nullable(),
});
export type DuplicateView = z.infer<typeof duplicateView>;
/** What a look over all users came to. `gone`: findings that are no longer true and were closed. */
export const duplicateCheckView = z.object({
  users: z.int(),
  found: z.int(),
  gone: z.int(),
  open: z.int(),
  milliseconds: z.int(),
});
export type DuplicateCheckView = z.infer<typeof duplicateCheckView>;
