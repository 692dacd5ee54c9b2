/** S21: whatever somebody with the database does to the log, log verify says so; what a host kept finds even a log that was rewritten as a whole. */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, type TestContext, test } from "node:test";
import { CHAIN_START, hashEvent, type LogEvent, type LogHead } from "@sallyport/contracts";
import { type LogVerdict, verifyLines } from "./log-verify.ts";
import { OrgProcess } from "./org-process.fixture.ts";

const EVENTS = 12;

let first: OrgProcess;
const ends: (() => Promise<void>)[] = [];
const whole = { after: (end: () => Promise<void>) => void ends.push(end) };
after(async () => {
  for (const end of ends) await end();
});

before(async () => {
  first = new OrgProcess(whole);
  await first.start();
  for (let count = 0; count < EVENTS; count++) await first.post("/api/v1/groups", { profile: { name: `g${count}` } });
  await first.stop();
});

/** A copy of an org with a log, not running, and the head that a host heard in the middle of it. */
function stopped(t: TestContext): { org: OrgProcess; kept: string; db: () => DatabaseSync } {
  const org = new OrgProcess(t, first.data);
  const db = () => new DatabaseSync(join(org.data, "org.db"));
  const open = db();
  const { event } = open.prepare("SELECT event FROM events ORDER BY position LIMIT 1 OFFSET 9").get() as { event: string };
  open.close();
  const { node, seq, hash } = JSON.parse(event) as LogEvent;
  const kept = join(org.folder, "state.json");
  writeFileSync(kept, JSON.stringify({ heads: [{ node, seq, hash }] satisfies LogHead[] }));
  return { org, kept, db };
}

function verify(org: OrgProcess, ...more: string[]): { code: number | null; verdict: LogVerdict } {
  const done = org.say("log", "verify", "--json", ...more);
  return { code: done.code, verdict: JSON.parse(done.out) as LogVerdict };
}

