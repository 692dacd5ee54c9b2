/** Two and three nodes on one PostgreSQL: one org, whichever node a call reaches. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { must, until } from "../machine/processes.ts";
import { Cluster, PATIENCE_S } from "./cluster.ts";
import { Host } from "./host.ts";
import { Node, ORG_URL, type StoryPerson } from "./node.ts";

const FOLDER = "/run/pg-nodes";
let cluster: Cluster;
let nodes: Node[];
let host: Host;
let app: string;

const one = () => nodes[0] as Node;
const two = () => nodes[1] as Node;
const codeOf = (person: StoryPerson) => must("oathtool", ["--totp", "-b", person.secret]).trim();

before(async () => {
  cluster = await Cluster.make(FOLDER, 15433);
  cluster.sql("CREATE DATABASE org");
  nodes = [0, 1, 2].map((index) => new Node(`${FOLDER}-node${index}/n`, 18081 + index, cluster.url("org")));
});
after(async () => {
  await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
  await cluster.stop();
});

test("three nodes that start at the same instant on an empty database are one org: one schema, one sealing key, one decision key", async () => {
  await Promise.all(nodes.map((node) => node.start(`${FOLDER}-key`)));
  const orgs = await Promise.all(nodes.map((node) => node.call("GET", "/api/v1/org")));
  assert.equal(new Set(orgs.map(({ decisionKey }) => JSON.stringify(decisionKey))).size, 1);
  assert.equal(new Set(orgs.map(({ node }) => node)).size, 3, "each has a name, and a chain, of its own");
  assert.equal(cluster.sql("SELECT count(*) FROM decision_keys", "org"), "1");
  assert.equal(cluster.sql("SELECT count(*) FROM events WHERE type = 'key.decision-created'", "org"), "1");
  app = (await one().call("POST", "/api/v1/apps", { label: "story" })).id;
  host = new Host(ORG_URL);
  await host.enrol(two().port, (await one().call("POST", "/api/v1/host-codes", { app })).code);
});

test("a logon that begins on one node ends on another, and its answer can be fetched again on a third", async () => {
  const person = await one().person(app, "across");
  const opened = await host.open(nodes[0]?.port ?? 0, person.login);
  const code = codeOf(person);
  const done = await host.verify(nodes[1]?.port ?? 0, opened, code, "same-input");
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.ok(done.body.decision);
  const again = await host.verify(nodes[2]?.port ?? 0, opened, code, "same-input");
  assert.equal(again.status, 200, JSON.stringify(again.body));
  const other = await host.open(nodes[2]?.port ?? 0, person.login);
  const used = await host.verify(nodes[0]?.port ?? 0, other, code);
  assert.equal(used.body.cause, "factor.code-used");
});

test("S4: of 3 logons of one person, each on a node of its own with the same code at the same instant, one is let in; 20 rounds", async () => {
  for (let round = 0; round < 20; round++) {
    const person = await one().person(app, `race${round}`);
    const opened = await Promise.all(nodes.map((node) => host.open(node.port, person.login)));
    const code = codeOf(person);
    const answers = await Promise.all(nodes.map((node, index) => host.verify(node.port, opened[index] as never, code)));
    const allowed = answers.filter(({ body }) => body.decision !== undefined);
    assert.equal(allowed.length, 1, JSON.stringify(answers.map(({ body }) => body.cause ?? "let in")));
    for (const { body } of answers) if (!body.decision) assert.equal(body.cause, "factor.code-used");
  }
});

test("S4: the same step of one transaction, sent to 3 nodes at once with one input id, is one logon with one answer", async () => {
  for (let round = 0; round < 10; round++) {
    const person = await one().person(app, `step${round}`);
    const opened = await host.open(one().port, person.login);
    const code = codeOf(person);
    const answers = await Promise.all(nodes.map((node) => host.verify(node.port, opened, code, "same-input")));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200],
      JSON.stringify(answers.map(({ body }) => body)),
    );
    assert.equal(cluster.sql(`SELECT count(*) FROM events WHERE type = 'logon.allowed' AND reference = '${opened.reference}'`, "org"), "1");
  }
});

test("S21: every node's chain verifies", async () => {
  const verified = await one().command("log", "verify", "--json");
  assert.equal(verified.code, 0, verified.out);
  assert.equal(JSON.parse(verified.out).nodes.length, 3);
});

test("a node that stops in order leaves its name to the next one; one that is stopped by SIGSTOP for too long takes another", async () => {
  const third = nodes[2] as Node;
  const { node: name } = await third.call("GET", "/api/v1/org");
  await third.stop();
  await third.start(`${FOLDER}-key`);
  assert.equal((await third.call("GET", "/api/v1/org")).node, name);

  process.kill(third.pid, "SIGSTOP");
  // Its lease runs out: from outside, as time would.
  cluster.sql(`UPDATE leases SET expires = 0 WHERE name = 'node/${name}'`, "org");
  const fourth = new Node(`${FOLDER}-node3/n`, 18084, cluster.url("org"));
  await fourth.start(`${FOLDER}-key`);
  assert.equal((await fourth.call("GET", "/api/v1/org")).node, name);
  process.kill(third.pid, "SIGCONT");
  await third.call("POST", "/api/v1/groups", { profile: { name: "after the pause" } });
  assert.notEqual((await third.call("GET", "/api/v1/org")).node, name);
  await fourth.stop();
  const verified = await one().command("log", "verify", "--json");
  assert.equal(verified.code, 0, verified.out);
});

test("while the database is gone every call is refused with org.database, and a node that is ready says so again by itself", async () => {
  const person = await one().person(app, "gone");
  await cluster.stop("SIGQUIT");
  for (const node of nodes) {
    const answer = await host.ask(node.port, person.login);
    assert.equal(answer.status, 503, JSON.stringify(answer.body));
    assert.equal(answer.body.cause, "org.database");
    assert.equal(answer.body.decision, undefined);
    assert.equal(await node.ready(), 503);
  }
  await cluster.start();
  for (const node of nodes) await until("the node is ready again", async () => (await node.ready()) === 200 || undefined, PATIENCE_S);
  const opened = await host.open(two().port, person.login);
  assert.equal((await host.verify(one().port, opened, codeOf(person))).status, 200);
  const verified = await one().command("log", "verify", "--json");
  assert.equal(verified.code, 0, verified.out);
});

test("S30: a name with a NUL, and a lone half of a character, are refused like any unknown name", async () => {
  for (const name of ["a\0b", "\0", "x\ud800y", "\u{10ffff}"]) {
    const answer = await host.ask(one().port, name);
    assert.deepEqual([answer.status, answer.body.cause], [403, "user.refused"], JSON.stringify(answer.body));
  }
});

test("a decision key that one node replaced signs on all of them without a restart", async () => {
  const keyOf = async (node: Node) => (await node.call("GET", "/api/v1/org")).decisionKey.x as string;
  const before = await keyOf(one());
  await one().call("POST", "/api/v1/org/decision-keys", {});
  await one().call("POST", "/api/v1/org/decision-keys/finish", { waive: "all" });
  const after = await keyOf(one());
  assert.notEqual(after, before);
  for (const node of nodes)
    await until("the node signs with the new key", async () => (await keyOf(node)) === after || undefined, PATIENCE_S);
});
