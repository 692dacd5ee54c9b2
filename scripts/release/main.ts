/** Makes a release: what goes into dist/, in which order. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { makeBundles } from "../bundles.js";
import { ROOT } from "../prepare.js";
import { agentPackage, serverPackage } from "./contents.ts";
import { buildDeb } from "./deb.ts";
import { releaseTime } from "./release-time.ts";
import { ReleaseRefused, requireTools, run } from "./run.ts";
import { writeSbom } from "./sbom.ts";
import { signed, signerFrom } from "./sign.ts";
import { agentInputs, buildParts, missingForWindows, packParts } from "./windows.ts";
import { PARTS } from "./windows-parts.ts";

const DIST = join(ROOT, "dist");

async function release(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  requireTools();
  const signer = signerFrom(process.env);
  const time = releaseTime(ROOT);
  rmSync(DIST, { recursive: true, force: true });
  say("bundles");
  const inputs: Record<string, string[]> = await makeBundles(DIST);
  say("PAM module");
  run("make", ["-s", "-C", join(ROOT, "native/pam"), "all"], { SOURCE_DATE_EPOCH: String(time) });
  for (const contents of [agentPackage(DIST), serverPackage(DIST)]) {
    say(`${contents.name}.deb`);
    buildDeb(contents, { version, time, dist: DIST });
  }
  const lacking = missingForWindows(signer);
  if (lacking.length === 0) {
    say(`the Windows installer, ${signed(signer)}`);
    await buildParts();
    packParts({ version, time, dist: DIST, signer });
    inputs[PARTS.agent] = await agentInputs();
  }
  say("SBOM and checksums");
  const windows = lacking.length === 0 ? PARTS.agent : undefined;
  writeSbom({ file: join(DIST, `sallyport-${version}.cdx.json`), inputs, time, version, windows });
  writeChecksums();
  const shown = made().filter((file) => !file.includes("node_modules"));
  const agent = shown.find((file) => file.includes("sallyport-agent_"));
  process.stdout.write(`\n${shown.join("\n")}\n\nNext, on a Debian machine, as root: dpkg -i ${agent}\n`);
  if (lacking.length > 0)
    process.stdout.write(
      `\nLeft out: the Windows installer, because this machine lacks what builds it. As root: apt-get install -y --no-install-recommends ${lacking.join(" ")}\n`,
    );
}

/** Every file of the release, as a path below the project. */
function made(): string[] {
  return readdirSync(DIST, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .sort();
}

/** As `sha256sum --check SHA256SUMS` reads it, run in dist/. */
function writeChecksums(): void {
  const lines = made().map(
    (file) =>
      `${createHash("sha256")
        .update(readFileSync(join(ROOT, file)))
        .digest("hex")}  ${file.slice("dist/".length)}`,
  );
  writeFileSync(join(DIST, "SHA256SUMS"), `${lines.join("\n")}\n`);
}

function say(step: string): void {
  process.stdout.write(`making: ${step}\n`);
}

try {
  await release();
} catch (error) {
  if (!(error instanceof ReleaseRefused)) throw error;
  process.stderr.write(`release: ${error.message}\n`);
  process.exitCode = 1;
}
