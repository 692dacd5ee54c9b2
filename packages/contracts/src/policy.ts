/** The policy of an app as an administrator writes it, and the part of it that a host holds. */
import * as z from "zod";
import { METHOD, scenario, service, sid } from "./door.ts";

/**
 * What a rule may ask for. `bypass` is a code that an administrator gives out, and nobody enrols; `email`, `sms` and `call` count only
 * where a rule names them.
 */
export const factorKind = z.enum(["totp", "push", "passkey", "email", "sms", "call", "recovery", "bypass"]);
export type FactorKind = z.infer<typeof factorKind>;
/** Kinds that a person has an enrolment of. */
export const enrolledKind = factorKind.exclude(["bypass"]);
export type EnrolledKind = z.infer<typeof enrolledKind>;

const names = z.array(z.string().min(1).max(256)).min(1).max(256);
const clockTime = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "a time of day, HH:MM");

/** All conditions of a rule must hold; within a list one is enough. */
export const ruleConditions = z.strictObject({
  users: names.optional().describe("Logins."),
  groups: names.optional().describe("Names of groups."),
  hosts: names.optional().describe("Names of machines."),
  zones: names
    .optional()
    .describe("Names of zones that the client's address must be in. Never matches an address that is missing or only claimed."),
  notZones: names.optional().describe("Names of zones that the address must be outside of."),
  scenarios: z.array(scenario).min(1).optional().describe("What the logon is for."),
  services: z
    .array(service)
    .min(1)
    .max(64)
    .optional()
    .describe("`sshd`, `sudo`, `su`, `console`, `xrdp` …; `web`: a step-up in a browser."),
  remote: z.boolean().optional().describe("From elsewhere, or at the machine."),
  days: z
    .array(z.enum(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
    .min(1)
    .optional()
    .describe("Days of the week."),
  from: clockTime.optional().describe("From this time of day on, by the org's clock."),
  to: clockTime.optional().describe("Until before this time of day; earlier than `from` means over midnight."),
  timeZone: z.string().max(64).optional().describe("IANA name of the zone in which days and times count. Left out: UTC."),
});
export type RuleConditions = z.infer<typeof ruleConditions>;

export const policyRule = z.strictObject({
  name: z.string().min(1).max(128).describe("What `why` and `rehearse` call it."),
  if: ruleConditions.optional().describe("All that is named must hold; within a list one is enough. Left out: always."),
  then: z
    .enum(["factor", "allow", "deny"])
    .describe("`factor`: ask for one; `allow`: let in without (an event warns each time); `deny`: refuse."),
  factors: z
    .array(factorKind)
    .min(1)
    .optional()
    .describe(
      "Kinds of factor that will do; `bypass`: a code from an administrator. Left out: any but `email`, `sms` and `call`, which must be named.",
    ),
  linkZones: names
    .optional()
    .describe(
      "Names of zones: a link counts only where the client of the logon and the browser that approves are both in one and the same of them. Left out: from anywhere.",
    ),
  always: z.boolean().optional().describe("No fail mode may open for what this rule covers."),
});
export type PolicyRule = z.infer<typeof policyRule>;

/**
 * SIDs of Windows that stand for everybody, or for whoever logs on in some way ([MS-DTYP] 2.4.2.4): a rule that named one would be a rule on
 * all. What people are put into stands below a machine's or domain's own SID, below S-1-5-32 (without Users and Guests), or is Entra ID's.
 */
const EVERYBODY = /^S-1-(?!5-21-|5-32-|12-1-)|^S-1-5-32-54[56]$|^S-1-5-21-.+-51[345]$/;

/** An account that the machine itself knows and that is never asked: by uid, SID or exact name as the operating system resolved it. */
export const exclusion = z.strictObject({
  uid: z.int().min(0).optional().describe("Of a Linux account. All that is named must match."),
  sid: sid
    .refine((one) => !EVERYBODY.test(one), "a SID of one account, or of a group that not everybody is in")
    .optional()
    .describe("Of a Windows account, or of a group that it is in, through other groups too."),
  name: z.string().optional().describe("Exactly as the operating system resolved it; with a domain `DOMAIN\\name`."),
  reason: z.string().min(1).max(256).describe("Why; it stands in the record of each logon."),
});

/** A way in that is allowed without this logon's decision, for the PAM account line: such as sshd with a public key. */
export const permit = z.strictObject({
  service: service.describe("The service that lets in so."),
  method: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/, METHOD)
    .describe("`none`: no password was asked (sshd with a key, `NOPASSWD`); `root`: by root."),
  users: names.optional().describe("Only for these accounts."),
});
export const failModes = z.strictObject({
  orgUnreachable: z.enum(["refuse", "allow"]).describe("The org's name is not found, or it cannot be connected to."),
  orgError: z.enum(["refuse", "allow"]).describe("The org, proved by TLS, answers 5xx."),
  agentGone: z.enum(["refuse", "allow"]).describe("No agent runs. Never opens for remote logons, sudo, su or an elevation on Windows."),
});
export type FailModes = z.infer<typeof failModes>;

/** Whom an administrator may let in by break-glass while the org cannot be reached. */
export const breakGlassRight = z.strictObject({
  users: names
    .optional()
    .describe("Only these accounts, as the machine's operating system names them. Left out, and `groups` too: everybody."),
  groups: names
    .max(16)
    .optional()
    .describe("Names of groups: whoever is in one of them, and may log on here. A machine holds at most 200 people of them."),
});
/** How many people a machine's list holds, by groups, and how many names of each. */
export const BREAK_GLASS_PEOPLE = 200;
export const BREAK_GLASS_ACCOUNTS = 16;
/**
 * What a host holds of it: `people` are the members of its groups when it was signed, each by their login, with every account name (folded:
 * lower case, NFKC) that means them at this host. `cut`: the groups have more members than a list holds.
 */
export const breakGlassList = z.strictObject({
  users: names.optional(),
  people: z
    .array(z.strictObject({ login: z.string().min(1).max(256), accounts: z.array(z.string().min(1).max(520)).max(BREAK_GLASS_ACCOUNTS) }))
    .max(BREAK_GLASS_PEOPLE)
    .optional(),
  cut: z.literal(true).optional(),
});
export type BreakGlassList = z.infer<typeof breakGlassList>;
/** Codes that a person set up at a machine for the time when the org cannot be reached. */
export const offlineRight = z.strictObject({
  days: z.int().min(1).max(90).describe("How long they count after the person's last logon with the org."),
  uses: z.int().min(1).max(100).describe("How many logons they are good for until the next one with the org."),
  users: names.optional().describe("Only these accounts, as the machine's operating system names them. Left out: everybody."),
});
export type OfflineRight = z.infer<typeof offlineRight>;

/** The document of `policy show` and `policy set`. The last rule, *ask for a factor*, is always there and is not written. */
export const policyDocument = z.strictObject({
  rules: z.array(policyRule).max(200).describe("The first that fits decides. After the last one stands *ask for a factor*, always."),
  failModes: failModes.partial().optional().describe("What stands when the org or the agent is away. Each `refuse` if left out."),
  exclusions: z.array(exclusion).max(64).optional().describe("Accounts of the machine that are never asked."),
  permits: z
    .array(permit)
    .max(64)
    .optional()
    .describe(
      "Ways in that pass without a decision of their own. Left out: root's own `su` and `runuser`. A list has exactly what it names.",
    ),
  breakGlass: breakGlassRight.optional().describe("Left out: break-glass lets nobody in."),
  offline: offlineRight.optional().describe("Left out: there are no offline codes."),
});
export type PolicyDocument = z.infer<typeof policyDocument>;

/** What the host holds. `always`: what no fail mode may open; an absent list means all. */
export const hostPolicy = z.strictObject({
  failModes,
  exclusions: z.array(exclusion),
  permits: z.array(permit),
  always: z.array(z.strictObject({ services: z.array(service).optional(), scenarios: z.array(scenario).optional() })),
  /** What may be done while the org cannot be reached. Absent: nothing. */
  breakGlass: breakGlassList.optional(),
  offline: offlineRight.optional(),
});
export type HostPolicy = z.infer<typeof hostPolicy>;

export const zone = z.strictObject({ name: z.string().min(1).max(128), cidrs: z.array(z.string().min(1).max(64)).min(1).max(1000) });
export type Zone = z.infer<typeof zone>;
