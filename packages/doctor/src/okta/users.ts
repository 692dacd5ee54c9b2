/** Finds the name of the person whom a line of a log speaks of. */
import { decodeText } from "../encoding.ts";

/** `username = CORP\alice`, `User: alice`, `Benutzername: …`, `for user alice`, `Username from provider: alice`; never the `String username` of a stack. Only characters that a name in Windows may have. */
const USER =
  /(?:\b(?:user[ _-]?name|user|login|account|Benutzer(?:name)?|utilisateur|usuario|utente)\b(?: (?:name|is|from provider))?["']?\s{0,3}[:=]\s{0,3}|\bfor user(?:name)?\s{1,3})["'[(]?([^\s"'\])(,;:=?*&/<>|{}]{1,128})/gi;

/** The last one in `latin1`, since the nearest line speaks of this logon. */
export function readUser(latin1: string): string | undefined {
  if (latin1 === "" || !/user|login|account|benutzer|utilis|usuario|utente/i.test(latin1)) return undefined;
  let last: string | undefined;
  USER.lastIndex = 0;
  for (let found = USER.exec(latin1); found; found = USER.exec(latin1)) last = found[1];
  if (last === undefined) return undefined;
  const user = decodeText(last).replace(/\.$/, "");
  return /^(?:is|not|null|none|was|has|the|unknown|\\+[rn]?)$/i.test(user) ? undefined : user;
}
