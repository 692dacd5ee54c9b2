/** Settings of a source that is a directory: Active Directory or another LDAP server. The account's password is no part of them. */
import * as z from "zod";
import { type UserProfile, userProfile } from "./people.ts";

/** The name of an attribute (RFC 4512 §1.4); options such as `;binary` are not taken. */
const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,127}$/, "must be the name of an attribute, such as mail or employeeNumber");
/** Who may be where: `DC=corp,DC=example,DC=test`. Whether it exists only the directory knows. */
const dn = z
  .string()
  .trim()
  .max(1024)
  .regex(/^[^=,]+=.+$/, "must be a distinguished name, such as DC=corp,DC=example,DC=test");
const filter = z
  .string()
  .trim()
  .max(4096)
  .refine(isOneFilter, "must be one LDAP filter in parentheses (RFC 4515), such as (objectClass=person)");

/** One pair of parentheses around everything; in values they are written as \28 and \29. */
function isOneFilter(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth <= 0 && at < text.length - 1) return false;
  }
  return depth === 0 && text.length > 2;
}

/** `ldaps://host`, or `ldap://host` if `startTls` is on; a port may follow. */
const server = z
  .string()
  .trim()
  .max(300)
  .superRefine((typed, context) => {
    const message = serverComplaint(typed);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });

function serverComplaint(typed: string): string | undefined {
  if (!/^ldaps?:\/\//i.test(typed)) return "must begin with ldaps:// (or with ldap:// and startTls switched on)";
  const url = URL.canParse(typed) ? new URL(typed) : undefined;
  if (!url?.hostname) return "is not a URL: write ldaps:// and the name of the server";
  if (url.username || url.password) return "must not hold a name or a password; the account goes into bindDn";
  const rest = `${url.search}${url.hash}${url.pathname.replace(/^\/$/, "")}`;
  return rest === "" ? undefined : "must end after the name of the server; the base goes into base";
}

/** A certificate as text. Its contents are looked at when the server is asked. */
export const certificates = z
  .string()
  .max(128 * 1024)
  .regex(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/, "must hold a certificate in PEM (BEGIN CERTIFICATE)");

/**
 * By which certificate a server is known; with neither, by the authorities that the operating system trusts.
 * `ca`: authorities in PEM, and no others. `pin`: hex SHA-256 of the public key (RFC 7469 §2.4) of the server or of an authority that it shows.
 */
const trust = z
  .strictObject({
    ca: certificates.optional(),
    pin: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in 64 lower-case hex digits, of the certificate's public key")
      .optional(),
  })
  .refine(({ ca, pin }) => ca === undefined || pin === undefined, "takes a CA or a pin, not both");

const profileMap = z.strictObject(
  Object.fromEntries(Object.keys(userProfile.shape).map((field) => [field, attribute.optional()])) as Record<
    keyof UserProfile,
    z.ZodOptional<typeof attribute>
  >,
);

/**
 * `kind`: `ad` is Active Directory or Samba, `ldap` any other server. Ids are objectGUID in `ad`, `idAttribute` (usually entryUUID) in `ldap`.
 * `servers` hold the same directory; they are tried in this order. `bindDn`: the account that only reads; in `ad` also `name@domain`.
 * `inactive` (`ldap`): whose attribute has one of these values may not log on, beside what the server's own policies say.
 */
export const ldapSettings = z
  .strictObject({
    kind: z.enum(["ad", "ldap"]),
    servers: z.array(server).min(1, "needs at least one server").max(8, "takes at most 8 servers"),
    startTls: z.boolean().default(false),
    trust: trust.default({}),
    bindDn: z.string().trim().min(1).max(1024),
    base: dn,
    peopleFilter: filter.optional(),
    groups: z.union([z.literal(false), z.strictObject({ base: dn.optional(), filter: filter.optional() })]).default({}),
    map: profileMap.default({}),
    idAttribute: attribute.optional(),
    inactive: z.strictObject({ attribute, values: z.array(z.string().min(1).max(256)).min(1).max(16) }).optional(),
    pageSize: z.int().min(10).max(5000).default(500),
    /** For each step: connecting, and each answer of the server. */
    timeoutSeconds: z.int().min(1).max(120).default(10),
  })
  .superRefine(({ kind, servers, startTls, idAttribute, inactive }, context) => {
    for (const [index, url] of servers.entries())
      if (!startTls && /^ldap:/i.test(url))
        context.addIssue({
          code: "custom",
          path: ["servers", index],
          message: "would carry passwords in clear: write ldaps://, or switch startTls on",
        });
    for (const [field, given] of Object.entries({ idAttribute, inactive }))
      if (kind === "ad" && given !== undefined)
        context.addIssue({ code: "custom", path: [field], message: "goes with kind ldap only; Active Directory has its own" });
  });
export type LdapSettings = z.infer<typeof ldapSettings>;
