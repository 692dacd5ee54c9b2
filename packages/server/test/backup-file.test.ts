/** A backup is whole although people log on while it is written; a file that is not one is refused, and nothing is half-written. */
import assert from "node:assert/strict";
import {
  appendFileSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { writeBackup } from "../src/flows/management/backup.ts";
import { ServerRefused } from "../src/listening.ts";
import { checkBackup, restoreBackup } from "../src/restore.ts";
import { openSqlite } from "../src/store/sqlite.ts";
import { folderWithKey, takeBackup } from "./restored-org.ts";
import { make, makePerson, openTestOrg, type TestOrg } from "./test-org.ts";

let org: TestOrg;
let file: string;
/** A folder with an org of its own in it: what a refused restore must leave as it is. */
let data: string;
const now = () => org.clock.now;

before(async () => {
  org = await openTestOrg();
  await makePerson(org, "zoe");
  for (let count = 0; count < 300; count++) await make(org, "POST", "/api/v1/groups", { profile: { name: `g${count}` } });
  file = await takeBackup(org);
  data = folderWithKey(org);
  await restoreBackup(file, { data, now });
});
after(async () => {
  rmSync(data, { recursive: true, force: true });
  await org.close();
});

const listing = () => readdirSync(data).map((name) => `${name} ${statSync(join(data, name)).size}`);

/** One sentence with the cause, and the folder as it was. */
async function refused(path: string, cause: string, sentence: RegExp): Promise<void> {
  const before = { names: listing(), database: readFileSync(join(data, "org.db")) };
  await assert.rejects(restoreBackup(path, { data, now }), (error) => {
    assert.ok(error instanceof ServerRefused, String(error));
    assert.equal(error.causeId, cause);
    assert.match(error.message, sentence);
    assert.doesNotMatch(error.message, /\n/);
    return true;
  });
  assert.deepEqual(listing(), before.names);
  assert.ok(readFileSync(join(data, "org.db")).equals(before.database), "the database is another one");
}

function changed(name: string, change: (path: string) => void): string {
  const path = join(org.folder, name);
  copyFileSync(file, path);
  change(path);
  return path;
}

function edited(name: string, ...statements: string[]): string {
  return changed(name, (path) => {
    const db = new DatabaseSync(path);
    for (const statement of statements) db.exec(statement);
    db.close();
  });
}

test("what a backup holds is known from it alone", () => {
  const facts = checkBackup(file);
  const key = readFileSync(join(org.folder, "sealing.key"), "utf8").split(" ")[2];
  assert.deepEqual([facts.at, facts.sealingKey, facts.events > 300], [org.clock.now, key, true]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(
    readdirSync(org.folder).filter((name) => name.startsWith("backup.db")),
    ["backup.db"],
  );
});

test("a backup that is written while units commit is one state, and none of them waits for it", async () => {
  let written = 0;
  let running = true;
  const writing = (async () => {
    while (running) {
      await make(org, "POST", "/api/v1/groups", { profile: { name: `during${written}` } });
      written += 1;
    }
  })();
  const busy = await takeBackup(org, "busy.db");
  running = false;
  await writing;
  assert.ok(written > 3, `${written} units during the backup`);
  const facts = checkBackup(busy);
  const head = await org.deps.store.read((tx) => tx.log.head());
  assert.ok(facts.head.seq < head.seq);
});

test("an existing file is never overwritten by the server, and a folder that is not there is named", async () => {
  const again = await org.manage("POST", "/api/v1/org/backup", { file });
  assert.deepEqual([again.status, /cannot write .*EEXIST/.test(again.body.errorCauses[0].errorSummary)], [409, true]);
  const nowhere = await org.manage("POST", "/api/v1/org/backup", { file: "/nonexistent/folder/b.db" });
  assert.equal(nowhere.status, 409);
  assert.equal((await org.manage("POST", "/api/v1/org/backup", { file: "relative.db" })).status, 400);
});

test("S38: no backup over the network: the route is behind the admin socket alone", async () => {
  const answer = await org.app.inject({ method: "POST", url: "/api/v1/org/backup", payload: { file: "/tmp/x" } });
  assert.equal(answer.statusCode, 404);
});

test("a backup that is stopped before it begins leaves nothing behind", async () => {
  const path = join(org.folder, "stopped.db");
  writeFileSync(path, "");
  await assert.rejects(org.deps.store.backup(path, AbortSignal.abort(new Error("stopping"))), /stopping/);
  await make(org, "POST", "/api/v1/groups", { profile: { name: "goes-on" } });
  assert.ok(!existsSync(`${path}-journal`));
});

test("a backup that is stopped in the middle leaves nothing behind, says nothing in the log, and the next one is whole", async () => {
  const source = new DatabaseSync(join(org.folder, "org.db"), { timeout: 5000 });
  source.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
    INSERT INTO meta (key, value) SELECT 'filler-' || i, hex(randomblob(2000)) FROM n`);
  source.close();
  const path = join(org.folder, "middle.db");
  const stop = new AbortController();
  const size = () => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  let copied = 0;
  const watcher = watch(org.folder, () => {
    if (stop.signal.aborted || size() === 0) return;
    copied = size();
    stop.abort(new Error("stopping"));
  });
  const caller = { role: "owner", actor: { type: "local", id: "test" } } as const;
  await assert.rejects(writeBackup(org.deps.store, caller, path, stop.signal), /stopping/);
  watcher.close();
  assert.ok(copied > 0 && copied < 30_000_000, `stopped after ${copied} bytes`);
  assert.deepEqual(
    readdirSync(org.folder).filter((name) => name.startsWith("middle.db")),
    [],
  );
  const said = await org.deps.store.read((tx) => tx.log.list({ limit: 100, type: "org.backed-up" }));
  assert.ok(!said.some(({ data }) => data["file"] === path));
  assert.ok(checkBackup(await takeBackup(org, "after-middle.db")).events > 300);
});

test("S38: a restore is refused while a server runs on the folder", async () => {
  const held = await openSqlite({ file: join(data, "org.db"), now });
  await assert.rejects(restoreBackup(file, { data, now }), /another sallyport serve \(process [0-9]+\) holds/);
  await held.close();
});

test("a damaged file is refused", async () => {
  const size = statSync(file).size;
  const torn = changed("torn.db", (path) => {
    const bytes = readFileSync(path);
    bytes.fill(0xa5, Math.floor(size / 2), Math.floor(size / 2) + 8192);
    writeFileSync(path, bytes);
  });
  await refused(torn, "org.database", /torn\.db is damaged/);
});

test("one bit that flipped is found, also where the database is still sound: in a person's factor, and in the digest itself", async () => {
  const flipped = (name: string, where: string) =>
    changed(name, (path) => {
      const bytes = readFileSync(path);
      const at = bytes.indexOf(where);
      assert.ok(at > 0, `${where} is not in the file`);
      bytes[at + where.length] = (bytes[at + where.length] ?? 0) ^ 1;
      writeFileSync(path, bytes);
    });
  const db = new DatabaseSync(file, { readOnly: true });
  const factor = String(db.prepare("SELECT sealed_secret FROM enrolments").get()?.["sealed_secret"]);
  db.close();
  await refused(
    flipped("factor.db", factor.slice(0, 40)),
    "org.database",
    /factor\.db is damaged: some of its bytes are not those that were/,
  );
  await refused(flipped("digest.db", '"digest":"'), "org.database", /digest\.db is damaged: some of its bytes/);
});

test("a file that was cut off is refused", async () => {
  await refused(
    changed("cut.db", (path) => truncateSync(path, 4096 * 5)),
    "org.database",
    /cut\.db is damaged/,
  );
  await refused(
    changed("empty.db", (path) => truncateSync(path, 0)),
    "org.database",
    /no Sallyport backup/,
  );
});

test("what is no backup of ours is refused, and the sentence says what it is", async () => {
  const letter = changed("letter.txt", (path) => writeFileSync(path, "Dear Bob, this is a letter, not a database."));
  await refused(letter, "org.database", /letter\.txt is no Sallyport backup: it is not a database at all/);
  const other = join(org.folder, "other.db");
  const db = new DatabaseSync(other);
  db.exec("CREATE TABLE recipes (name text); INSERT INTO recipes VALUES ('soup')");
  db.close();
  await refused(other, "org.database", /database of something else/);
  await refused(edited("copy.db", "DELETE FROM meta WHERE key = 'backup'"), "org.database", /was not written by sallyport backup/);
  await refused(join(org.folder, "absent.db"), "org.database", /absent\.db cannot be copied: ENOENT/);
});

test("a backup of a newer version, and of a changed build, is refused", async () => {
  await refused(edited("newer.db", "INSERT INTO migrations VALUES (999, 'later')"), "org.migration", /schema 999, this version knows/);
  await refused(edited("built.db", "UPDATE migrations SET checksum = 'x'"), "org.migration", /changed build/);
});

test("S21: a backup whose log was changed is refused, with the event", async () => {
  const forged = edited(
    "forged.db",
    "UPDATE events SET event = replace(event, 'g17', 'g18') WHERE seq = (SELECT seq FROM events WHERE event LIKE '%\"g17\"%')",
  );
  await refused(forged, "org.database", /its log is not whole: n[0-9a-f]+\/[0-9]+: was changed/);
  await refused(edited("tail.db", "DELETE FROM events WHERE seq > 100"), "org.database", /its tail was cut off/);
});

test("S7: another sealing key is named, a missing one as well, and one with the right name but other bytes is found out", async () => {
  const key = join(data, "sealing.key");
  const right = readFileSync(key, "utf8");
  writeFileSync(key, right.replace(/ [0-9a-f]{16} /, " 0123456789abcdef "));
  await refused(file, "org.sealing-key", /is key 0123456789abcdef, but the database was sealed with key [0-9a-f]{16}/);
  writeFileSync(key, right.replace(/ ([A-Za-z0-9_-]{43})/, ` ${"A".repeat(43)}`));
  await refused(file, "org.sealing-key", /does not open what was sealed with it/);
  writeFileSync(key, right);
  const none = folderWithKey(org);
  rmSync(join(none, "sealing.key"));
  await assert.rejects(restoreBackup(file, { data: none, now }), /sealing key .* is missing/);
  assert.deepEqual(
    readdirSync(none).filter((name) => !name.endsWith(".lock") && !name.endsWith(".pid")),
    [],
  );
  rmSync(none, { recursive: true });
});

test("what a restore replaces is kept beside it, also when it was damaged", async () => {
  appendFileSync(join(data, "org.db-wal"), "rubbish");
  const before = readFileSync(join(data, "org.db"));
  const { replaced } = await restoreBackup(file, { data, now });
  assert.ok(replaced && readFileSync(replaced).equals(before));
  writeFileSync(join(data, "org.db"), "not a database any more, but long enough to look like one at the very first glance, it is hoped");
  const second = await restoreBackup(file, { data, now });
  assert.match(readFileSync(second.replaced ?? "", "utf8"), /not a database any more/);
  await (await openSqlite({ file: join(data, "org.db"), now })).close();
});
