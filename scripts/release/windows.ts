/** The Windows machine's part of a release: builds the parts, signs them, and packs them into the installer. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../prepare.js";
import { buildMsi, msiName } from "./msi.ts";
import { run } from "./run.ts";
import { type Signer, sign } from "./sign.ts";
import { stampVersion } from "./stamp-version.ts";
import { makeWindowsAgent } from "./windows-agent.ts";
import { PARTS } from "./windows-parts.ts";

const NATIVE = join(ROOT, "native/windows");
const BUILT = join(NATIVE, "build");

const AGENT_SOURCE = "packages/cli/src/windows-main.ts";

/** Debian's packages by a program of each. */
const TOOLS: [string, string][] = [
  ["make", "make"],
  ["g++-mingw-w64-x86-64-win32", "x86_64-w64-mingw32-g++-win32"],
  ["wixl", "wixl"],
  ["msitools", "msibuild"],
];

/** Debian packages that this machine lacks; none: it can make the installer. */
export function missingForWindows(signer: Signer | undefined): string[] {
  const needed: [string, string][] = signer ? [...TOOLS, ["osslsigncode", "osslsigncode"]] : TOOLS;
  return needed.filter(([, program]) => spawnSync(program, ["--version"], { stdio: "ignore" }).error !== undefined).map(([name]) => name);
}

export interface WindowsRelease {
  version: string;
  /** Seconds since 1970. */
  time: number;
  dist: string;
  signer: Signer | undefined;
}

/** Builds the parts, as the sources are. */
export async function buildParts(): Promise<void> {
  run("make", ["-s", "-j2", "-C", NATIVE, ...[PARTS.provider, PARTS.host, PARTS.setup].map((name) => `build/${name}`)]);
  await makeWindowsAgent(join(BUILT, PARTS.agent));
}

/** Packs the parts into `dist/sallyport-agent-VERSION-x64.msi`. */
export function packParts({ version, time, dist, signer }: WindowsRelease): void {
  const parts = mkdtempSync(join(tmpdir(), "sallyport-windows-"));
  try {
    for (const name of Object.values(PARTS)) copyFileSync(join(BUILT, name), join(parts, name));
    stampVersion(join(parts, PARTS.agent), version);
    if (signer) for (const name of Object.values(PARTS)) sign(join(parts, name), signer, time);
    const out = join(dist, msiName(version));
    buildMsi({ parts, version, time, out });
    if (signer) sign(out, signer, time);
  } finally {
    rmSync(parts, { recursive: true, force: true });
  }
}

/** The bundler's word on what is in the agent's program: files relative to the project. */
export async function agentInputs(): Promise<string[]> {
  const entryPoints = [join(ROOT, AGENT_SOURCE)];
  const { metafile } = await build({
    entryPoints,
    bundle: true,
    platform: "node",
    mainFields: ["module", "main"],
    absWorkingDir: ROOT,
    write: false,
    metafile: true,
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  return Object.entries(output?.inputs ?? {}).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? [file] : []));
}
