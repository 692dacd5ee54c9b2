/** `sallyport migrate`: an org moves from its folder to PostgreSQL and back, row by row the same, or not at all. */
import assert from "node:assert/strict";
import { cpSync, existsSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { COMMAND, must, run, until } from "../machine/processes.ts";
import { Cluster, PATIENCE_S } from "./cluster.ts";
import { Host } from "./host.ts";
import { Node, ORG_URL, type StoryPerson } from "./node.ts";

const FOLDER = "/run/pg-migrate";
const SOURCE = `${FOLDER}-org/data`;
const PORT = 18081;
let cluster: Cluster;
let host: Host;
let people: StoryPerson[];
const references: string[] = [];
const codeOf = (person: StoryPerson) => must("oathtool", ["--totp", "-b", person.secret]).trim();

const migrate = (from: string, to: string) =>
  run(process.execPath, ["--disable-warning=ExperimentalWarning", COMMAND, "migrate", "--from", from, "--to", to, "--json"], {
    timeout: PATIENCE_S * 1000,
  });

/** One sentence, exit 1; nothing written to the target. */
async function refused(from: string, to: string, sentence: RegExp): Promise<void> {
  const done = await migrate(from, to);
  assert.equal(done.code, 1, done.out);
  assert.match(done.out, sentence);
  assert.doesNotMatch(done.out, /battery|\n\s+at /);
}

function newDatabase(name: string): string {
  cluster.sql(`CREATE DATABASE ${name}`);
  return cluster.url(name);
}

/** A copy of the org's folder, to be damaged. */
function copyOf(name: string): { folder: string; db: DatabaseSync } {
  const folder = `${FOLDER}-${name}`;
  cpSync(SOURCE, folder, { recursive: true });
  return { folder, db: new DatabaseSync(`${folder}/org.db`, { enableForeignKeyConstraints: false }) };
}

function rowsOf(folder: string): Record<string, unknown[]> {
  const db = new DatabaseSync(`${folder}/org.db`, { readOnly: true });
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").all();
  const all = names.map(({ name }) => [
    name,
    db
      .prepare(`SELECT * FROM ${name}`)
      .all()
      .map((row) => JSON.stringify(row))
      .sort(),
  ]);
  db.close();
  return Object.fromEntries(all);
}

before(async () => {
  cluster = await Cluster.make(FOLDER, 15437);
  const org = new Node(`${FOLDER}-org`, PORT, "");
  await org.start(`${FOLDER}-key`);
  const app = (await org.call("POST", "/api/v1/apps", { label: "story" })).id;
  host = new Host(ORG_URL);
  await host.enrol(PORT, (await org.call("POST", "/api/v1/host-codes", { app })).code);
  people = [];
  for (let index = 0; index < 30; index++)
    people.push(await org.person(app, index % 2 === 0 ? `person${index}` : `Ünïcode\u{1f600}${index}`));
  for (const person of people.slice(0, 10)) {
    const opened = await host.open(PORT, person.login);
    references.push(opened.reference);
    assert.equal((await host.verify(PORT, opened, codeOf(person))).status, 200);
  }
  await refused(SOURCE, newDatabase("held"), /another sallyport serve \(process [0-9]+\) holds/);
  await org.stop();
});
after(() => cluster?.stop());

test("there and back gives equal rows, and the org works in both places", async () => {
  const url = newDatabase("org");
  const there = await migrate(SOURCE, url);
  assert.equal(there.code, 0, there.out);
  const moved = JSON.parse(there.out);
  assert.equal(moved.tables.find(({ name }: { name: string }) => name === "users").rows, 30);
  assert.equal(cluster.sql("SELECT count(*) FROM users", "org"), "30");
  const back = await migrate(url, `${FOLDER}-back`);
  assert.equal(back.code, 0, back.out);
  assert.deepEqual(rowsOf(`${FOLDER}-back`), rowsOf(SOURCE));

  const node = new Node(`${FOLDER}-node`, PORT, url);
  await node.start(`${FOLDER}-key`);
  const [record] = await node.call("GET", `/api/v1/logons/${references[0]}`);
  assert.equal(record.result, "allow");
  const person = people[20] as StoryPerson;
  assert.equal((await host.verify(PORT, await host.open(PORT, person.login), codeOf(person))).status, 200);
  await refused(url, `${FOLDER}-nowhere`, /a sallyport serve \(process [0-9]+ on .*\) holds the database; stop it first/);
  assert.ok(!existsSync(`${FOLDER}-nowhere/org.db`));
  await node.stop();

  assert.equal((await migrate(url, `${FOLDER}-again/data`)).code, 0);
  const home = new Node(`${FOLDER}-again`, PORT, "");
  await home.start(`${FOLDER}-key`);
  const used = await host.verify(PORT, await host.open(PORT, person.login), codeOf(person));
  if (used.status !== 200) assert.equal(used.body.cause, "factor.code-used");
  const verified = await home.command("log", "verify", "--json");
  assert.equal(verified.code, 0, verified.out);
  await home.stop();
});

test("a target that has rows is refused, and left as it is", async () => {
  const url = newDatabase("used");
  assert.equal((await migrate(SOURCE, url)).code, 0);
  await refused(SOURCE, url, /is not empty: its table meta has rows/);
  await refused(url, SOURCE, /is not empty: its table meta has rows/);
  assert.equal(cluster.sql("SELECT count(*) FROM users", "used"), "30");
});

test("a broken row is named by table and key, and nothing is moved", async () => {
  const damages: [string, RegExp][] = [
    [
      "UPDATE users SET created = 'yesterday' WHERE login = 'person4'",
      /table users, row id = usr_\w+: column created holds .*yesterday.*, where a whole number must stand/,
    ],
    [
      "UPDATE enrolments SET sealed_secret = x'00ff' WHERE rowid = 7",
      /table enrolments, row id = enr_\w+: column sealed_secret holds bytes, where a text/,
    ],
    ["DELETE FROM users WHERE login = 'person6'", /table user_names, row kind = \w+, folded = person6, user_id = usr_\w+: .*foreign key/],
    ["UPDATE users SET status = 'A' || char(0) || 'B' WHERE login = 'person8'", /table users, row id = usr_\w+: .*0x00/],
    // Ids are drawn at random, and only a row that has one before it can be named by that one.
    [
      "UPDATE users SET created = 9223372036854775807 WHERE id = (SELECT max(id) FROM users)",
      /the row after table users, row id = usr_\w+: /,
    ],
  ];
  const url = newDatabase("broken");
  for (const [index, [damage, sentence]] of damages.entries()) {
    const { folder, db } = copyOf(`broken${index}`);
    db.exec(damage);
    db.close();
    await refused(folder, url, sentence);
    assert.equal(cluster.sql("SELECT (SELECT count(*) FROM users) + (SELECT count(*) FROM meta)", "broken"), "0");
  }
});

test("a row that the target changes on its way is noticed before anything counts", async () => {
  const url = newDatabase("liar");
  const empty = new Node(`${FOLDER}-liar`, PORT, url);
  await empty.start(`${FOLDER}-liar-key`);
  await empty.stop();
  const names = cluster.sql(
    "SELECT string_agg(tablename, ', ') FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations'",
    "liar",
  );
  cluster.sql(`TRUNCATE ${names}`, "liar");
  cluster.sql(
    "CREATE FUNCTION lie() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.login = 'person2' THEN NEW.updated := 1; END IF; RETURN NEW; END $$",
    "liar",
  );
  cluster.sql("CREATE TRIGGER lie BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION lie()", "liar");
  await refused(SOURCE, url, /table users, row id = usr_\w+: is not in 127.0.0.1:15437\/liar as it was read; nothing has been moved/);
  assert.equal(cluster.sql("SELECT count(*) FROM users", "liar"), "0");
});

test("what is no move is refused", async () => {
  await refused(SOURCE, `${FOLDER}-x`, /from a data folder to a PostgreSQL, or back/);
  await refused(`${FOLDER}-absent`, cluster.url("broken"), /there is no org in the folder/);
  await refused(newDatabase("bare"), `${FOLDER}-x`, /there is no org in this database/);
  assert.ok(!existsSync(`${FOLDER}-x`));
  await until("nothing is left of the refused folder", () => !existsSync(`${FOLDER}-absent`) || undefined);
});
