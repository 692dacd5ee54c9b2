/** The Windows installer of a story: built by the project's own script, run by Wine's msiexec. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { msiName } from "../../scripts/release/msi.ts";
import { releaseTime } from "../../scripts/release/release-time.ts";
import { buildParts } from "../../scripts/release/windows.ts";
import { PARTS } from "../../scripts/release/windows-parts.ts";
import { type Ran, ROOT, run, until } from "../machine/processes.ts";
import { BUILD, keptFolder, keyOf, wineKey } from "./image.ts";
import { HOME, Windows } from "./windows.ts";

const NATIVE = join(ROOT, "native/windows/build");
const SCRIPT = join(ROOT, "scripts/release/windows-only.ts");

/** Answers the paths of the files, one for each version. `env`: the certificate to sign with. */
export async function makeInstallers(folder: string, versions: string[], env: Record<string, string> = {}): Promise<string[]> {
  const wanted = versions.flatMap((version) => ["--version", version]);
  const args = ["--disable-warning=ExperimentalWarning", SCRIPT, "--out", folder, ...wanted];
  const done = await run(process.execPath, args, { env, timeout: 600_000 });
  if (done.code !== 0) throw new Error(done.out);
  return done.stdout.trim().split("\n");
}

/** The project's one version. */
export const { version: VERSION } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

/** An older one, to be upgraded. */
export const OLDER = "0.0.9";

/** What goes into an installer besides the parts. */
const SOURCES = [
  "packaging/windows",
  "scripts/release",
  "docs",
  "packages/doctor/src/host/windows",
  "LICENSE",
  "CHANGELOG.md",
  "package.json",
];

/** The installers of this version and of an older one: made once, and again only when something that goes into them is another. */
export async function ourInstallers(): Promise<{ folder: string; newer: string; older: string }> {
  await buildParts();
  const parts = [...Object.values(PARTS).map((name) => join(NATIVE, name)), ...SOURCES.flatMap((one) => filesOf(join(ROOT, one)))];
  const key = keyOf([String(releaseTime(ROOT)), ...parts.flatMap((file) => [file.slice(ROOT.length), readFileSync(file)])]);
  const folder = await keptFolder("installers", key, async () => {
    const made = mkdtempSync(join(BUILD, "made-"));
    await makeInstallers(made, [OLDER, VERSION]);
    return made;
  });
  return { folder, newer: join(folder, msiName(VERSION)), older: join(folder, msiName(OLDER)) };
}

function filesOf(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  const found = readdirSync(path, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return found.map((one) => join(one.parentPath, one.name)).sort();
}

/** The story's LogonUI is no part of the product. */
export function bringScreen(windows: Windows): void {
  copyFileSync(join(NATIVE, "logonui.exe"), windows.path(`${HOME}\\logonui.exe`));
}

/**
 * A machine with the product installed as an administrator does it, not yet enrolled, its service stopped: a copy of the one that the
 * installer was run on. `service`: a story's own program in the place of the installed one, which is started in the installed one's words.
 */
export async function installedWindows(service?: "story-relay.exe"): Promise<Windows> {
  const { folder, newer } = await ourInstallers();
  const image = await keptFolder("installed", keyOf([wineKey(), basename(folder)]), async () => {
    const windows = await Windows.bare();
    const done = await msiexec(windows, "/i", newer);
    if (done.code !== 0) throw new Error(`msiexec ended with ${done.code}: ${done.log.slice(-4000)}`);
    return windows.halt();
  });
  const windows = Windows.copyOf(image);
  bringScreen(windows);
  if (service) copyFileSync(join(NATIVE, service), windows.path(`${HOME}\\${PARTS.host}`));
  // It starts with Windows, also where nobody has enrolled the machine.
  await until("the service has started", () => windows.serviceIs("RUNNING"));
  await windows.stopService();
  return windows;
}

/** A file of Linux as Windows sees it. */
export const onDriveZ = (path: string) => `Z:${path.replaceAll("/", "\\")}`;

/** `/i` or `/x` with a file, silently; `log` is what an administrator reads with `/l*v`. */
export async function msiexec(windows: Windows, how: string, file: string, properties: string[] = []): Promise<Ran & { log: string }> {
  const log = windows.path("C:\\install.log");
  const ran = await windows.wine(["msiexec", how, onDriveZ(file), "/qn", "/norestart", "/l*v", "C:\\install.log", ...properties], {
    timeout: 240_000,
  });
  return { ...ran, log: existsSync(log) ? readLog(log) : "" };
}

function readLog(file: string): string {
  const bytes = readFileSync(file);
  return bytes.toString(bytes[0] === 0xff && bytes[1] === 0xfe ? "utf16le" : "utf8");
}

/** A value as `reg query` shows it (`0x1`, a text); undefined if there is none. `key` below HKLM. */
export async function registry(windows: Windows, key: string, name: string): Promise<string | undefined> {
  const out = await query(windows, [key, ...(name === "" ? ["/ve"] : ["/v", name])]);
  return out === undefined ? undefined : /\sREG_[A-Z_]+\s+(.*?)\r?$/m.exec(out)?.[1];
}

/** Whether there is a key below HKLM. */
export async function hasKey(windows: Windows, key: string): Promise<boolean> {
  return (await query(windows, [key])) !== undefined;
}

/** Undefined where `reg` says itself that there is no such thing: Wine now and then ends a program before its first word, which says nothing. */
async function query(windows: Windows, [key, ...what]: string[]): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    const { code, out } = await windows.wine(["reg", "query", `HKLM\\${key}`, ...what]);
    if (code === 0) return out;
    if (/Unable to find the specified registry/.test(out)) return undefined;
    if (tries === 3) throw new Error(`reg query ${key} ended with ${code}: ${out}`);
  }
}
