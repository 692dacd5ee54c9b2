/** A directory as the flows want it, over LDAP. */
import { FilterParser } from "ldapts";
import { type Directory, DirectoryFault, type DirectorySource } from "../flows/directory.ts";
import { activeDirectory } from "./active-directory.ts";
import { checkPassword } from "./check.ts";
import { serverOf } from "./cursor.ts";
import type { Kind } from "./kind.ts";
import { plainLdap } from "./plain-ldap.ts";
import { lookAround, readAll } from "./read.ts";
import { Servers } from "./servers.ts";

/** @param checks how many passwords may be checked at once; beyond it nothing is asked. */
export function ldapDirectory({ checks = 32 } = {}): Directory {
  const servers = new Servers();
  let checking = 0;
  return {
    read: (source, { cursor, signal, onProgress }) =>
      servers.first(source, signal, serverOf(cursor) ?? source.settings.servers[0], async (session) => {
        await session.bindAccount(source);
        const kind = kindOf(source);
        return readAll({ session, settings: source.settings, kind, ground: await kind.ground(session), onProgress }, cursor);
      }),
    look: (source, { limit, signal }) =>
      servers.first(source, signal, undefined, async (session) => {
        await session.bindAccount(source);
        const kind = kindOf(source);
        return lookAround({ session, settings: source.settings, kind, ground: await kind.ground(session), onProgress() {} }, limit);
      }),
    async check(source, externalId, password, { signal }) {
      const [server = ""] = source.settings.servers;
      // S33: before anybody is asked. A NUL ends the password for some servers, and then another one is compared.
      if (password === "" || password.includes("\0"))
        return { kind: "wrong", cause: "user.password", evidence: { server, reason: "empty" } };
      if (checking >= checks) return { kind: "overloaded" };
      checking += 1;
      try {
        const kind = kindOf(source);
        return await servers.first(source, signal, undefined, (session) => checkPassword(session, source, kind, externalId, password));
      } finally {
        checking -= 1;
      }
    },
  };
}

/** Throws a `DirectoryFault` for a filter that is none: only here is there somebody who can read one. */
function kindOf({ settings }: DirectorySource): Kind {
  const kind = settings.kind === "ad" ? activeDirectory(settings) : plainLdap(settings);
  for (const [place, filter] of [
    ["peopleFilter", kind.peopleFilter],
    ["groups.filter", kind.groupsFilter ?? "(objectClass=*)"],
  ] as const) {
    try {
      FilterParser.parseString(filter);
    } catch (error) {
      const sentence = `The source's ${place} is no LDAP filter (RFC 4515): ${filter}. Correct it in the source.`;
      throw new DirectoryFault(sentence, { server: settings.servers[0] ?? "", error: (error as Error).message });
    }
  }
  return kind;
}
