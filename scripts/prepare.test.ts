/** Installing happens when the lock says so, and only then. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { installed } from "./prepare.js";

const LOCK = {
  "": { version: "1.0.0" },
  "packages/one": { version: "1.0.0" },
  "node_modules/a": { version: "1.2.3", integrity: "sha512-a" },
  "node_modules/for-another-machine": { version: "1.0.0", integrity: "sha512-b", optional: true },
};
const { "": _root, "node_modules/for-another-machine": _other, ...THERE } = LOCK;

function project(t: TestContext, lock: object, there: object | string | undefined): string {
  const root = mkdtempSync(join(tmpdir(), "sallyport-prepare-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: lock }));
  const text = typeof there === "object" ? JSON.stringify({ packages: there }) : there;
  if (text !== undefined) writeFileSync(join(root, "node_modules/.package-lock.json"), text);
  return root;
}

test("nothing is installed again when all that the lock names is there", (t) => {
  assert.equal(installed(project(t, LOCK, THERE)), true);
});

test("an install that never ran, or was interrupted, is run", (t) => {
  assert.equal(installed(project(t, LOCK, undefined)), false);
  assert.equal(installed(project(t, LOCK, '{"packages":')), false);
});

test("a package that is new, newer or different in the lock is installed", (t) => {
  const others = [
    { version: "1.2.4", integrity: "sha512-a" },
    { version: "1.2.3", integrity: "sha512-x" },
  ];
  for (const a of others) assert.equal(installed(project(t, { ...LOCK, "node_modules/a": a }, THERE)), false);
  assert.equal(installed(project(t, { ...LOCK, "node_modules/new": { version: "1.0.0" } }, THERE)), false);
});
