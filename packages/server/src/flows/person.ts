/** Users who are one person by a link: who they are, and the factors that count for each of them. */
import type { Tx } from "./store.ts";
import type { UserRow } from "./store-directory.ts";
import type { EnrolmentRow } from "./store-logons.ts";

/** The primary user first, then those who are linked to it; a user who is linked to nobody stands alone. */
export async function personOf(tx: Tx, user: UserRow): Promise<UserRow[]> {
  const primary = user.linkedTo === null ? user : await tx.users.byId(user.linkedTo);
  return primary ? [primary, ...(await tx.users.linkedTo(primary.id))] : [user];
}

/**
 * Each stays enrolled under the id that it was enrolled for: an undone link parts them again. What is just being made in an open
 * transaction is nobody's factor yet, and goes with that transaction: whoever closed the window meanwhile is not locked out by it.
 */
export async function factorsOf(tx: Tx, user: UserRow): Promise<EnrolmentRow[]> {
  const person = await personOf(tx, user);
  return (await Promise.all(person.map(({ id }) => tx.enrolments.ofUser(id)))).flat().filter((one) => !isBeingMade(one));
}

/** Name in `data` under which an enrolment says in which transaction it is being made; gone once it is active. */
const MADE_IN = "madeIn";

export function isBeingMade({ data }: EnrolmentRow): boolean {
  return data[MADE_IN] !== undefined;
}

export function beingMade(data: EnrolmentRow["data"], transactionId: string): EnrolmentRow["data"] {
  return { ...data, [MADE_IN]: transactionId };
}

export function madeData(data: EnrolmentRow["data"]): EnrolmentRow["data"] {
  const { [MADE_IN]: _, ...rest } = data;
  return rest;
}
