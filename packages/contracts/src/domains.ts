/** Domains of the management API: which names mean the same domain, and which one a machine belongs to. */
import * as z from "zod";

/** One name of a domain: `CORP`, `corp.example.test`. */
export const domainName = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .regex(/^[^\\@\s,]+$/u, "a domain's name, without \\, @, comma or white space");
export const domainRequest = z.strictObject({ netbios: domainName.nullable().optional(), aliases: z.array(domainName).max(32).optional() });
/** `source`: the source that told of it; null if an administrator did. */
export const domainView = z.object({
  name: z.string(),
  netbios: z.string().nullable(),
  aliases: z.array(z.string()),
  source: z.string().nullable(),
  created: z.iso.datetime(),
});
export type DomainView = z.infer<typeof domainView>;
/** `domain`: where a name without a domain that is typed at this machine is looked for first; null takes it away. */
export const hostChange = z.strictObject({ domain: domainName.nullable() });
