/** What each role may do, as one table, and who stands above whom. */
import type { Role } from "@sallyport/contracts";

const READ = [
  "users.read",
  "groups.read",
  "apps.read",
  "policy.read",
  "zones.read",
  "hosts.read",
  "factors.read",
  "logons.read",
  "log.read",
  "org.read",
] as const;
const HELP = ["users.unlock", "factors.enrol", "factors.reset", "factors.bypass"] as const;
const WRITE = [
  "users.write",
  "groups.write",
  "apps.write",
  "policy.write",
  "zones.write",
  "hosts.write",
  "tokens.read",
  "tokens.write",
  "org.write",
] as const;

export type Permission = (typeof READ)[number] | (typeof HELP)[number] | (typeof WRITE)[number];

export const PERMISSIONS: readonly Permission[] = [...READ, ...HELP, ...WRITE];

const MAY: Record<Role, ReadonlySet<Permission>> = {
  owner: new Set(PERMISSIONS),
  admin: new Set(PERMISSIONS),
  "help-desk": new Set<Permission>([
    ...HELP,
    "users.read",
    "groups.read",
    "apps.read",
    "hosts.read",
    "factors.read",
    "logons.read",
    "org.read",
  ]),
  auditor: new Set<Permission>(READ),
};

export function mayDo(role: Role, permission: Permission): boolean {
  return MAY[role].has(permission);
}

/** From the highest to the lowest; somebody without a role stands below all. */
const RANKS: readonly Role[] = ["owner", "admin", "help-desk", "auditor"];

/** True if `one` stands strictly above `other`. */
export function outranks(one: Role | null, other: Role | null): boolean {
  return rank(one) < rank(other);
}

/** Nobody resets, changes or makes somebody of a higher role (S18). */
export function mayActOn(actor: Role, target: Role | null): boolean {
  return !outranks(target, actor);
}

function rank(role: Role | null): number {
  return role === null ? RANKS.length : RANKS.indexOf(role);
}
