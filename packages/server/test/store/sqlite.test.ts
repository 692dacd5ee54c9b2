/** The store's contract on SQLite, and what only a file on a disk can do wrong. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { DatabaseFault } from "../../src/flows/store.ts";
import { openSqlite } from "../../src/store/sqlite.ts";
import { raceContract } from "./races.contract.ts";
import { addUser } from "./rows.ts";
import { storeContract } from "./store.contract.ts";

const folders: string[] = [];
const newFile = () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-store-"));
  folders.push(folder);
  return join(folder, "org.db");
};
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

storeContract("SQLite", async () => {
  const clock = { now: 1 };
  const store = await openSqlite({ file: newFile(), now: () => clock.now });
  return { store, clock, close: () => store.close() };
});

raceContract("SQLite", async () => {
  const target = newFile();
  return { store: await openSqlite({ file: target, now: () => 1 }), target };
});

const now = () => 1;

/** One sentence, no stack, the cause that an administrator looks up. */
async function refusedWith(cause: string, sentence: RegExp, file: string): Promise<void> {
  await assert.rejects(openSqlite({ file, now }), (error) => {
    assert.ok(error instanceof DatabaseFault);
    assert.equal(error.causeId, cause);
    assert.match(error.message, sentence);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
}

test("S38: a second process is told who holds the database; after a kill -9 the lock is free and what was answered is there", async () => {
  const file = newFile();
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "holder.ts"), file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let written = 0;
  child.stdout.on("data", (text: Buffer) => {
    written += text.toString().split("\n").length - 1;
  });
  await once(child.stdout, "data");
  await refusedWith("org.database", new RegExp(`process ${child.pid}`), file);
  child.kill("SIGKILL");
  await once(child, "close");
  const store = await openSqlite({ file, now });
  assert.ok((await store.read((tx) => tx.users.count())) >= written);
  await store.close();
});

test("a database of a newer schema is refused with one sentence, and left as it is", async () => {
  const file = newFile();
  await (await openSqlite({ file, now })).close();
  const db = new DatabaseSync(file);
  db.exec("INSERT INTO migrations VALUES (999, 'later')");
  db.close();
  await refusedWith("org.migration", /schema 999/, file);
});

test("a schema that another build made is refused", async () => {
  const file = newFile();
  await (await openSqlite({ file, now })).close();
  const db = new DatabaseSync(file);
  db.exec("UPDATE migrations SET checksum = 'x'");
  db.close();
  await refusedWith("org.migration", /changed build/, file);
});

test("a file that is no database, and a damaged one, are refused with one sentence", async () => {
  const file = newFile();
  writeFileSync(file, "this is a letter to my mother, and quite a long one, longer than a header of a hundred bytes would be, I am sure");
  await refusedWith("org.database", /not a database/, file);
});

test("a database locked by somebody else is refused with one sentence", async () => {
  const file = newFile();
  await (await openSqlite({ file, now })).close();
  const other = new DatabaseSync(file);
  other.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  await refusedWith("org.database", /locked/, file);
  other.close();
});

test("a folder that is not there is refused with one sentence", async () => {
  await refusedWith("org.database", /cannot be opened/, join(newFile(), "no", "org.db"));
});

test("what was committed is taken over into the database's own file while nobody closes it, and before a commit would do so itself", async () => {
  const file = newFile();
  const store = await openSqlite({ file, now });
  for (let index = 0; index < 60; index++) await store.inTransaction((tx) => addUser(tx, `taken-over-${index}`));
  const pages = statSync(`${file}-wal`).size / 4096;
  assert.ok(pages < 16_000, `${pages} pages`);
  while (!readFileSync(file).includes("taken-over-40")) await setImmediate();
  await store.close();
  assert.ok(!existsSync(`${file}-wal`), "who closed last has removed the log");
});

test("a copy taken while the store was open opens by itself", async () => {
  const file = newFile();
  const store = await openSqlite({ file, now });
  await store.inTransaction((tx) => addUser(tx, "alice"));
  await store.close();
  const copy = newFile();
  copyFileSync(file, copy);
  const opened = await openSqlite({ file: copy, now });
  assert.equal((await opened.read((tx) => tx.users.byLogin("alice"))).length, 1);
  await opened.close();
});
