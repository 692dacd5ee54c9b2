/** What the flows need of the stored people and apps: users, groups, apps with assignments and policy, zones. */
import type { GroupRule, NameRule, PolicyDocument, Role, UserProfile, UserStatus, Zone } from "@sallyport/contracts";
import type { KnownDomain } from "@sallyport/logon";
import type { Page } from "./store.ts";

export interface UserRow {
  id: string;
  source: string;
  externalId: string;
  status: UserStatus;
  statusSince: number | null;
  statusBy: string | null;
  profile: UserProfile;
  /** argon2id in PHC format, or null: no password check by the org. */
  passwordHash: string | null;
  passwordChanged: number | null;
  /** An administrator said so: the next sign-in by this password asks for another one. */
  mustChange: boolean;
  /** Role in the org of an administrator; null for everybody else. */
  role: Role | null;
  created: number;
  updated: number;
  /** The user who is the same person and comes first; null for everybody who stands alone, and for that first one. */
  linkedTo: string | null;
}

/** One folded name under which a user is found; see `namesOf` in logon. */
export interface UserName {
  kind: string;
  folded: string;
}

export interface NameHolder extends UserName {
  userId: string;
  linkedTo: string | null;
}

export interface LookedUp {
  holders: NameHolder[];
  /** Those of them who are assigned to the app, by themselves or as effective members of a group. */
  assigned: ReadonlySet<string>;
  /** The domains of the org, of the same moment. */
  domains: readonly KnownDomain[];
}

/** What came from a source is known by the source's own id, never by a name (S29). */
export interface SourcePage {
  skip: number;
  limit: number;
  without?: string | undefined;
}

export interface SourceKeys<Row> {
  byExternalId(source: string, externalId: string): Promise<Row | undefined>;
  /** Which of these ids are this source's. */
  ownedBy(source: string, ids: readonly string[]): Promise<string[]>;
  /** Throws `Conflict` if the source has another with this id. */
  rekey(id: string, externalId: string): Promise<void>;
  /**
   * How many this source has, and those behind the first `skip`, by external id: of the others no row is read. `without`: who said so of
   * those that are deactivated and not counted.
   */
  pageOfSource(source: string, page: SourcePage): Promise<{ total: number; rows: Row[] }>;
}

export interface UsersStore extends SourceKeys<UserRow> {
  /** Throws `Conflict` if (source, external id) or the login in this source exists (S29: nothing is overwritten). */
  insert(user: UserRow, names: UserName[]): Promise<void>;
  byId(id: string): Promise<UserRow | undefined>;
  /** Exactly this login (folded); several sources may have one each. */
  byLogin(foldedLogin: string): Promise<UserRow[]>;
  /** By folded login, then id. `past`: only behind this place, whether or not somebody still stands there. */
  list(page: Page & { query?: string | undefined; past?: { login: string; id: string } | undefined }): Promise<UserRow[]>;
  /** Of one source, by external id; `after` is the last one's. */
  ofSource(source: string, page: Page): Promise<UserRow[]>;
  update(id: string, change: Partial<Omit<UserRow, "id" | "source" | "externalId" | "created">>, names?: UserName[]): Promise<void>;
  remove(id: string): Promise<void>;
  /** Who is found under each of these names, and the user they are linked to; one statement. */
  holders(names: UserName[]): Promise<NameHolder[]>;
  /**
   * For the name resolver: who is found under the names that `namesFor` makes of the domains, which are always the present ones. One way to
   * the database and back, or two where the domains have changed since this process last looked: `namesFor` may then run again.
   */
  lookUp(appId: string, namesFor: (domains: readonly KnownDomain[]) => readonly UserName[]): Promise<LookedUp>;
  /** Users who are linked to this one; not this one. */
  linkedTo(id: string): Promise<UserRow[]>;
  /**
   * Takes one try before a password is looked at (S2, S3): adds a failure only below `cap` and past the wait. Answers the new count, or
   * undefined if no try was left. One statement. Failures of factors are counted elsewhere.
   */
  takePasswordTry(id: string, cap: number, now: number): Promise<number | undefined>;
  /** How many wrong passwords in a row there were, and before when no other is looked at; epoch ms. */
  passwordTries(id: string): Promise<{ failures: number; nextAt: number }>;
  /** Gives one try back in which no password was compared, and ends its wait. One statement. */
  returnPasswordTry(id: string): Promise<void>;
  setPasswordTries(id: string, tries: { failures: number; nextAt: number }): Promise<void>;
  count(): Promise<number>;
  anyAdministrator(): Promise<boolean>;
}

