/** How sshd lets people in, by its own word (`sshd -T`), and which ways do not come past PAM's auth lines. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Proof } from "@sallyport/contracts";
import type { MachineFacts } from "./../facts.ts";
import type { Running } from "./processes.ts";

export interface Sshd {
  /** Where its settings stand. */
  where: string;
  settings: ReadonlyMap<string, string>;
  /** Places of `Match` blocks, which hold for some people only. */
  matches: string[];
}

export type SshdLook = { running: false } | { running: true; daemons: Sshd[]; missed: string | undefined };

const PROGRAM = "/usr/sbin/sshd";
const SETTINGS = "/etc/ssh/sshd_config";
/** Options of sshd(8) that take a value; only those that change what it does are asked for again. */
const KEPT = ["-f", "-o", "-p"];
const VALUED = [...KEPT, "-b", "-C", "-c", "-E", "-g", "-h", "-u"];

export async function lookAtSshd(machine: MachineFacts, running: readonly Running[], signal: AbortSignal): Promise<SshdLook> {
  const commands = [...new Set(running.flatMap(({ name, command }) => (name === "sshd" ? listenerCommand(command) : [])))];
  if (commands.length === 0 && (await isStartedBySocket(machine, signal))) commands.push(PROGRAM);
  if (commands.length === 0) return { running: false };
  const daemons: Sshd[] = [];
  let missed: string | undefined;
  for (const command of commands) {
    const options = optionsOf(command);
    const done = await machine.run(join(machine.root, PROGRAM), ["-T", ...options], signal);
    const file = options[options.indexOf("-f") + 1] ?? SETTINGS;
    const where = options.includes("-f") ? file : SETTINGS;
    if ("missing" in done) missed = `${PROGRAM} is not there`;
    else if (done.code !== 0) missed = `sshd -T: ${done.error.trim().split("\n").at(-1) ?? "no answer"}`;
    else daemons.push({ where, settings: parse(done.out), matches: matchBlocks(machine.root, where) });
  }
  return { running: true, daemons, missed };
}

/** systemd listens in its place, and starts one for each connection. */
async function isStartedBySocket({ root, run }: MachineFacts, signal: AbortSignal): Promise<boolean> {
  if (!existsSync(join(root, "run/systemd/system"))) return false;
  const done = await run("systemctl", ["is-active", "ssh.socket", "sshd.socket"], signal);
  return "out" in done && done.out.split("\n").includes("active");
}

/** A listener shows its command between `sshd: ` and ` [listener]`; one under a debugger or of an old version shows it bare. */
function listenerCommand(command: string): string[] {
  const title = /^sshd: (\S*sshd .*?|\S*sshd) \[listener\]/.exec(command)?.[1];
  if (title !== undefined) return [title];
  return /^\/\S*sshd( |$)/.test(command) ? [command] : [];
}

function optionsOf(command: string): string[] {
  const words = command.split(" ").slice(1);
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (!VALUED.includes(word)) continue;
    at += 1;
    if (KEPT.includes(word)) kept.push(word, words[at] ?? "");
  }
  return kept;
}

function parse(out: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const line of out.split("\n")) {
    const at = line.indexOf(" ");
    if (at > 0) settings.set(line.slice(0, at).toLowerCase(), line.slice(at + 1).trim());
  }
  return settings;
}

/** Ways that let somebody in although no auth line of PAM was run: the account line alone stands before them. */
export function waysPastPam({ settings, where }: Sshd): Proof[] {
  const on = (name: string) => settings.get(name) === "yes";
  const alone: [string, string][] = [
    ["publickey", "pubkeyauthentication"],
    ["gssapi-with-mic", "gssapiauthentication"],
    ["hostbased", "hostbasedauthentication"],
  ];
  const listed = (settings.get("authenticationmethods") ?? "any").split(" ");
  const enabled = (method: string) => alone.some(([name, setting]) => name === method && on(setting));
  const ways = listed.includes("any")
    ? alone.filter(([, setting]) => on(setting)).map(([name]) => name)
    : listed.filter((chain) => chain.split(",").every((method) => enabled(method)));
  return ways.map((way) => ({ what: "sshd lets in by", value: `${way} alone`, where }));
}

/** Whether every way that asks by keyboard has proved something else before. */
export function provesMore({ settings }: Sshd): boolean {
  const listed = (settings.get("authenticationmethods") ?? "any").split(" ");
  return !listed.includes("any") && listed.every((chain) => !/^keyboard-interactive|^password/.test(chain));
}

/** Settings by which the second factor is not asked, whatever the stacks say. */
export function settingsPastUs({ settings, where }: Sshd): Proof[] {
  if (settings.get("usepam") === "no") return [{ what: "UsePAM", value: "no: sshd does not ask PAM at all", where }];
  if (settings.get("passwordauthentication") !== "yes") return [];
  const proof = { what: "PasswordAuthentication", value: "yes: this way cannot ask for a code, and such logons are refused", where };
  if (settings.get("kbdinteractiveauthentication") !== "no") return [proof];
  return [proof, { what: "KbdInteractiveAuthentication", value: "no: there is no way to ask for a code", where }];
}

/** `sshd -T` shows what holds for everybody. */
function matchBlocks(root: string, file: string): string[] {
  return filesOf(root, file, 0).flatMap((one) =>
    text(join(root, one))
      .split("\n")
      .flatMap((line, index) => (/^\s*Match\s+(?!all\b)/i.test(line) ? [`${one}:${index + 1}`] : [])),
  );
}

function filesOf(root: string, file: string, depth: number): string[] {
  if (depth > 8 || !existsSync(join(root, file))) return [];
  const included = [...text(join(root, file)).matchAll(/^\s*Include\s+(.+)$/gim)].flatMap(([, names = ""]) => names.trim().split(/\s+/));
  return [file, ...included.flatMap((pattern) => matching(root, pattern)).flatMap((one) => filesOf(root, one, depth + 1))];
}

/** Only the last part of a path may hold `*` or `?`; a relative one lies in /etc/ssh (sshd_config(5)). */
function matching(root: string, pattern: string): string[] {
  const path = pattern.startsWith("/") ? pattern : join("/etc/ssh", pattern);
  const folder = dirname(path);
  if (!existsSync(join(root, folder))) return [];
  const last = path.slice(folder.length + 1).replace(/[.+^${}()|[\]\\]/g, "\\$&");
  const form = new RegExp(`^${last.replaceAll("*", ".*").replaceAll("?", ".")}$`);
  return readdirSync(join(root, folder))
    .filter((name) => form.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function text(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
