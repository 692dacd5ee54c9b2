/** Up to where a directory was read. It counts only for the server that gave it, and for the settings under which it was read. */
import { createHash } from "node:crypto";
import type { LdapSettings } from "@sallyport/contracts";
import * as z from "zod";
import type { Ground, Since } from "./kind.ts";

const cursorShape = z.strictObject({
  version: z.literal(1),
  server: z.string(),
  identity: z.string(),
  settings: z.string(),
  rooms: z.string(),
  usn: z.string().regex(/^\d+$/).optional(),
  at: z.int(),
  changed: z.int().optional(),
});
export type Cursor = z.infer<typeof cursorShape>;

/** What is read depends on these; where and how it is asked does not. */
function fingerprint({ kind, base, peopleFilter, groups, map, idAttribute, inactive }: LdapSettings): string {
  const relevant = JSON.stringify([kind, base, peopleFilter, groups, map, idAttribute, inactive]);
  return createHash("sha256").update(relevant).digest("hex").slice(0, 32);
}

/** @param ground as it was before the read began @param rooms the containers of people, as a digest @param newest change that was seen while it was found out who is there at all */
export function cursorOf(
  { server, settings, ground, rooms }: { server: string; settings: LdapSettings; ground: Ground; rooms: string },
  newest: number | undefined,
): Cursor {
  const { identity, usn, now } = ground;
  const counts = { ...(usn === undefined ? {} : { usn: `${usn}` }), ...(newest === undefined ? {} : { changed: newest }) };
  return { version: 1, server, identity, settings: fingerprint(settings), rooms, at: now, ...counts };
}

/** Undefined if everything has to be read: it is no cursor of ours, of other settings, of another server, or of one that was set back. */
export function sinceOf(cursor: unknown, settings: LdapSettings, ground: Ground): Since | undefined {
  const read = cursorShape.safeParse(cursor);
  if (!read.success) return undefined;
  const { identity, settings: before, at, rooms, usn, changed } = read.data;
  if (identity !== ground.identity || before !== fingerprint(settings)) return undefined;
  if (usn !== undefined && (ground.usn === undefined || BigInt(usn) > ground.usn)) return undefined;
  return { at, rooms, ...(usn === undefined ? {} : { usn }), ...(changed === undefined ? {} : { changed }) };
}

/** The server that gave this cursor, to be asked first. */
export function serverOf(cursor: unknown): string | undefined {
  const read = cursorShape.safeParse(cursor);
  return read.success ? read.data.server : undefined;
}
