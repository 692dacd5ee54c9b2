/** A logon on PostgreSQL while the database refuses one statement of it, each in turn: 40001 never shows, anything else is named. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import pg from "pg";
import { makeApp, makePerson, openTestOrg, TestHost, type TestOrg, type TestPerson, why } from "../test-org.ts";
import { newDatabase, openStore, runOn, withClock } from "./postgres-database.ts";

let org: TestOrg;
let host: TestHost;
let people: TestPerson[];
let database: string;

/** Beyond the statements of a logon: what the test itself says if there are more. */
const MOST = 120;

before(async () => {
  const url = await newDatabase();
  database = new URL(url).pathname.slice(1);
  const clock = await withClock(url);
  clock.now = Date.UTC(2026, 10, 24, 12, 0, 0);
  org = await openTestOrg(mkdtempSync(join(tmpdir(), "sallyport-test-")), clock, () => openStore(url));
  people = [];
  for (let index = 0; index <= MOST; index++) people.push(await makePerson(org, `again${index}`));
  host = await TestHost.enrol(org, await makeApp(org, "servers", people));
});
after(() => org?.close());

/** The connection as it is, except that the statement number `at` is a real error of the server with this code. Answers how many there were. */
async function disturbed(
  at: number,
  sqlstate: string,
  work: () => Promise<void>,
): Promise<{ statements: number; hit: string | undefined }> {
  const query = pg.Client.prototype.query;
  let statements = 0;
  let hit: string | undefined;
  const decorated = function (this: pg.Client, ...args: unknown[]) {
    const said = args[0] as string | { text: string };
    if (statements++ !== at) return Reflect.apply(query, this, args);
    hit = typeof said === "string" ? said : said.text;
    return Reflect.apply(query, this, [`DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '${sqlstate}'; END $$`]);
  };
  pg.Client.prototype.query = decorated as unknown as typeof query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return { statements, hit };
}

/** What a logon leaves behind, without what is random. */
async function traceOf(person: TestPerson, reference: string) {
  const record = await why(org, reference);
  const client = new pg.Client(`${process.env["SALLYPORT_TEST_POSTGRES"]}/${database}`);
  await client.connect();
  const count = async (text: string, value: string) => Number((await client.query(text, [value])).rows[0].count);
  const events = await client.query("SELECT type, cause FROM events WHERE reference = $1 ORDER BY position", [reference]);
  const trace = {
    result: record.result,
    cause: record.cause,
    events: events.rows,
    steps: await count("SELECT count(*) FROM used_steps WHERE enrolment_id = $1", person.factor),
    transactions: await count("SELECT count(*) FROM transactions WHERE reference = $1", reference),
    logons: await count("SELECT count(*) FROM logons WHERE reference = $1", reference),
    failures: (await client.query("SELECT failures FROM enrolments WHERE id = $1", [person.factor])).rows[0].failures,
  };
  await client.end();
  return trace;
}

async function logon(person: TestPerson, at: number, sqlstate: string) {
  const request = host.request(person.login);
  let answers: unknown[] = [];
  const seen = await disturbed(at, sqlstate, async () => {
    const opened = await host.call("/api/v1/authn/logon", request);
    answers = [opened.status, opened.body.status ?? opened.body.cause];
    if (opened.status !== 200) return;
    const done = await host.verify(opened.body.stateToken, person.factor, person.code(org.clock.now));
    answers.push(done.status, done.body.status ?? done.body.cause, typeof done.body.decision);
  });
  return { ...seen, answers, reference: request.reference };
}

async function logonWithTrace(person: TestPerson, at: number, sqlstate: string) {
  const { statements, hit, answers, reference } = await logon(person, at, sqlstate);
  return { statements, hit, outcome: { answers, ...(await traceOf(person, reference)) } };
}

/** Codes of earlier tests are not in the way. */
async function nextStep(): Promise<void> {
  org.clock.now += 600_000;
  await runOn(database, "DELETE FROM used_steps");
}

for (const sqlstate of ["40001", "40P01"]) {
  test(`a logon whose nth statement fails with ${sqlstate} is, for every n, the same logon`, async () => {
    await nextStep();
    const calm = await logonWithTrace(people[MOST] as TestPerson, -1, sqlstate);
    assert.deepEqual(calm.outcome.answers, [200, "MFA_REQUIRED", 200, "SUCCESS", "string"]);
    assert.ok(calm.statements > 20 && calm.statements < MOST, `${calm.statements} statements`);
    for (let at = 0; at < calm.statements; at++) {
      // A person each, or codes would count as used.
      const person = people[at] as TestPerson;
      const { hit, outcome } = await logonWithTrace(person, at, sqlstate);
      assert.ok(hit !== undefined, `statement ${at} was not reached`);
      assert.deepEqual(outcome, calm.outcome, `statement ${at}: ${hit}`);
    }
    process.stdout.write(`${sqlstate} at each of ${calm.statements} statements of a logon\n`);
  });
}

test("a logon whose nth statement ends for good is, for every n, refused as org.database, and nothing of that step stays", async () => {
  await nextStep();
  const calm = await logonWithTrace(people[MOST] as TestPerson, -1, "57014");
  for (let at = 0; at < calm.statements; at++) {
    const person = people[at] as TestPerson;
    const { hit, answers, reference } = await logon(person, at, "57014");
    const place = `statement ${at}: ${hit}: ${answers.join(" ")}`;
    if (answers.length === 2) {
      assert.deepEqual(answers, [503, "org.database"], place);
      assert.equal((await org.manage("GET", `/api/v1/logons/${reference}`)).status, 404, place);
      continue;
    }
    const { result, steps } = await traceOf(person, reference);
    // What is read is known before its COMMIT, and what was decided stays when the answer is lost: the host asks again.
    if (result === "allow") assert.equal(steps, 1, place);
    else assert.deepEqual([...answers.slice(2), result, steps], [503, "org.database", "undefined", "open", 0], place);
  }
});
