/** Backup and restore as an administrator types them, on a server that runs. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { OrgProcess } from "../org-process.fixture.ts";

const names = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("monday"));

test("a running org is backed up, checked and put back; what was made since is gone, and the old database is kept", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  org.json("group", "add", "kept");
  const file = join(org.folder, "monday.db");
  const done = org.say("backup", file);
  assert.equal(done.code, 0, done.err);
  assert.match(done.out, /checked\nIts secrets are sealed with key [0-9a-f]{16}, which is not in it/);
  assert.deepEqual([statSync(file).mode & 0o777, names(org.folder)], [0o600, ["monday.db"]]);
  org.json("group", "add", "lost");

  const running = org.say("restore", file);
  assert.deepEqual([running.code, running.out], [1, ""]);
  assert.match(running.err, /^sallyport: another sallyport serve \(process [0-9]+\) holds .*; stop it first\n$/);
  await org.stop();

  const restored = org.say("restore", file);
  assert.equal(restored.code, 0, restored.err);
  const kept = /What it replaced is in (.+)\.\n/.exec(restored.out)?.[1] ?? "";
  assert.ok(statSync(kept).size > 0, restored.out);
  await org.start();
  const groups = org.json<{ profile: { name: string } }[]>("group", "list").map(({ profile }) => profile.name);
  assert.deepEqual(groups, ["kept"]);
  assert.equal(org.say("log", "verify").code, 0);
});

test("a file that is there is not replaced without being told so, and nothing else is left behind", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  const file = join(org.folder, "monday.db");
  writeFileSync(file, "precious");
  const refused = org.say("backup", file);
  assert.deepEqual([refused.code, readFileSync(file, "utf8")], [1, "precious"]);
  assert.match(refused.err, /monday\.db is there already; --overwrite replaces it/);
  const told = org.say("backup", file, "--overwrite");
  assert.equal(told.code, 0, told.err);
  assert.deepEqual([readFileSync(file).subarray(0, 6).toString(), names(org.folder)], ["SQLite", ["monday.db"]]);
  const nowhere = org.say("backup", join(org.folder, "no/such/folder.db"));
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /cannot write/);
});

test("restore says what it needs: a file or --after-external, never both, and no file for a PostgreSQL", async (t) => {
  const org = new OrgProcess(t);
  const other = org.say("restore", "x.db", "--database", "postgres://sallyport@localhost/sallyport");
  assert.deepEqual([other.code, existsSync(org.data)], [1, false]);
  assert.match(other.err, /a backup file is put back into a data folder, but --database or SALLYPORT_DATABASE names a PostgreSQL/);
  for (const words of [["restore"], ["restore", "x.db", "--after-external"]]) {
    const refused = org.say(...words);
    assert.deepEqual([refused.code, /give a backup file, or --after-external/.test(refused.err)], [1, true]);
  }
});
