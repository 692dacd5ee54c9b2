/** Users who are one person by a link: who they are, and the factors that count for each of them. */
import type { Tx } from "./store.ts";
import type { UserRow } from "./store-directory.ts";
import type { EnrolmentRow } from "./store-logons.ts";

/** The primary user first, then those who are linked to it; a user who is linked to nobody stands alone. */
export async function personOf(tx: Tx, user: UserRow): Promise<UserRow[]> {
  const primary = user.linkedTo === null ? user : await tx.users.byId(user.linkedTo);
  return primary ? [primary, ...(await tx.users.linkedTo(primary.id))] : [user];
}

/** Each stays enrolled under the id that it was enrolled for: an undone link parts them again. */
export async function factorsOf(tx: Tx, user: UserRow): Promise<EnrolmentRow[]> {
  const person = await personOf(tx, user);
  return (await Promise.all(person.map(({ id }) => tx.enrolments.ofUser(id)))).flat();
}
