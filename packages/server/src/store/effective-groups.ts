/** Who is in which group: directly, by the group's rule, and through groups within groups; the one place that knows it. */
import { type RawBuilder, sql as raw } from "kysely";

/**
 * Part of `with recursive`, `own(user_id, group_id)`: every group of each of these users. UNION drops what was reached already, so that a
 * cycle ends; it walks upwards, from one user's few groups, never down through a large one. @param users what follows the column, such as `= 'x'`.
 */
export function groupsOf(users: RawBuilder<unknown>): RawBuilder<unknown> {
  return raw`own(user_id, group_id) as (
    select user_id, group_id from group_members where user_id ${users}
    union select a.user_id, g.id from user_attributes a
      join groups g on g.rule_attribute = a.attribute and g.rule_folded = a.folded where a.user_id ${users}
    union select u.id, g.id from users u join groups g on g.rule_attribute = 'source' and g.rule_folded = u.source where u.id ${users}
    union select own.user_id, e.parent_id from own join group_groups e on e.child_id = own.group_id)`;
}
/** `with recursive below(id)`: this group and every group in it, however deep. */
export function groupsBelow(groupId: string): RawBuilder<unknown> {
  return raw`with recursive below(id) as (
    select id from groups where id = ${groupId} union select e.child_id from below join group_groups e on e.parent_id = below.id)`;
}

/** After `groupsBelow`: ids of all members of those groups. */
export const MEMBERS_BELOW = raw`select m.user_id from group_members m join below on below.id = m.group_id
    union select a.user_id from user_attributes a join groups g on g.rule_attribute = a.attribute and g.rule_folded = a.folded
      join below on below.id = g.id
    union select u.id from users u join groups g on g.rule_attribute = 'source' and g.rule_folded = u.source join below on below.id = g.id`;
