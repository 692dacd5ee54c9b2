/** `node scripts/release/windows-only.ts --out FOLDER [--version X.Y.Z]…`: the Windows installer alone, for trying it and for the stories. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "../prepare.js";
import { msiName } from "./msi.ts";
import { releaseTime } from "./release-time.ts";
import { ReleaseRefused } from "./run.ts";
import { signed, signerFrom } from "./sign.ts";
import { buildParts, missingForWindows, packParts } from "./windows.ts";

const { values } = parseArgs({ options: { out: { type: "string" }, version: { type: "string", multiple: true } } });
const { version: own } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
const { out = join(ROOT, "dist"), version: versions = [own] } = values;

try {
  const signer = signerFrom(process.env);
  const missing = missingForWindows(signer);
  if (missing.length > 0)
    throw new ReleaseRefused(
      `this machine lacks ${missing.join(" ")}; as root: apt-get install -y --no-install-recommends ${missing.join(" ")}`,
    );
  mkdirSync(out, { recursive: true });
  await buildParts();
  for (const version of versions) packParts({ version, time: releaseTime(ROOT), dist: out, signer });
  process.stderr.write(`${signed(signer)}\n`);
  for (const version of versions) process.stdout.write(`${join(out, msiName(version))}\n`);
} catch (error) {
  if (!(error instanceof ReleaseRefused)) throw error;
  process.stderr.write(`windows: ${error.message}\n`);
  process.exitCode = 1;
}