describe("S21: a log that somebody with the database has changed", () => {
  const CHANGES: { name: string; change: (db: DatabaseSync) => void; fault: RegExp }[] = [
    {
      name: "a changed row",
      change: (db) => db.exec(`UPDATE events SET event = replace(event, '"g3"', '"h3"') WHERE event LIKE '%"g3"%'`),
      fault: /was changed after it was written \(group\.created/,
    },
    {
      name: "a deleted row",
      change: (db) => db.exec("DELETE FROM events WHERE seq = 6"),
      fault: /follows 5: events are missing or out of order/,
    },
    {
      name: "two swapped rows",
      change: (db) =>
        db.exec(
          "UPDATE events SET seq = -1 WHERE seq = 6; UPDATE events SET seq = 6 WHERE seq = 7; UPDATE events SET seq = 7 WHERE seq = -1",
        ),
      fault: /events are missing or out of order/,
    },
    {
      name: "a cut beginning",
      change: (db) => db.exec("DELETE FROM events WHERE seq < 4"),
      fault: /no event of the log says that they were removed/,
    },
    {
      name: "a cut tail, also where a checkpoint is all that is left of it",
      change: (db) => db.exec("DELETE FROM events WHERE seq > 8"),
      fault: /checkpoint 1 names this event, but the log ends before it|is not the event that checkpoint 1 names/,
    },
  ];
  for (const { name, change, fault } of CHANGES) {
    test(`${name} is found, without a host's word`, async (t) => {
      const { org, db } = stopped(t);
      const open = db();
      change(open);
      open.close();
      await org.start();
      const { code, verdict } = verify(org);
      assert.deepEqual([code, verdict.ok], [1, false]);
      assert.match(verdict.faults.join("\n"), fault);
    });
  }

  test("a log that is whole verifies, with a host's word and without", async (t) => {
    const { org, kept } = stopped(t);
    await org.start();
    assert.deepEqual([verify(org).code, verify(org, "--head", kept).code], [0, 0]);
    const broken = org.say("log", "verify", "--head", join(org.folder, "nothing"));
    assert.deepEqual([broken.code, /cannot be read as the state of an agent/.test(broken.err)], [1, true]);
  });

  /** What an administrator can do who has the database, the keys and all the time in the world. */
  function rewrite(db: DatabaseSync, edit: (events: LogEvent[]) => LogEvent[]): void {
    const rows = db.prepare("SELECT event FROM events ORDER BY position").all() as { event: string }[];
    const events = edit(rows.map(({ event }) => JSON.parse(event) as LogEvent));
    db.exec("DELETE FROM events; DELETE FROM checkpoints");
    const insert = db.prepare("INSERT INTO events (node, seq, id, published, type, actor_id, event) VALUES (?, ?, ?, ?, ?, ?, ?)");
    let previous = CHAIN_START;
    for (const [index, { hash: _, ...rest }] of events.entries()) {
      const joined = { ...rest, seq: index + 1, previous };
      const event = { ...joined, hash: hashEvent(joined) };
      insert.run(event.node, event.seq, event.id, Date.parse(event.published), event.type, event.actor.id, JSON.stringify(event));
      previous = event.hash;
    }
  }

  test("the whole chain written anew and signed with the org's own key: only what a host kept disagrees", async (t) => {
    const { org, kept, db } = stopped(t);
    const open = db();
    rewrite(open, (events) => events.map((event) => JSON.parse(JSON.stringify(event).replace('"g3"', '"h3"')) as LogEvent));
    open.close();
    await org.start();
    assert.equal(verify(org).code, 0, "nothing inside the database can tell");
    const { code, verdict } = verify(org, "--head", kept);
    assert.equal(code, 1);
    assert.match(verdict.faults.join("\n"), /is not the event that the agent in .*state\.json names/);
  });

  test("the whole chain written anew without its tail: a host was told more", async (t) => {
    const { org, kept, db } = stopped(t);
    const open = db();
    rewrite(open, (events) => events.slice(0, 5));
    open.close();
    await org.start();
    const { code, verdict } = verify(org, "--head", kept);
    assert.equal(code, 1);
    assert.match(verdict.faults.join("\n"), /the agent in .* names/);
  });

  test("S37: a tail that a restore cut off is accounted for, and by whom it was missed", async (t) => {
    const org = new OrgProcess(t);
    await org.start();
    await org.post("/api/v1/groups", { profile: { name: "kept" } });
    const file = join(org.folder, "backup.db");
    assert.equal(org.say("backup", file).code, 0);
    for (let count = 0; count < 5; count++) await org.post("/api/v1/groups", { profile: { name: `lost${count}` } });
    const [node] = verify(org).verdict.nodes;
    const kept = join(org.folder, "state.json");
    writeFileSync(kept, JSON.stringify({ heads: [node] }));
    await org.stop();
    assert.equal(org.say("restore", file).code, 0);
    await org.start();
    const { code, verdict } = verify(org, "--head", kept);
    assert.deepEqual([code, verdict.faults], [0, []]);
    assert.match(verdict.notes.join("\n"), /the restore of .* lost what came after [0-9]+; the agent in .* names [0-9]+/);
  });
});

describe("an exported log", () => {
  let org: OrgProcess;
  let lines: string[];
  let file: string;
  before(async () => {
    org = new OrgProcess(whole, first.data);
    await org.start();
    file = join(org.folder, "log.jsonl");
    const done = org.say("log", "export", file);
    assert.equal(done.code, 0, done.err);
    lines = readFileSync(file, "utf8").trim().split("\n");
  });

  const judge = (changed: string[], key?: string) =>
    verifyLines(
      (async function* () {
        yield* changed;
      })(),
      { key },
    );
  const at = (text: string) => lines.findIndex((line) => line.includes(text));

  test("is whole by itself, also where no org is", () => {
    const { code, verdict } = verify(org, "--file", file);
    assert.deepEqual([code, verdict.events, verdict.faults], [0, lines.filter((line) => line.startsWith('{"node"')).length, []]);
    const listed = org.json<{ keys: { thumbprint: string }[] }>("key", "list").keys[0]?.thumbprint ?? "";
    assert.equal(verify(org, "--file", file, "--key", listed).code, 0);
    assert.match(verify(org, "--file", file, "--key", "A".repeat(43)).verdict.faults.join(), /to which key A+ does not lead/);
  });

  test("is never written over what is there, and goes to standard output without a name", () => {
    assert.match(org.say("log", "export", file).err, /is there already/);
    const out = org.say("log", "export").out.trim().split("\n");
    assert.ok(out.length >= lines.length && out.at(-1)?.startsWith('{"seal":'));
  });

  const CHANGES: { name: string; change: () => string[]; fault: RegExp }[] = [
    { name: "a changed line", change: () => lines.map((line) => line.replace('"g3"', '"h3"')), fault: /was changed after it was written/ },
    { name: "a line left out", change: () => lines.filter((_, index) => index !== at('"g3"')), fault: /events are missing/ },
    { name: "a cut end", change: () => lines.slice(0, -2), fault: /ends without its seal/ },
    {
      name: "an end that was cut in the middle of a line",
      change: () => [...lines.slice(0, -3), (lines.at(-3) ?? "").slice(0, 40)],
      fault: /not JSON/,
    },
    { name: "a line after the seal", change: () => [...lines, lines.at(-2) ?? ""], fault: /lines after the seal/ },
    {
      name: "a checkpoint left out",
      change: () => lines.filter((line) => !line.startsWith('{"checkpoint"')),
      fault: /not those that were sealed/,
    },
    {
      name: "a checkpoint that is no signed text",
      change: () => lines.map((line) => (line.startsWith('{"checkpoint"') ? '{"checkpoint":5}' : line)),
      fault: /checkpoint 1: its signature does not hold/,
    },
    {
      name: "a seal that is no signed text",
      change: () => [...lines.slice(0, -1), '{"seal":{}}'],
      fault: /the seal's signature does not hold/,
    },
    {
      name: "a key that is none",
      change: () => lines.map((line) => line.replace(/"x":"(.)/, (_, first) => `"x":"${first === "B" ? "C" : "B"}`)),
      fault: /decision key 1: is not a point of the curve/,
    },
  ];
  for (const { name, change, fault } of CHANGES) {
    test(`${name} is found`, async () => {
      const verdict = await judge(change());
      assert.equal(verdict.ok, false);
      assert.match(verdict.faults.join("\n"), fault);
    });
  }

  test("one that somebody sealed with a key of their own is found by the key that is known from elsewhere", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { kty, crv, x, y } = publicKey.export({ format: "jwk" });
    const header = JSON.parse(lines[0] ?? "");
    header.export.keys = [{ position: 1, publicJwk: { kty, crv, x, y }, link: null }];
    const own = [JSON.stringify(header), ...lines.slice(1, -1).filter((line) => !line.startsWith('{"checkpoint"'))];
    const claims = JSON.parse(Buffer.from(JSON.parse(lines.at(-1) ?? "").seal.split(".")[1], "base64url").toString());
    claims.digest = createHash("sha256")
      .update(`${own.join("\n")}\n`)
      .digest("hex");
    const text = [{ alg: "ES256", typ: "sallyport-export+jws" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" }).toString("base64url");
    own.push(JSON.stringify({ seal: `${text}.${signature}` }));
    assert.deepEqual((await judge(own)).faults, [], "by itself it holds: the note says whose key it is");
    const listed = org.json<{ keys: { thumbprint: string }[] }>("key", "list").keys[0]?.thumbprint ?? "";
    assert.match((await judge(own, listed)).faults.join(), /to which key .* does not lead/);
  });

  test("a selection holds what was asked for, says that it is one, and its lines are sealed as well", async () => {
    const some = org.say("log", "export", "--type", "group.created", "--since", "2020-01-01T00:00:00Z").out.trim().split("\n");
    const events = some.filter((line) => line.startsWith('{"node"'));
    assert.equal(events.length, EVENTS);
    const verdict = await judge(some);
    assert.deepEqual([verdict.ok, verdict.events], [true, EVENTS]);
    assert.match(verdict.notes.join(), /a selection of the log/);
    assert.equal((await judge(some.map((line) => line.replace('"g3"', '"h3"')))).ok, false);
    assert.match(org.say("log", "export", "--since", "yesterday").err, /--since: .*; a time looks like/);
  });

  test("an export of what was signed with a key before this one verifies over the chain of keys", () => {
    const before = org.json<{ keys: { thumbprint: string }[] }>("key", "list").keys[0]?.thumbprint ?? "";
    assert.equal(org.say("key", "rotate", "decision").code, 0);
    const { code, verdict } = verify(org, "--key", before);
    assert.deepEqual([code, verdict.faults, verdict.signedBy === before], [0, [], false]);
  });

  test("what is no export is said to be none", async () => {
    for (const text of [[], ["hello"], ['{"a":1}']]) await assert.rejects(judge(text), /this is no exported log/);
    const path = join(org.folder, "none.txt");
    writeFileSync(path, "hello");
    const done = org.say("log", "verify", "--file", path);
    assert.deepEqual([done.code, /^sallyport: this is no exported log: .*\n$/.test(done.err)], [1, true], done.err);
    assert.match(org.say("log", "verify", "--file", join(org.folder, "absent")).err, /ENOENT/);
  });
});
