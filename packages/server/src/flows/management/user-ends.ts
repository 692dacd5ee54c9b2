/** What the public API asks of a user besides changes: a profile as a whole, both halves of DELETE, and the groups. */
import { type ProfileChange, profileChange, type replaceUserRequest } from "@sallyport/contracts";
import type * as z from "zod";
import type { Store } from "../store.ts";
import type { GroupRow, UserRow } from "../store-directory.ts";
import { type Caller, done, type Outcome } from "./outcome.ts";
import { moveUser } from "./user-states.ts";
import { deleteUser, findUser, type UserDeps, updateUser } from "./users.ts";

const NOTHING: ProfileChange = Object.fromEntries(Object.keys(profileChange.shape).map((key) => [key, null]));

/** The profile becomes what is said: a field that is left out is taken away. */
export function replaceUser(
  deps: UserDeps,
  caller: Caller,
  id: string,
  { profile, credentials }: z.infer<typeof replaceUserRequest>,
): Promise<Outcome<UserRow>> {
  const said = Object.entries(profile).filter(([, value]) => value !== undefined);
  return updateUser(deps, caller, id, { profile: { ...NOTHING, ...Object.fromEntries(said) }, credentials });
}

/** The first DELETE deactivates, the next one deletes: nobody is gone by one slip. */
export async function deactivateOrDelete(store: Store, caller: Caller, id: string): Promise<Outcome<unknown>> {
  const found = await store.read((tx) => findUser(tx, id));
  if (found.kind !== "done") return found;
  const user = found.value;
  return user.status === "DEPROVISIONED" ? deleteUser(store, caller, user.id) : moveUser(store, caller, user.id, "deactivate");
}

/** Every group that counts for the user: also through another, and by a rule. */
export function listGroupsOfUser(store: Store, id: string): Promise<Outcome<GroupRow[]>> {
  return store.read(async (tx): Promise<Outcome<GroupRow[]>> => {
    const found = await findUser(tx, id);
    return found.kind === "done" ? done(await tx.groups.ofUser(found.value.id)) : found;
  });
}
