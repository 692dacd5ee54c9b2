/** Two nodes of one org and one mail server: each message goes out once, also when a node dies. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { until } from "../machine/processes.ts";
import { Cluster } from "../postgres/cluster.ts";
import { Node } from "../postgres/node.ts";
import { MailServer } from "./mail-server.ts";
import { appOf, personOf } from "./world.ts";

const FOLDER = "/run/delivery-nodes";
const PEOPLE = 60;
let cluster: Cluster;
let nodes: Node[];
let server: MailServer;

before(async () => {
  cluster = await Cluster.make(FOLDER, 15434);
  cluster.sql("CREATE DATABASE org");
  nodes = [0, 1].map((index) => new Node(`${FOLDER}-node${index}/n`, 18081 + index, cluster.url("org")));
  for (const node of nodes) await node.start(`${FOLDER}-key`);
});
after(async () => {
  await Promise.all(nodes.map((node) => node.stop("SIGKILL")));
  await server?.close();
  await cluster.stop();
});

test("of two nodes that both look into the outbox one sends each message: sixty messages, sixty mails", async () => {
  const [one, two] = nodes as [Node, Node];
  await one.call("PUT", "/api/v1/org/mail", { server: "smtp://127.0.0.1:2525", from: "mfa@story.test" });
  const app = await appOf(one);
  // Nobody takes them yet: they wait for both nodes.
  const names = Array.from({ length: PEOPLE }, (_, index) => `person${index}`);
  for (const name of names) await personOf(one, app, name, { factorType: "email" }, { email: `${name}@people.test` });
  server = await new MailServer({ port: 2525, address: "127.0.0.1" }).listen();
  await two.call("POST", "/api/v1/users?activate=true", { profile: { login: "wake" } });
  await until("all mails arrived", () => (server.got.length >= PEOPLE ? true : undefined), 90);
  await until("the outbox is empty", async () => ((await one.call("GET", "/api/v1/org/mail")).waiting === 0 ? true : undefined), 90);
  assert.deepEqual(server.got.map(({ to }) => to).sort(), names.map((name) => `${name}@people.test`).sort());
  assert.equal(cluster.sql("SELECT count(*) FROM events WHERE type = 'delivery.failing'", "org"), "1");
  assert.equal(cluster.sql("SELECT count(*) FROM outbox WHERE sealed <> ''", "org"), "0");
});
