/** What is loaded into the logon screen: small, static, with four doors, and the same file from every build. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { must, ROOT } from "../machine/processes.ts";

const NATIVE = join(ROOT, "native/windows");
const PARTS = ["sallyport_provider.dll", "sallyport-relay.exe"];
const file = (name: string) => join(NATIVE, "build", name);

/** What every Windows has. Nothing that another compiler would have to bring. */
const OF_WINDOWS = /^(advapi32|bcrypt|crypt32|gdi32|kernel32|msvcrt|ncrypt|netapi32|ole32|secur32|shell32|user32|wtsapi32)\.dll$/i;

const describe = (name: string) => must("x86_64-w64-mingw32-objdump", ["-p", file(name)]);

for (const name of PARTS) {
  test(`${name} needs nothing but Windows, is loaded anywhere, and runs no data`, () => {
    const text = describe(name);
    const needed = [...text.matchAll(/DLL Name: (\S+)/g)].map((match) => match[1] ?? "");
    assert.ok(needed.length > 3);
    assert.deepEqual(
      needed.filter((one) => !OF_WINDOWS.test(one)),
      [],
    );
    for (const flag of ["HIGH_ENTROPY_VA", "DYNAMIC_BASE", "NX_COMPAT"]) assert.match(text, new RegExp(flag));
    assert.ok(statSync(file(name)).size < 320 * 1024, "it is small");
  });
}

test("the provider exports what COM and regsvr32 ask for, and nothing else", () => {
  const names = [...describe("sallyport_provider.dll").matchAll(/^\s*\[ *\d+\] +(?:\+base\[ *\d+\] +[0-9a-f]+ +)?(\w+)$/gm)].map(
    (m) => m[1],
  );
  assert.deepEqual(names, ["DllCanUnloadNow", "DllGetClassObject", "DllRegisterServer", "DllUnregisterServer"]);
});

/** Lines that say something: no blank ones, no comments, no braces, includes or namespaces by themselves. */
const SAYS_NOTHING = /^\s*$|^\s*\/?\*|^\s*[{}();]+\s*$|^#(include|pragma)|namespace|^\s*(public|private|protected):$/;

test("the provider is small enough to be read: at most 1,500 lines of code; the reader of frames, which PAM has too, is counted apart", () => {
  const count = (folder: string) => {
    const texts = readdirSync(join(ROOT, "native", folder)).map((name) => readFileSync(join(ROOT, "native", folder, name), "utf8"));
    const lines = texts.flatMap((text) => text.trimEnd().split("\n"));
    return { lines: lines.length, code: lines.filter((line) => !SAYS_NOTHING.test(line)).length };
  };
  const [provider, wire] = [count("windows/provider"), count("wire")];
  console.log(`provider: ${provider.code} lines of code, ${provider.lines} with comments and headers; reader of frames: ${wire.code}`);
  assert.ok(provider.code <= 1500);
});

test("a second build in another folder gives the same files", () => {
  const folder = mkdtempSync(join(NATIVE, "build", "again-"));
  try {
    must("make", ["-s", "-j2", "-C", NATIVE, `OUT=${folder}`, ...PARTS.map((name) => join(folder, name))]);
    const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    for (const name of PARTS) assert.equal(hash(join(folder, name)), hash(file(name)), name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
