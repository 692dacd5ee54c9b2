/** S7: every secret is sealed anew with another key while the org goes on, and a run that is killed anywhere is taken up again. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { beginReseal, finishReseal, viewSealing } from "../src/flows/management/reseal.ts";
import { SEALED_PLACES } from "../src/flows/store-keys.ts";
import { openKeys } from "../src/keys/keys.ts";
import { restoreBackup } from "../src/restore.ts";
import { SEALED } from "../src/store/secrets.ts";
import { openSqlite } from "../src/store/sqlite.ts";
import { folderWithKey, takeBackup } from "./restored-org.ts";
import { make, makeApp, makePerson, openTestOrg, TestHost, type TestOrg } from "./test-org.ts";

const LOCAL = { role: "owner", actor: { type: "local", id: "test" } } as const;
const CODES = 230;

async function stage(): Promise<TestOrg> {
  const org = await openTestOrg();
  const app = await makeApp(org, "servers", [await makePerson(org, "alice"), await makePerson(org, "bob")]);
  for (let count = 0; count < CODES; count++) await make(org, "POST", "/api/v1/host-codes", { app });
  return org;
}

const idIn = (file: string) => readFileSync(file, "utf8").split(" ")[2] ?? "";

/** Every stored secret opens with the key in this folder, and with no other file there. */
async function allOpen(folder: string, id: string): Promise<void> {
  for (const name of readdirSync(folder)) if (/^sealing\.key\./.test(name)) rmSync(join(folder, name));
  const store = await openSqlite({ file: join(folder, "org.db"), now: () => 1 });
  const keys = await openKeys(store, join(folder, "sealing.key"));
  let opened = 0;
  for (const place of SEALED_PLACES) {
    for (const row of await store.read((tx) => tx.secrets.sealedAfter(place, "", 10_000))) {
      assert.equal(row.sealed.split(".")[1], id);
      assert.ok(keys.unseal(row.sealed, `${place}:${row.id}`).length > 0);
      opened += 1;
    }
  }
  assert.equal(opened, CODES + 3);
  assert.deepEqual(await viewSealing({ store, keys }), { id, next: null, remaining: opened, stopped: null });
  const rotated = await store.read((tx) => tx.log.list({ limit: 10, type: "key.sealing-rotated" }));
  assert.deepEqual(
    rotated.map(({ data }) => [data["kid"], data["count"]]),
    [[id, opened]],
  );
  await store.close();
}

test("no sealed column of the schema is left out", async () => {
  const org = await openTestOrg();
  const db = new DatabaseSync(join(org.folder, "org.db"), { readOnly: true });
  const columns = db
    .prepare(
      "SELECT m.name AS 'table', c.name AS 'column' FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.name LIKE 'sealed%'",
    )
    .all();
  db.close();
  const known = Object.values(SEALED).map(({ table, column }) => `${table}.${column}`);
  assert.deepEqual(columns.map(({ table, column }) => `${table}.${column}`).sort(), known.sort());
  await org.close();
});

test("all of them, in batches; people log on with both keys about, and afterwards the old one is not needed", async () => {
  const org = await stage();
  const before = idIn(join(org.folder, "sealing.key"));
  const host = await TestHost.enrol(org, (await org.manage("GET", "/api/v1/apps")).body[0].id);
  const alice = await makePerson(org, "carol");
  await make(org, "POST", `/api/v1/apps/${(await org.manage("GET", "/api/v1/apps")).body[0].id}/users`, { id: alice.id });
  const logon = async () => {
    const opened = await host.call("/api/v1/authn/logon", host.request("carol"));
    return (await host.verify(opened.body.stateToken, alice.factor, alice.code(org.clock.now))).body.status;
  };
  assert.equal((await beginReseal(org.deps, LOCAL, undefined)).kind, "done");
  assert.equal((await beginReseal(org.deps, LOCAL, undefined)).kind, "conflict");
  const begun = await viewSealing(org.deps);
  assert.deepEqual([begun.id, begun.remaining], [before, CODES + 5]);
  assert.equal(await logon(), "SUCCESS", "a secret that the old key sealed");
  await makePerson(org, "dora");
  assert.equal((await viewSealing(org.deps)).remaining, CODES + 5, "what is sealed from now on is sealed with the next key");
  await finishReseal(org.deps);
  org.clock.now += 60_000;
  assert.equal(await logon(), "SUCCESS", "the same secret, sealed anew");
  const after = idIn(join(org.folder, "sealing.key"));
  assert.notEqual(after, before);
  assert.equal(idIn(join(org.folder, `sealing.key.${before}`)), before);
  assert.ok(!existsSync(join(org.folder, "sealing.key.next")));
  assert.equal((await viewSealing(org.deps)).remaining, CODES + 6);
  await org.close();
});

