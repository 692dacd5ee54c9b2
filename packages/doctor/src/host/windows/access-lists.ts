/** Whose the agent's folder and pipe are, and who else may use them, by their security descriptors. */
import type { CauseId, Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { answer, known, type Look, notKnown, seen, whyNot } from "./look.ts";

/** The system, the administrators and Windows' own installer, as SDDL writes them ([MS-DTYP] 2.5.1.1); whoever makes something owns it. */
const TRUSTED = ["SY", "BA", "S-1-5-18", "S-1-5-32-544", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", "CO", "S-1-3-0"];

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
  return judge(look, title, "door.untrusted", { what: "\\\\.\\pipe\\sallyport", sddl: door.sddl, where: "door.sddl" });
}

function judge(
  look: Look,
  title: string,
  cause: CauseId,
  { what, sddl, where }: { what: string; sddl: string | null; where: string },
): Answer {
  if (sddl === null) return notKnown(title, `the access list of ${what} could not be read: run collect.ps1 as administrator`);
  const proof = (value: string): Proof => ({ what, value, where: look.where(where) });
  const owner = /^O:(S-1-[-0-9]+|[A-Z]{2})/.exec(sddl)?.[1];
  if (owner === undefined) return notKnown(title, `the access list of ${what} is not as SDDL is written`);
  if (!TRUSTED.includes(owner)) return answer(seen(cause, "confirmed", proof(`belongs to ${owner}`)));
  const others = letIn(sddl).filter((sid) => !TRUSTED.includes(sid));
  if (others.length > 0) return answer(seen(cause, "confirmed", proof(`lets in ${[...new Set(others)].join(", ")}`)));
  return answer(seen(cause, "ruled-out", proof(`belongs to ${owner}, and lets in nobody but the system and the administrators`)));
}

/** SIDs of the entries that allow something. No list at all lets in everybody (WD). */
function letIn(sddl: string): string[] {
  const list = /D:([A-Z_]*)((?:\([^()]*\))*)/.exec(sddl);
  if (!list || list[1]?.includes("NO_ACCESS_CONTROL")) return ["WD"];
  return [...(list[2] ?? "").matchAll(/\((?:A|OA|XA|ZA);([^()]*)\)/g)].map((entry) => entry[1]?.split(";")[4] ?? "WD");
}
