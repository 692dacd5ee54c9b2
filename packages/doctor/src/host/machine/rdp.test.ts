/** The remote desktop port: bytes of MS-RDPBCGR against servers that answer as xrdp, as one with NLA, as none. */
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, test } from "node:test";
import type { Ran } from "../facts.ts";
import { causes, look, machineAt, rootWith, told } from "./machine.fixture.ts";
import { listenPlace, rdpChecks } from "./rdp.ts";

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function serve(answer: (asked: Buffer) => Buffer | undefined): Promise<number> {
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
    socket.once("data", (asked: Buffer) => {
      const bytes = answer(asked);
      if (bytes) socket.write(bytes);
    });
  });
  servers.push(server);
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port)));
}

/** X.224 connection confirm with RDP_NEG_RSP (type 2) or RDP_NEG_FAILURE (type 3), MS-RDPBCGR 2.2.1.2. */
const confirm = (type: number, value: number) => Buffer.from([3, 0, 0, 19, 14, 0xd0, 0, 0, 0x12, 0x34, 0, type, 0, 8, 0, value, 0, 0, 0]);
const asksFor = (asked: Buffer, protocol: number) => ((asked[15] ?? 0) & protocol) !== 0;

const settings = (port: number | string) => ({ "etc/xrdp/xrdp.ini": `[Globals]\n; port=1\nport=${port}\n[Xorg]\nport=-1\n` });
const RUNS = { "proc/5/comm": "xrdp-sesman\n" };

async function judge(port: number | string, files: Record<string, string> = RUNS, commands: Record<string, Ran> = {}) {
  return look(rdpChecks(), { machine: machineAt(rootWith({ ...settings(port), ...files }), commands) });
}

test("the request is as MS-RDPBCGR has it", async () => {
  const asked: string[] = [];
  const port = await serve((bytes) => {
    asked.push(bytes.toString("hex"));
    return confirm(2, 1);
  });
  await judge(port);
  assert.deepEqual(asked.sort(), ["030000130ee000000000000100080001000000", "030000130ee000000000000100080003000000"]);
});

test("xrdp: answers, no network level authentication, no finding", async () => {
  const found = await judge(await serve(() => confirm(2, 1)));
  assert.deepEqual([causes(found), causes(found, "ruled-out").sort()], [[], ["host.nla", "host.rdp-closed", "host.remote-off"]]);
  assert.match(told(found, "host.nla"), /not offered/);
});

test("NLA offered beside TLS, and NLA required", async () => {
  const both = await judge(await serve((asked) => confirm(2, asksFor(asked, 2) ? 2 : 1)));
  assert.match(told(both, "host.nla"), /offered, not required/);
  const required = await judge(await serve((asked) => (asksFor(asked, 2) ? confirm(2, 2) : confirm(3, 5))));
  assert.deepEqual([causes(required), causes(required, "candidate")], [[], ["host.nla"]]);
  assert.match(told(required, "host.nla"), /HYBRID_REQUIRED_BY_SERVER/);
});

test("nothing listens, nothing is answered, something else is answered", async () => {
  const port = await serve(() => undefined);
  assert.match(told(await judge(port), "host.rdp-closed"), /does not answer/);
  const other = await serve(() => Buffer.from("SSH-2.0-OpenSSH_9.2p1\r\n"));
  assert.match(told(await judge(other), "host.rdp-closed"), /not as a remote desktop does/);
  servers[0]?.close();
  const closed = await serve(() => undefined);
  await new Promise((done) => servers.at(-1)?.close(done));
  assert.match(told(await judge(closed), "host.rdp-closed"), /nothing listens/);
});

test("a closed port is a fault only where somebody wants it open", async () => {
  const closed = await serve(() => undefined);
  await new Promise((done) => servers.at(-1)?.close(done));
  const systemd = { "run/systemd/system/x": "" };
  const is = (out: string) => ({ systemctl: { code: 0, out: `${out}\n`, error: "" } });
  const idle = await judge(closed, {});
  assert.deepEqual([idle.healthy, causes(idle), idle.notLookedAt.length], [true, [], 1]);
  assert.deepEqual(causes(await judge(closed, systemd, is("enabled"))), ["host.rdp-closed"]);
  assert.deepEqual(causes(await judge(closed, systemd, is("disabled"))), []);
  assert.deepEqual(causes(await judge(closed, { ...systemd, ...RUNS }, is("masked"))), ["host.remote-off", "host.rdp-closed"]);
});

test("a machine without xrdp is not looked at, and lacks nothing", async () => {
  const found = await look(rdpChecks(), { machine: machineAt(rootWith({})) });
  assert.deepEqual([found.findings, found.notLookedAt], [[], []]);
});

test("where xrdp.ini says to listen", () => {
  for (const [port, place] of [
    ["3390", { host: "127.0.0.1", port: 3390 }],
    ["tcp://127.0.0.2:33890", { host: "127.0.0.2", port: 33890 }],
    ["tcp://:3389", { host: "127.0.0.1", port: 3389 }],
    ["tcp6://{::1}:3389".replace(/[{}]/g, ""), { host: "::1", port: 3389 }],
    ["vsock://-1:3389", undefined],
  ] as const) {
    assert.deepEqual(listenPlace(rootWith(settings(port))), place, port);
  }
});
