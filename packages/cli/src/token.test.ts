/** How a token is asked for: for the management API or for a directory, and never for both. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";

const MAIN = join(import.meta.dirname, "main.ts");

test("a token is for a role or for a SCIM source: neither and both are one clear sentence", () => {
  for (const more of [[], ["--role", "admin", "--scim", "corp"]]) {
    const words = ["token", "add", "x", ...more];
    const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...words], { encoding: "utf8" });
    assert.equal(done.status, 1);
    assert.match(done.stderr, /--role ROLE for the management API, or --scim SOURCE/);
  }
});
