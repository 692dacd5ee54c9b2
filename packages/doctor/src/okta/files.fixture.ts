/** Files of the other product as an administrator would hand them in, in folders of the test's own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { diagnoseOkta } from "./diagnose-okta.ts";
import { joinSample } from "./log.fixture.ts";
import type { Sample } from "./sample.fixture.ts";
import { SAMPLES } from "./samples.fixture.ts";

export const root = mkdtempSync(join(tmpdir(), "sallyport-golden-"));
export const removeFiles = () => rmSync(root, { recursive: true, force: true });
let folders = 0;

/** Diagnoses `files`, by name and content; `paths`: what of them is given on the command line, all by default. */
export async function diagnoseFiles(files: Record<string, string | Buffer>, paths?: string[]): Promise<Diagnosis> {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return diagnosis.parse(await diagnoseOkta((paths ?? ["."]).map((path) => join(folder, path))));
}

const named = (name: string) => SAMPLES.find((sample) => sample.name === name) as Sample;
/** A log with these samples, as the other product writes it. */
export const log = (...names: string[]) =>
  names.map((name) => `2026-05-06 10:00:00,123 [5] ERROR ${joinSample(named(name), "<CR><LF>   ")}\r\n`).join("");
