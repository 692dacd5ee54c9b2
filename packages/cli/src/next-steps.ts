/** What an administrator of a machine does next: said at the end of each step, with the command to copy. */
import { existsSync, readFileSync } from "node:fs";

/** Put there by the Debian package. */
const SERVICE = "/etc/init.d/sallyport-agent";
const PROFILE = "/usr/share/pam-configs/sallyport";
const COMMON_AUTH = "/etc/pam.d/common-auth";

/** `state`: the agent's folder where it is not the system's. Nobody is asked for a factor before both commands were run. */
export function afterEnrol(state: string | undefined): string[] {
  const option = state === undefined ? "" : ` --state ${state}`;
  const run = state === undefined && existsSync(SERVICE) ? "service sallyport-agent start" : `sallyport agent run${option}`;
  return ["Next, as root:", `  ${run}`, `  sallyport agent arm${option}`];
}

/** Armed, the agent answers whoever asks; the PAM profile is what makes the machine ask. */
export function afterArm(state: string | undefined): string[] {
  if (state !== undefined || !existsSync(PROFILE)) return [];
  if (asksAlready()) return ["The PAM profile is enabled: the next logon is asked. Keep this root shell open until one worked."];
  return [
    "Next, as root, and keep this root shell open until a logon from another terminal worked:",
    "  pam-auth-update --enable sallyport sallyport-failed",
    "To take it back at any time: sallyport agent disarm",
  ];
}

function asksAlready(): boolean {
  try {
    return readFileSync(COMMON_AUTH, "utf8").includes("pam_sallyport.so");
  } catch {
    return false;
  }
}
