/** The Windows installer of a story: built by the project's own script, run by Wine's msiexec. */
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Ran, ROOT, run } from "../machine/processes.ts";
import { HOME, OURS, Windows } from "./windows.ts";

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

/** The story's LogonUI is no part of the product. */
export function bringScreen(windows: Windows): void {
  copyFileSync(join(ROOT, "native/windows/build/logonui.exe"), windows.path(`${HOME}\\logonui.exe`));
}

/** A machine with the product installed as an administrator does it. `service`: a story's own program in the place of ours. */
export async function installedWindows(service: string): Promise<Windows> {
  const windows = await Windows.bare();
  const [file = ""] = await makeInstallers(join(windows.prefix, "installers"), [VERSION]);
  const done = await msiexec(windows, "/i", file);
  if (done.code !== 0) throw new Error(`msiexec ended with ${done.code}: ${done.log.slice(-4000)}`);
  bringScreen(windows);
  if (service === "sallyport-relay.exe") return windows;
  copyFileSync(join(ROOT, "native/windows/build", service), windows.path(`${HOME}\\${service}`));
  await windows.replaceService(service, OURS.args);
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
  const { code, out } = await windows.wine(["reg", "query", `HKLM\\${key}`, name === "" ? "/ve" : "/v", ...(name === "" ? [] : [name])]);
  if (code !== 0) return undefined;
  return /\sREG_[A-Z_]+\s+(.*?)\r?$/m.exec(out)?.[1];
}

/** Whether there is a key below HKLM. */
export async function hasKey(windows: Windows, key: string): Promise<boolean> {
  return (await windows.wine(["reg", "query", `HKLM\\${key}`])).code === 0;
}
