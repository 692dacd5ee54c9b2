/** Which services of this machine a person comes in by, with their stacks, and which of them name our module. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Running } from "../processes.ts";
import { isAsking, isOurs } from "./modules.ts";
import { type Item, type Rule, readStacks, rulesOf, type Stacks } from "./stack.ts";

export interface Service {
  name: string;
  stacks: Stacks;
  /** A line of our module stands in one of them, whatever it does. */
  covered: boolean;
  /** Its auth lines ask. */
  asks: boolean;
  /** What shows that this machine uses it; undefined: nothing does. */
  used: string | undefined;
}

/** Where the services themselves are; a daemon must run, a command must be there. */
const DAEMONS: Record<string, readonly string[]> = {
  sshd: ["sshd"],
  "xrdp-sesman": ["xrdp-sesman"],
  login: ["agetty", "getty", "login"],
  lightdm: ["lightdm"],
  "gdm-password": ["gdm3", "gdm"],
  sddm: ["sddm"],
  vsftpd: ["vsftpd"],
  proftpd: ["proftpd"],
  dovecot: ["dovecot"],
  cockpit: ["cockpit-ws"],
  "polkit-1": ["polkitd"],
};
const COMMANDS: Record<string, string> = {
  sudo: "usr/bin/sudo",
  "sudo-i": "usr/bin/sudo",
  su: "usr/bin/su",
  "su-l": "usr/bin/su",
};
/** Included by others, or what an editor or a package left behind. */
const NO_SERVICE = /^(common-|other$)|\.(bak|old|orig|save|rpm(new|save)|(dpkg|ucf)-\w+)$|~$/;

/** `undefined`: this machine has no PAM. */
export function servicesOf(root: string, running: readonly Running[]): Service[] | undefined {
  const folder = join(root, "etc/pam.d");
  if (!existsSync(folder)) return undefined;
  const names = readdirSync(folder).filter((name) => !NO_SERVICE.test(name));
  return names.sort().flatMap((name): Service[] => {
    const stacks = readStacks(root, name);
    if (!stacks) return [];
    const lines = [...rulesOf(stacks.auth), ...rulesOf(stacks.account)];
    const asks = rulesOf(stacks.auth).some(isAsking);
    return [{ name, stacks, covered: lines.some(isOurs), asks, used: usedBy(name, root, running) }];
  });
}

function usedBy(name: string, root: string, running: readonly Running[]): string | undefined {
  const command = COMMANDS[name];
  if (command !== undefined) return existsSync(join(root, command)) ? `/${command}` : undefined;
  return running.find((one) => DAEMONS[name]?.includes(one.name))?.name;
}

export const oursIn = (items: readonly Item[]): Rule[] => rulesOf(items).filter(isOurs);
