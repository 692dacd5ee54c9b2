/** Runs a look at an org in a process of its own, since trusted certificates are read once at its start. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const SCRIPT = `
import { diagnoseOkta, exitCodeOf } from ${JSON.stringify(new URL("../index.ts", import.meta.url).href)};
const started = performance.now();
const found = await diagnoseOkta(JSON.parse(process.env.PATHS), { org: process.env.ORG });
process.stderr.write(String(performance.now() - started));
process.stdout.write(JSON.stringify(found));
process.exitCode = exitCodeOf(found);
`;

export async function runLook(
  org: string,
  files: Record<string, string>,
  trusted: string | undefined,
): Promise<{ code: number; out: string; tookMs: number }> {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", SCRIPT], {
    env: {
      PATH: process.env["PATH"],
      ORG: org,
      PATHS: JSON.stringify(Object.keys(files)),
      SSL_CERT_FILE: trusted ?? "/dev/null",
      SSL_CERT_DIR: "/nonexistent",
      ...(trusted === undefined ? {} : { NODE_EXTRA_CA_CERTS: trusted }),
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (part) => {
    out += part;
  });
  child.stderr.on("data", (part) => {
    error += part;
  });
  const [code] = await once(child, "close");
  return { code, out, tookMs: Number(/[\d.]+$/.exec(error)?.[0]) };
}
