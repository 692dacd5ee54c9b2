/** Two nodes of one org at the same time: what one host asks both, and what one reads while the other still writes. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { readOn } from "../../src/flows/management/log-view.ts";
import type { Store, Tx } from "../../src/flows/store.ts";
import { makeApp, openTestOrg, TestHost, type TestOrg } from "../test-org.ts";
import { newDatabase, openStore } from "./postgres-database.ts";
import { addUser } from "./rows.ts";

const ROUNDS = 20;
let nodes: TestOrg[];

before(async () => {
  const url = await newDatabase();
  const folder = mkdtempSync(join(tmpdir(), "sallyport-test-"));
  const open = () => openTestOrg(folder, { now: Date.now() }, () => openStore(url));
  // One after the other: the first makes the keys.
  nodes = [await open()];
  nodes.push(await open());
});
after(async () => {
  for (const node of nodes ?? []) await node.close();
});

test("one self-check at two nodes at once moves the generation once, and both answers bring the same one", async () => {
  const [one, other] = nodes as [TestOrg, TestOrg];
  const host = await TestHost.enrol(one, await makeApp(one, "servers", []));
  const twin: TestHost = Object.assign(Object.create(TestHost.prototype), host, { org: other });
  for (let round = 0; round < ROUNDS; round++) {
    for (const node of nodes) node.clock.now = Date.now();
    const check = { checkId: randomBytes(16).toString("base64url") };
    const answers = await Promise.all([host.selfCheck(check), twin.selfCheck(check)]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
      JSON.stringify(answers),
    );
    assert.equal(answers[0].body.generation, answers[1].body.generation);
    host.generation = twin.generation = answers[0].body.generation;
  }
});

test("a domain's other name that one node was told of finds people on the other at once, and no longer than it stands", async () => {
  const [told, other] = (nodes as [TestOrg, TestOrg]).map(({ deps }) => deps.store) as [Store, Store];
  const user = await told.inTransaction((tx) => addUser(tx, "two-nodes"));
  const find = () =>
    other.read(async (tx) => {
      const known = (domains: readonly { aliases: readonly string[] }[]) => domains.some(({ aliases }) => aliases.includes("old-corp"));
      const { holders } = await tx.users.lookUp("app_none", (domains) => (known(domains) ? [{ kind: "login", folded: "two-nodes" }] : []));
      return holders.map(({ userId }) => userId);
    });
  for (let round = 0; round < ROUNDS; round++) {
    assert.deepEqual(await find(), []);
    await told.inTransaction((tx) =>
      tx.domains.put({ name: "corp.test", netbios: "CORP", aliases: ["old-corp"], source: null, created: 1 }),
    );
    assert.deepEqual(await find(), [user.id]);
    await told.inTransaction((tx) => tx.domains.remove("corp.test"));
  }
});

test("whoever reads the log on from where they stopped misses nothing of a node whose commit took longer", async () => {
  const [slow, fast] = (nodes as [TestOrg, TestOrg]).map(({ deps }) => deps.store) as [Store, Store];
  const say = (tx: Tx, name: string) =>
    tx.log.append({ type: "group.created", actor: { type: "system", id: "test" }, outcome: "success", data: { name } });
  const readAll = async (after?: string) => {
    const outcome = await readOn(fast, { type: "group.created", limit: 100, after });
    assert.equal(outcome.kind, "done");
    return outcome.kind === "done" ? outcome.value : [];
  };
  await fast.inTransaction((tx) => say(tx, "first"));
  const appended = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const late = slow.inTransaction(async (tx) => {
    await say(tx, "late");
    appended.resolve();
    await go.promise;
  });
  await appended.promise;
  await fast.inTransaction((tx) => say(tx, "early"));
  const before = await readAll();
  const last = before.at(-1);
  assert.deepEqual(
    before.map(({ event }) => event.data["name"]),
    ["first", "early"],
  );
  go.resolve();
  await late;
  assert.deepEqual(
    (await readAll(last?.after)).map(({ event }) => event.data["name"]),
    ["late"],
  );
  // What goes on by the position of the last event alone would miss it.
  const byPosition = await fast.read((tx) => tx.log.list({ type: "group.created", after: last?.event.id, limit: 100 }));
  assert.deepEqual(byPosition, []);
});
