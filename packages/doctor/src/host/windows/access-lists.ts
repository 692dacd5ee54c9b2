/** Whose the agent's folder and pipe are, and who else may use them, by their security descriptors. */
import type { CauseId, Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { answer, known, type Look, notKnown, seen, whyNot } from "./look.ts";
import { isTrusted, othersIn, readSddl } from "./sddl.ts";

export function folderAccess(look: Look, title: string): Answer {
  const folder = known(look, "folder");
  if (!folder) return notKnown(title, whyNot(look, "folder"));
  if (!folder.exists) return notKnown(title, "there is no such folder: nothing is installed, or the service never ran", false);
  const what = "%ProgramData%\\Sallyport";
  if (folder.link) return answer(seen("config.exposed", "confirmed", { what, value: "is a link", where: look.where("folder.link") }));
  return judge(look, title, "config.exposed", { what, sddl: folder.sddl, where: "folder.sddl" });
}

export function doorAccess(look: Look, title: string): Answer {
  const door = known(look, "door");
  if (!door) return notKnown(title, whyNot(look, "door"));
  if (!door.pipe) return notKnown(title, "there is no pipe", false);
  return judge(look, title, "door.untrusted", {
    what: "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport",
    sddl: door.sddl,
    where: "door.sddl",
  });
}

function judge(
  look: Look,
  title: string,
  cause: CauseId,
  { what, sddl, where }: { what: string; sddl: string | null; where: string },
): Answer {
  if (sddl === null) return notKnown(title, `the access list of ${what} could not be read: run collect.ps1 as administrator`);
  const proof = (value: string): Proof => ({ what, value, where: look.where(where) });
  const list = readSddl(sddl);
  const { owner } = list;
  if (owner === undefined) return notKnown(title, `the access list of ${what} is not as SDDL is written`);
  if (!isTrusted(owner)) return answer(seen(cause, "confirmed", proof(`belongs to ${owner}`)));
  const others = othersIn(list);
  if (others.length > 0) return answer(seen(cause, "confirmed", proof(`lets in ${others.join(", ")}`)));
  return answer(seen(cause, "ruled-out", proof(`belongs to ${owner}, and lets in nobody but the system and the administrators`)));
}
