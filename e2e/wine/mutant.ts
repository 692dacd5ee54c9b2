/** A DLL with a fault in it, built of the sources as they are but for one place: what finds faults must find it. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, ROOT } from "../machine/processes.ts";

const NATIVE = join(ROOT, "native/windows");

/** @param file of the provider. Hands the path of the DLL to `use`; all of it is gone after that. */
export async function withMutant(file: string, from: string, to: string, use: (dll: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(NATIVE, "build", "mutant-"));
  try {
    const built = join(NATIVE, "build");
    const copy = (from: string, to: string) => cpSync(from, join(folder, to), { recursive: true, preserveTimestamps: true });
    for (const part of readdirSync(NATIVE)) if (part !== "build") copy(join(NATIVE, part), join("native/windows", part));
    copy(join(ROOT, "native/wire"), "native/wire");
    copy(join(ROOT, "package.json"), "package.json");
    // What did not change is not compiled anew.
    for (const part of ["provider", "wire", "header.checked", "layout.o"]) copy(join(built, part), join("native/windows/build", part));
    const path = join(folder, "native/windows/provider", file);
    const text = readFileSync(path, "utf8");
    assert.ok(text.includes(from), `${file}: the place is still there`);
    writeFileSync(path, text.replace(from, to));
    must("make", ["-s", "-C", join(folder, "native/windows"), "build/sallyport_provider.dll"]);
    await use(join(folder, "native/windows/build/sallyport_provider.dll"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
