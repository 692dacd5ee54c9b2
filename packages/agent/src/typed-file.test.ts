/** What was read is used up; what somebody has put in its place is left alone. */
import assert from "node:assert/strict";
import fs, { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, mock, test } from "node:test";
import { readTypedFile, useUp } from "./typed-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "typed-"));
  file = join(folder, "code.txt");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const read = () => readTypedFile(file) ?? assert.fail("too long");

test("read in both encodings, then empty", () => {
  for (const bytes of [Buffer.from("a-code\r\n"), Buffer.from("\ufeffa-code\r\n", "utf16le")]) {
    writeFileSync(file, bytes);
    const { text, same } = read();
    assert.equal(text, "a-code");
    useUp(file, same);
    assert.equal(readFileSync(file, "utf8"), "");
  }
});

test("a file of more than 64 KiB is none of a code", () => {
  writeFileSync(file, "x".repeat(65_537));
  assert.equal(readTypedFile(file), undefined);
});

test("a link or a file that came in its place meanwhile is not emptied", () => {
  const another = join(folder, "another");
  writeFileSync(another, "of the system");
  for (const replace of [() => symlinkSync(another, file), () => writeFileSync(file, "new")]) {
    writeFileSync(file, "a-code");
    const { same } = read();
    renameSync(file, join(folder, "aside"));
    replace();
    useUp(file, same);
    assert.ok(lstatSync(file));
    assert.ok(["of the system", "new"].includes(readFileSync(file, "utf8")));
    rmSync(file);
  }
  assert.equal(readFileSync(another, "utf8"), "of the system");
});

test("a link that was there from the first: its file is emptied, as it was read, and the link stays", () => {
  const another = join(folder, "another");
  writeFileSync(another, "a-code");
  symlinkSync(another, file);
  useUp(file, read().same);
  assert.deepEqual([readFileSync(another, "utf8"), lstatSync(file).isSymbolicLink()], ["", true]);
});

test("a folder above it that has become a link to another's: what lies there under the same name is neither emptied nor deleted", () => {
  const [own, victim] = [join(folder, "own"), join(folder, "victim")];
  for (const one of [own, victim]) mkdirSync(one);
  file = join(own, "code.txt");
  writeFileSync(file, "a-code");
  writeFileSync(join(victim, "code.txt"), "of the system");
  const { same } = read();
  renameSync(own, join(folder, "aside"));
  symlinkSync(victim, own);
  useUp(file, same);
  assert.equal(readFileSync(join(victim, "code.txt"), "utf8"), "of the system");
});

test("on a share that gives all files the number 0 nothing is emptied: another file there looks the same", () => {
  const real = fs.fstatSync;
  const numbered = (ino: bigint) => mock.method(fs, "fstatSync", ((fd: number) => ({ ...real(fd, { bigint: true }), ino })) as typeof real);
  for (const [ino, left] of [
    [0n, "another"],
    [7n, ""],
  ] as const) {
    writeFileSync(file, "a-code");
    const method = numbered(ino);
    syncBuiltinESMExports();
    try {
      const { same } = read();
      rmSync(file);
      writeFileSync(file, "another");
      useUp(file, same);
    } finally {
      method.mock.restore();
      syncBuiltinESMExports();
    }
    assert.equal(readFileSync(file, "utf8"), left);
  }
});
