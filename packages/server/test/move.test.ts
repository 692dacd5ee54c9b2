/** What a move of an org refuses before it looks at any database; the move itself is in `e2e/postgres`, on a real PostgreSQL. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ServerRefused } from "../src/listening.ts";
import { moveOrg } from "../src/move.ts";

test("S38: an org does not move into a folder that others can enter, and nothing is written there", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-move-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const nowhere = { database: { url: "postgres://nobody@127.0.0.1:1/org" } };
  await assert.rejects(moveOrg(nowhere, { folder }), (error) => {
    assert.ok(error instanceof ServerRefused);
    assert.equal(error.causeId, "config.exposed");
    assert.ok(error.message.includes(`chmod 700 ${folder}`), error.message);
    return true;
  });
  assert.deepEqual(readdirSync(folder), []);
  chmodSync(folder, 0o700);
  await assert.rejects(moveOrg(nowhere, { folder }), /cannot be reached/);
});
