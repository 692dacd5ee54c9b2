/** The cap on what reaches a person unasked: pushes, and codes by mail, text message and call. */
import { SEND_CAP } from "@sallyport/logon";
import { personOf } from "./person.ts";
import type { Tx } from "./store.ts";
import type { UserRow } from "./store-directory.ts";
import type { CappedKind } from "./store-requests.ts";

/** S10: false if this person had as many within the window. Users who are one person have the same phone and mailbox, and one cap. */
export async function takeSending(tx: Tx, user: UserRow, kind: CappedKind): Promise<boolean> {
  const [person = user] = await personOf(tx, user);
  return tx.sendCaps.take(person.id, kind, tx.now, SEND_CAP.windowMs);
}
