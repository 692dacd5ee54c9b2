/** The server's own suites for a store, of `packages/server/test/store`, against a real PostgreSQL. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ROOT } from "../machine/processes.ts";
import { Cluster } from "./cluster.ts";

let cluster: Cluster;

before(async () => {
  cluster = await Cluster.make("/run/pg-store", 15432);
});
after(() => cluster?.stop());

/** Runs one of the server's suites to its end; answers how many of its tests passed. */
async function suite(name: string, folder = "packages/server/test/store"): Promise<{ passed: number; said: string }> {
  const file = join(ROOT, folder, name);
  const args = ["--disable-warning=ExperimentalWarning", "--test", "--test-reporter=tap", file];
  const env: NodeJS.ProcessEnv = { ...process.env, SALLYPORT_TEST_POSTGRES: cluster.url("").replace(/\/$/, "") };
  // Or Node takes it for a part of this file and runs nothing.
  delete env["NODE_TEST_CONTEXT"];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (part: Buffer) => {
    said += part;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  const failed = said.split("\n").filter((line) => /^\s*not ok/.test(line));
  assert.equal(code, 0, `${failed.join("\n")}\n${said}`);
  return { passed: Number(/^# pass (\d+)$/m.exec(said)?.[1]), said };
}

test("contract and races of the store hold on PostgreSQL", async () => {
  const { passed, said } = await suite("postgres.suite.ts");
  assert.ok(passed > 30, said);
  process.stdout.write(`PostgreSQL: ${passed} tests of the store's suites\n`);
});

test("the transaction keeps its promises under random events on PostgreSQL", async () => {
  const { passed, said } = await suite("transaction.postgres.suite.ts");
  assert.equal(passed, 1, said);
});

test("what is taken away between two steps of a logon counts at the next one, on PostgreSQL too", async () => {
  const { passed, said } = await suite("judge-anew.postgres.suite.ts");
  assert.ok(passed > 10, said);
});

test("what one node announces another hears, with NOTIFY and without", async () => {
  const { passed, said } = await suite("announcements.suite.ts");
  assert.equal(passed, 2, said);
});

test("two nodes answer one self-check alike, honour each other's domains at once, and neither hides an event of the other from whoever reads the log on", async () => {
  const { passed, said } = await suite("two-nodes.suite.ts");
  assert.equal(passed, 3, said);
});

test("40001 and 40P01 at each statement of a logon change nothing of it; an error that stands is org.database", async () => {
  const { passed, said } = await suite("serialization.suite.ts");
  assert.equal(passed, 3, said);
  for (const [, line] of said.matchAll(/^# (40.* at each of .*)$/gm)) process.stdout.write(`${line}\n`);
});

test("SCIM answers the examples of its RFC on PostgreSQL as it does on SQLite, and keeps sources apart", async () => {
  let all = 0;
  for (const name of ["rfc-resources", "rfc-query", "rfc-patch", "rfc-bulk", "sources"]) {
    const { passed, said } = await suite(`${name}.test.ts`, "packages/server/src/http/scim");
    assert.ok(passed > 5, said);
    all += passed;
  }
  process.stdout.write(`PostgreSQL: ${all} tests of SCIM\n`);
});
