/** What is loaded into the logon screen: small, static, with four doors, and the same file from every build. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeWindowsAgent } from "../../scripts/release/windows-agent.ts";
import { must, ROOT } from "../machine/processes.ts";

const NATIVE = join(ROOT, "native/windows");
const PARTS = ["sallyport_provider.dll", "sallyport-relay.exe", "sallyport_setup.dll"];
const file = (name: string) => join(NATIVE, "build", name);

/** What every Windows has. Nothing that another compiler would have to bring. */
const OF_WINDOWS = /^(advapi32|bcrypt|crypt32|gdi32|kernel32|msi|msvcrt|ncrypt|netapi32|ole32|secur32|shell32|user32|wtsapi32)\.dll$/i;

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

test("the provider exports what COM asks for, and nothing else", () => {
  const names = [...describe("sallyport_provider.dll").matchAll(/^\s*\[ *\d+\] +(?:\+base\[ *\d+\] +[0-9a-f]+ +)?(\w+)$/gm)].map(
    (m) => m[1],
  );
  assert.deepEqual(names, ["DllCanUnloadNow", "DllGetClassObject"]);
});

/** A text, a character, or a comment, which is taken away. */
const TEXT_OR_COMMENT = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;

/** Lines that are neither blank nor comment, as cloc counts them. */
function linesOfCode(folder: string): number {
  const texts = readdirSync(join(ROOT, "native", folder)).map((name) => readFileSync(join(ROOT, "native", folder, name), "utf8"));
  const bare = texts.map((text) => text.replaceAll(TEXT_OR_COMMENT, (found) => (found.startsWith("/") ? "" : found)));
  return bare.flatMap((text) => text.split("\n")).filter((line) => line.trim() !== "").length;
}

test("the provider is small enough to be read: at most 1,500 lines of code; the reader of frames, which PAM has too, is counted apart", () => {
  const [provider, wire] = [linesOfCode("windows/provider"), linesOfCode("wire")];
  console.log(`provider: ${provider} lines of code; reader of frames: ${wire}`);
  assert.ok(provider > 1000 && provider <= 1500);
});

test("a header whose methods or members lie elsewhere than Windows' own is not compiled", () => {
  const folder = mkdtempSync(join(NATIVE, "build", "layout-"));
  const compile = (header: string) => {
    mkdirSync(join(folder, "include"), { recursive: true });
    writeFileSync(join(folder, "include/credentialprovider.h"), header);
    const args = ["-std=c11", "-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000000", "-isystem", join(folder, "include")];
    must("x86_64-w64-mingw32-gcc-win32", [...args, "-c", join(NATIVE, "tests/layout.c"), "-o", join(folder, "layout.o")]);
  };
  const header = readFileSync(join(NATIVE, "include/credentialprovider.h"), "utf8");
  const swapped = (one: string, other: string) => header.replaceAll(one, "@").replaceAll(other, one).replaceAll("@", other);
  try {
    compile(header);
    assert.throws(() => compile(swapped("*SetSelected)", "*SetDeselected)")), /SetSelected is not number 5/);
    assert.throws(() => compile(swapped("*Filter)", "*UpdateRemoteCredential)")), /Filter is not number 3/);
    const member = "    ULONG cbSerialization;\n    byte *rgbSerialization;\n";
    assert.ok(header.includes(member));
    const moved = header.replace(member, "    byte *rgbSerialization;\n    ULONG cbSerialization;\n");
    assert.throws(() => compile(moved), /cbSerialization does not lie at 20/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("the agent's program is the same file from every build", async () => {
  const folder = mkdtempSync(join(NATIVE, "build", "again-"));
  try {
    const again = await makeWindowsAgent(join(folder, "other-name.exe"));
    const hash = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex");
    assert.equal(hash(again), hash(await makeWindowsAgent()));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