export interface GroupRow {
  id: string;
  name: string;
  description: string | null;
  created: number;
  /** The source that keeps this group and its members; null for one that was made here. */
  source: string | null;
  /** The source's own id of it (S29). */
  externalId: string | null;
  /** Everybody of whom this is true is a member, beside those who were put into it. */
  rule: GroupRule | null;
}

/** Membership is *direct* (put into this very group) or *effective*: also by a rule, and through groups in it, however deep; cycles are harmless. */
export interface GroupsStore extends SourceKeys<GroupRow> {
  /** Throws `Conflict` if the name, or (source, external id), exists. */
  insert(group: GroupRow): Promise<void>;
  byId(id: string): Promise<GroupRow | undefined>;
  byName(name: string): Promise<GroupRow | undefined>;
  /** By name in lower case. `past`: only behind this one, whether or not a group has it. */
  list(page: Page & { query?: string | undefined; past?: string | undefined }): Promise<GroupRow[]>;
  /** Of one source, by external id; `after` is the last one's. */
  ofSource(source: string, page: Page): Promise<GroupRow[]>;
  /** Throws `Conflict` if another group has the name. */
  update(id: string, change: Partial<Pick<GroupRow, "name" | "description" | "rule">>): Promise<void>;
  remove(id: string): Promise<void>;
  /** One statement each; who is in or out already stays so. */
  addMembers(groupId: string, userIds: readonly string[]): Promise<void>;
  removeMembers(groupId: string, userIds: readonly string[]): Promise<void>;
  addChildren(groupId: string, groupIds: readonly string[]): Promise<void>;
  removeChildren(groupId: string, groupIds: readonly string[]): Promise<void>;
  /** Direct ones, by id. */
  memberIds(groupId: string, page: Page): Promise<string[]>;
  children(groupId: string): Promise<GroupRow[]>;
  parents(groupId: string): Promise<GroupRow[]>;
  /** Effective ones, by id. */
  members(groupId: string, page: Page): Promise<UserRow[]>;
  /** Every group that this user is effectively in, by name. */
  ofUser(userId: string): Promise<GroupRow[]>;
  /** Groups that this user was put into directly. */
  directOfUser(userId: string): Promise<GroupRow[]>;
  /** Groups below this one, however deep, without itself; for finding out whether an edge would close a cycle. */
  below(groupId: string): Promise<string[]>;
}

export interface AppRow {
  id: string;
  label: string;
  status: "ACTIVE" | "INACTIVE";
  nameRules: NameRule[];
  policyVersion: number;
  policy: PolicyDocument;
  /** Hosts may sign with a shared client secret. */
  legacy: boolean;
  created: number;
}

export interface AssignmentRow {
  id: string;
  scope: "USER" | "GROUP";
  name: string;
  created: number;
}

export interface AppsStore {
  /** Throws `Conflict` if the label exists. */
  insert(app: AppRow): Promise<void>;
  byId(id: string): Promise<AppRow | undefined>;
  /** With whether this very user is assigned, by themselves or as an effective member of a group. One statement. */
  forUser(id: string, userId: string): Promise<{ app: AppRow; assigned: boolean } | undefined>;
  byLabel(label: string): Promise<AppRow | undefined>;
  /** By label in lower case. `past`: only behind this one, whether or not an app has it. */
  list(page: Page & { past?: string | undefined }): Promise<AppRow[]>;
  update(id: string, change: Partial<Pick<AppRow, "label" | "status" | "nameRules" | "legacy">>): Promise<void>;
  remove(id: string): Promise<void>;
  /** Every rule for names that any app has, once. */
  nameRules(): Promise<NameRule[]>;
  /** Replaces the policy only if its version is still `expected`; answers the new version, or undefined if someone was faster. */
  setPolicy(id: string, expected: number, document: PolicyDocument): Promise<number | undefined>;
  assignUser(appId: string, userId: string, now: number): Promise<void>;
  unassignUser(appId: string, userId: string): Promise<void>;
  assignGroup(appId: string, groupId: string, now: number): Promise<void>;
  unassignGroup(appId: string, groupId: string): Promise<void>;
  assignments(appId: string, scope: "USER" | "GROUP", page: Page): Promise<AssignmentRow[]>;
  /** The assignment of this very user or group, not through another. */
  assignment(appId: string, scope: "USER" | "GROUP", id: string): Promise<AssignmentRow | undefined>;
}

export interface ZonesStore {
  put(zone: Zone): Promise<void>;
  byName(name: string): Promise<Zone | undefined>;
  list(): Promise<Zone[]>;
  remove(name: string): Promise<boolean>;
}
