/** Users and groups of the management API: what is sent to make or change them, and what is answered. */
import * as z from "zod";

const label = z.string().trim().min(1).max(128);
const when = z.iso.datetime();

/** `login` is the user's name in the org; the others are the names that machines and directories know. */
export const userProfile = z.strictObject({
  login: z.string().trim().min(1).max(256),
  email: z.string().max(256).optional(),
  firstName: z.string().max(128).optional(),
  lastName: z.string().max(128).optional(),
  samAccountName: z.string().max(256).optional(),
  domain: z.string().max(256).optional(),
  userPrincipalName: z.string().max(256).optional(),
  sid: z.string().max(184).optional(),
  displayName: z.string().max(256).optional(),
  title: z.string().max(128).optional(),
  department: z.string().max(128).optional(),
  division: z.string().max(128).optional(),
  organization: z.string().max(128).optional(),
  costCenter: z.string().max(128).optional(),
  city: z.string().max(128).optional(),
  state: z.string().max(128).optional(),
  countryCode: z.string().max(128).optional(),
  employeeNumber: z.string().max(128).optional(),
  userType: z.string().max(128).optional(),
  /** Language and country, such as `de-DE` or `de_DE`: in it the org writes to them. */
  locale: z.string().max(35).optional(),
});
/** Fields of a profile by which a group may choose its members; `source` is where the user comes from. */
export const ruleAttribute = z.enum([
  "source",
  "title",
  "department",
  "division",
  "organization",
  "costCenter",
  "city",
  "state",
  "countryCode",
  "employeeNumber",
  "userType",
]);
export type RuleAttribute = z.infer<typeof ruleAttribute>;
export type UserProfile = z.infer<typeof userProfile>;
/** Where people come from, such as `hr`; `local` are those that were made here. */
export const sourceName = z.string().regex(/^[a-z0-9][a-z0-9.-]{0,63}$/, "lower-case letters, digits, dots and hyphens");
export const userStatus = z.enum(["STAGED", "ACTIVE", "SUSPENDED", "LOCKED_OUT", "DEPROVISIONED"]);
export type UserStatus = z.infer<typeof userStatus>;

/** `source`: where the user comes from; with `externalId` it is the key (S29), never the name. */
export const createUserRequest = z.strictObject({
  profile: userProfile,
  credentials: z.strictObject({ password: z.strictObject({ value: z.string().max(1024) }) }).optional(),
  source: sourceName.optional(),
  externalId: z.string().min(1).max(256).optional(),
});
const { shape } = userProfile;
/** What an administrator or a source says of somebody: `null` takes a field away, one that is left out stays as it is. */
export const profileChange = z.strictObject({
  login: shape.login.optional(),
  email: shape.email.nullable(),
  firstName: shape.firstName.nullable(),
  lastName: shape.lastName.nullable(),
  samAccountName: shape.samAccountName.nullable(),
  domain: shape.domain.nullable(),
  userPrincipalName: shape.userPrincipalName.nullable(),
  sid: shape.sid.nullable(),
  displayName: shape.displayName.nullable(),
  title: shape.title.nullable(),
  department: shape.department.nullable(),
  division: shape.division.nullable(),
  organization: shape.organization.nullable(),
  costCenter: shape.costCenter.nullable(),
  city: shape.city.nullable(),
  state: shape.state.nullable(),
  countryCode: shape.countryCode.nullable(),
  employeeNumber: shape.employeeNumber.nullable(),
  userType: shape.userType.nullable(),
  locale: shape.locale.nullable(),
});
export type ProfileChange = z.infer<typeof profileChange>;
export const updateUserRequest = z.strictObject({
  profile: profileChange.optional(),
  credentials: z.strictObject({ password: z.strictObject({ value: z.string().max(1024) }) }).optional(),
});
/** The whole profile: a field that is left out is taken away. */
export const replaceUserRequest = updateUserRequest.extend({ profile: profileChange.extend({ login: shape.login }) });
export const userView = z.object({
  id: z.string(),
  /** `PASSWORD_EXPIRED`: active, and has to choose another password at the next sign-in. */
  status: z.enum([...userStatus.options, "PASSWORD_EXPIRED"]),
  created: when,
  lastUpdated: when,
  statusChanged: when.nullable(),
  passwordChanged: when.nullable(),
  profile: userProfile,
  source: z.string(),
  externalId: z.string(),
  /** The user who is the same person and comes first; null for everybody who stands alone. */
  linkedTo: z.string().nullable(),
});
export type UserView = z.infer<typeof userView>;

export const createGroupRequest = z.strictObject({
  profile: z.strictObject({ name: label, description: z.string().max(1024).optional() }),
});
/** Everybody whose field has this value is a member; case and Unicode folded. */
export const groupRule = z.strictObject({ attribute: ruleAttribute, value: z.string().trim().min(1).max(128) });
export type GroupRule = z.infer<typeof groupRule>;
/** `APP_GROUP`: kept by a source, which alone changes its members. */
export const groupView = z.object({
  id: z.string(),
  created: when,
  type: z.enum(["OKTA_GROUP", "APP_GROUP"]),
  profile: z.object({ name: z.string(), description: z.string().nullable() }),
  source: z.string().nullable(),
  externalId: z.string().nullable(),
  rule: groupRule.nullable(),
});
export type GroupView = z.infer<typeof groupView>;
/** With the groups that are put into it directly. */
export const groupDetailView = groupView.extend({ groups: z.array(z.object({ id: z.string(), name: z.string() })) });
export type GroupDetailView = z.infer<typeof groupDetailView>;
/** `through`: the groups, this one or one below it, that the user was put into, or that chose the user by their rule. */
export const groupMemberView = userView.extend({
  through: z.array(z.object({ id: z.string(), name: z.string(), by: z.enum(["member", "rule"]) })),
});
export type GroupMemberView = z.infer<typeof groupMemberView>;
