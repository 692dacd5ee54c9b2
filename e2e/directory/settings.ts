/** The settings file of a source, as an administrator writes it for one of the story's domains. */
import { readFileSync } from "node:fs";
import type { Certificate } from "../machine/certificates.ts";
import type { Samba } from "./samba.ts";

export function settingsOf(samba: Samba, authority: Certificate): object {
  return {
    kind: "ad",
    servers: [samba.url],
    trust: { ca: readFileSync(authority.pem, "utf8") },
    bindDn: samba.reader.dn,
    base: samba.base,
  };
}
