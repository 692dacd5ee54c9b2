/** Who is in a group, however deep, and through which group each of them came there. */
import { attributesOf, foldName } from "@sallyport/logon";
import type { Page, Store, Tx } from "../store.ts";
import type { GroupRow, UserRow } from "../store-directory.ts";
import { findGroup } from "./groups.ts";
import { done, type Outcome } from "./outcome.ts";

export interface Through {
  id: string;
  name: string;
  by: "member" | "rule";
}

export interface Member {
  user: UserRow;
  /** At least one: the group itself, or groups below it. */
  through: Through[];
}

export function listMembers(store: Store, groupId: string, page: Page): Promise<Outcome<Member[]>> {
  return store.read(async (tx): Promise<Outcome<Member[]>> => {
    const group = await findGroup(tx, groupId);
    if (group.kind !== "done") return group;
    const within = new Set([groupId, ...(await tx.groups.below(groupId))]);
    const members: Member[] = [];
    for (const user of await tx.groups.members(groupId, page)) {
      const through = (await ownGroups(tx, user)).filter(({ id }) => within.has(id));
      members.push({ user, through });
    }
    return done(members);
  });
}

/** Groups that the user was put into, or that chose the user by their rule: not those above them. */
export async function ownGroups(tx: Tx, user: UserRow): Promise<Through[]> {
  const put = (await tx.groups.directOfUser(user.id)).map(({ id, name }) => ({ id, name, by: "member" as const }));
  const chosen = (await tx.groups.ofUser(user.id)).filter((group) => chooses(group, user));
  return [...put, ...chosen.map(({ id, name }) => ({ id, name, by: "rule" as const }))];
}

function chooses({ rule }: GroupRow, { source, profile }: UserRow): boolean {
  if (!rule) return false;
  const held = rule.attribute === "source" ? source : attributesOf(profile).find(({ attribute }) => attribute === rule.attribute)?.folded;
  return held !== undefined && held === foldName(rule.value);
}