test("killed with SIGKILL at every moment of it: the next start goes on, nothing is lost, and one event says that it is done", async () => {
  const org = await stage();
  const file = await takeBackup(org);
  const base = folderWithKey(org);
  await restoreBackup(file, { data: base, now: Date.now });
  await org.close();
  const run = (folder: string, moment: number) =>
    spawnSync(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "resealer.ts"), folder, String(moment)],
      {
        encoding: "utf8",
      },
    );
  let killed = 0;
  for (let moment = 1; ; moment++) {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-reseal-"));
    cpSync(base, folder, { recursive: true });
    const first = run(folder, moment);
    if (first.signal === null) {
      assert.equal(first.status, 0, first.stderr);
      rmSync(folder, { recursive: true });
      break;
    }
    killed += 1;
    const second = run(folder, 0);
    assert.equal(second.status, 0, `moment ${moment}: ${second.stderr}`);
    await allOpen(folder, idIn(join(folder, "sealing.key")));
    rmSync(folder, { recursive: true });
  }
  assert.ok(killed > 14, `${killed} moments`);
  rmSync(base, { recursive: true });
});

test("a key that an administrator brings is taken; one that is none, or the present one, is refused and nothing begins", async () => {
  const org = await stage();
  const own = join(org.folder, "own.key");
  const begin = async (file: string) => {
    const outcome = await beginReseal(org.deps, LOCAL, file);
    return outcome.kind === "conflict" ? outcome.why : outcome.kind;
  };
  writeFileSync(own, "not a key", { mode: 0o600 });
  assert.match(await begin(own), /own\.key is damaged/);
  copyFileSync(join(org.folder, "sealing.key"), own);
  assert.match(await begin(own), /is the present key/);
  assert.match(await begin(join(org.folder, "absent.key")), /cannot be read/);
  const open = `${own}.open`;
  writeFileSync(open, `sallyport-sealing-key v1 00000000000000aa ${"B".repeat(42)}A\n`, { mode: 0o644 });
  assert.match(await begin(open), /can be read by others/);
  assert.equal((await viewSealing(org.deps)).next, null);
  writeFileSync(`${own}2`, readFileSync(open), { mode: 0o600 });
  assert.equal(await begin(`${own}2`), "done");
  await finishReseal(org.deps);
  assert.equal((await viewSealing(org.deps)).id, "00000000000000aa");
  await org.close();
});

test("of two that begin at the same moment one does, and its key is the one on the disk", async () => {
  const org = await stage();
  const outcomes = await Promise.all([1, 2].map(() => beginReseal(org.deps, LOCAL, undefined)));
  assert.deepEqual(outcomes.map(({ kind }) => kind).sort(), ["conflict", "done"]);
  assert.equal((await viewSealing(org.deps)).next, idIn(join(org.folder, "sealing.key.next")));
  await finishReseal(org.deps);
  const begun = await org.deps.store.read((tx) => tx.log.list({ limit: 10, type: "key.sealing-created" }));
  assert.equal(begun.length, 1);
  await org.close();
});

test("a run that cannot go on says why to whoever waits, and is taken up when that is put right", async () => {
  const org = await stage();
  assert.equal((await beginReseal(org.deps, LOCAL, undefined)).kind, "done");
  const next = join(org.folder, "sealing.key.next");
  renameSync(next, `${next}.away`);
  await assert.rejects(finishReseal(org.deps));
  const view = await viewSealing(org.deps);
  assert.match(view.stopped ?? "", /sealing\.key\.next/);
  assert.equal(view.next, idIn(`${next}.away`));
  renameSync(`${next}.away`, next);
  await finishReseal(org.deps);
  const ended = await viewSealing(org.deps);
  assert.deepEqual([ended.next, ended.stopped], [null, null]);
  await org.close();
});

test("without one of the two keys in the middle of it the org does not start, and the sentence says which file is missing", async () => {
  const org = await stage();
  await beginReseal(org.deps, LOCAL, undefined);
  const half = folderWithKey(org);
  copyFileSync(await takeBackup(org), join(half, "org.db"));
  const store = await openSqlite({ file: join(half, "org.db"), now: () => 1 });
  await assert.rejects(openKeys(store, join(half, "sealing.key")), /secrets are sealed with key [0-9a-f]{16}, which is neither in/);
  copyFileSync(join(org.folder, "sealing.key.next"), join(half, "sealing.key.next"));
  const keys = await openKeys(store, join(half, "sealing.key"));
  await finishReseal({ store, keys });
  assert.equal((await viewSealing({ store, keys })).next, null);
  await store.close();
  rmSync(half, { recursive: true });
  await org.close();
});
