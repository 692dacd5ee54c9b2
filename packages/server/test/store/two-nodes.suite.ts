/** What one host asks two nodes of one org at the same time, because its first call seemed lost. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeApp, openTestOrg, TestHost, type TestOrg } from "../test-org.ts";
import { newDatabase, openStore } from "./postgres-database.ts";

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
