/** Ends every session of a user in one step: what they were proved by does not hold any more. */
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { NewEvent } from "../store-logons.ts";

export async function endSessions(tx: Tx, { id, profile }: UserRow, actor: NewEvent["actor"]): Promise<void> {
  const count = await tx.sessions.revokeOf(id, tx.now);
  const target = { type: "user", id, name: profile.login };
  if (count > 0) await tx.log.append({ type: "session.ended", actor, target, outcome: "success", data: { count } });
}
