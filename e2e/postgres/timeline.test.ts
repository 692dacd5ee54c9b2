/** A real failover that forgets the last commits: open logons end with their cause, and a code that was used is not taken again. */
import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { must, until } from "../machine/processes.ts";
import { Cluster, PASSWORD, PATIENCE_S } from "./cluster.ts";
import { Host } from "./host.ts";
import { keepPlace } from "./kept-place.ts";
import { Node, ORG_URL, type StoryPerson } from "./node.ts";

const FOLDER = "/run/pg-timeline";
const ADDRESS = 15440;

/** The address that moves from the primary to the standby: the nodes know no other. */
class Forwarder {
  target = 0;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => {
    const other = connect(this.target, "127.0.0.1");
    for (const [from, to] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.#sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  });

  listen(target: number): Promise<void> {
    this.target = target;
    return new Promise((resolve) => this.#server.listen(ADDRESS, "127.0.0.1", resolve));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

const forwarder = new Forwarder();
let primary: Cluster;
let standby: Cluster;
let nodes: [Node, Node];
let host: Host;
let app: string;
const codeOf = (person: StoryPerson, at = Date.now()) =>
  must("oathtool", ["--totp", "-b", "--now", `@${Math.floor(at / 1000)}`, person.secret]).trim();

before(async () => {
  primary = await Cluster.make(FOLDER, 15438);
  primary.sql("CREATE DATABASE org");
  standby = await primary.standby(`${FOLDER}-standby`, 15439);
  await forwarder.listen(primary.port);
  const url = `postgres://postgres:${encodeURIComponent(PASSWORD)}@127.0.0.1:${ADDRESS}/org`;
  nodes = [new Node(`${FOLDER}-node0/n`, 18081, url), new Node(`${FOLDER}-node1/n`, 18082, url)];
  for (const node of nodes) await node.start(`${FOLDER}-key`);
  app = (await nodes[0].call("POST", "/api/v1/apps", { label: "story" })).id;
  host = new Host(ORG_URL);
  await host.enrol(nodes[0].port, (await nodes[0].call("POST", "/api/v1/host-codes", { app })).code);
});
after(async () => {
  await Promise.all((nodes ?? []).map((node) => node.stop("SIGKILL")));
  forwarder.close();
  await standby?.stop();
});

test("S37: after a failover that forgot a used code, the code is refused all the same and what was open has ended", async () => {
  const [used, open] = [await nodes[0].person(app, "used"), await nodes[0].person(app, "open")];
  const pending = await host.open(nodes[0].port, open.login);
  await until("the standby has everything", () => {
    const behind = primary.sql("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()");
    return behind === "1" || undefined;
  });
  // What comes now never reaches the standby.
  await standby.stop();
  // The next one, which a clock a little ahead shows: it has a minute at least before it is out of its time, for all that comes now.
  const code = codeOf(used, Date.now() + 30_000);
  const before = await host.verify(nodes[1].port, await host.open(nodes[1].port, used.login), code);
  assert.equal(before.status, 200, JSON.stringify(before.body));
  const kept = keepPlace(primary, `${FOLDER}-state.json`);
  await primary.stop("SIGQUIT");
  await standby.start();
  standby.promote();
  forwarder.target = standby.port;
  for (const node of nodes) await until("the node is ready", async () => (await node.ready()) === 200 || undefined, PATIENCE_S);

  assert.equal(standby.sql("SELECT count(*) FROM events WHERE type = 'logon.allowed'", "org"), "0", "the failover has forgotten the logon");
  // What was signed before the failover may have been used: a host signs anew, and is taken from the next second on.
  await until("the host is taken again", async () => (await host.ask(nodes[0].port, open.login)).status === 200 || undefined, PATIENCE_S);
  const again = await host.verify(nodes[0].port, await host.open(nodes[0].port, used.login), code);
  assert.equal(again.body.cause, "factor.code-used", JSON.stringify(again.body));
  const late = await host.verify(nodes[1].port, pending, codeOf(open));
  assert.equal(late.status, 403);
  assert.equal(late.body.cause, "org.timeline");
  const [record] = await nodes[0].call("GET", `/api/v1/logons/${pending.reference}`);
  assert.deepEqual([record.result, record.cause], ["deny", "org.timeline"]);

  const changes = await nodes[0].call("GET", `/api/v1/logs?filter=${encodeURIComponent('eventType eq "org.timeline-changed"')}`);
  assert.equal(changes.length, 1, "two nodes noticed, one wrote");
  const { before: from, after: to, transactions } = changes[0].debugContext.debugData;
  assert.deepEqual([from, to, transactions], [1, 2, 1]);
  const verified = await nodes[0].command("log", "verify", "--head", kept, "--json");
  assert.equal(verified.code, 0, verified.out);
  assert.match(verified.out, /the failover of [^ ]+ lost what came after [0-9]+; the agent in [^ ]+ names [0-9]+/);
});

test("a restart of the same server is no failover", async () => {
  await standby.stop("SIGQUIT");
  await standby.start();
  for (const node of nodes) await until("the node is ready", async () => (await node.ready()) === 200 || undefined, PATIENCE_S);
  assert.equal(standby.sql("SELECT count(*) FROM events WHERE type = 'org.timeline-changed'", "org"), "1");
});
