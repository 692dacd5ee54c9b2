/** Whatever falls silent on the way is named within eight seconds, each of them with a black hole of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it, type TestContext } from "node:test";
import { createServer as createTls } from "node:tls";
import { issue } from "../../../../agent/doubles/certificates.ts";
import { confirmed, look, middle, possible, said, startTcp, type World } from "./world.fixture.ts";

const LISTEN = `
const server = require("node:net").createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(server.address().port));
`;

/** A port whose queue is full and that nobody empties: the system drops what comes, as a firewall does. */
async function blackHole(t: TestContext): Promise<number> {
  const listener = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => listener.kill("SIGKILL"));
  const [line] = await once(listener.stdout, "data");
  const port = Number(String(line));
  listener.kill("SIGSTOP");
  // A queue of 1 holds two.
  for (let held = 0; held < 2; held++) {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    t.after(() => socket.destroy());
    await once(socket, "connect");
  }
  return port;
}

const silent = (t: TestContext) => startTcp(t, () => undefined);

function drip(t: TestContext): Promise<number> {
  const { pem, keyPem } = issue({ subject: "org", names: ["localhost"], issuer: middle });
  const server = createTls({ cert: pem + middle.pem, key: keyPem }, (socket) => {
    socket.on("error", () => undefined).once("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"));
  });
  return startTcp(t, () => undefined, server);
}

const CASES: [string, (world: World, t: TestContext) => unknown, string, RegExp][] = [
  [
    "an org behind a firewall that drops",
    async (world, t) => Object.assign(world, { url: `https://127.0.0.1:${await blackHole(t)}` }),
    "net.timeout",
    /^127\.0\.0\.1 port \d+: no answer in [3-7]\.\d s$/,
  ],
  [
    "an org that accepts and says nothing",
    async (world, t) => Object.assign(world, { url: `https://127.0.0.1:${await silent(t)}` }),
    "net.timeout",
    /^TLS handshake: no answer in [3-7]\.\d s$/,
  ],
  [
    "an org that never answers a request",
    (world) => Object.assign(world, { script: () => new Promise(() => undefined) }),
    "net.timeout",
    /^a request to the org: no answer in [3-7]\.\d s$/,
  ],
  [
    "an org that stops in the middle of its answer",
    async (world, t) => Object.assign(world, { url: `https://localhost:${await drip(t)}` }),
    "net.timeout",
    /^a request to the org: no answer in [3-7]\.\d s$/,
  ],
  ["a proxy that says nothing", (world) => Object.assign(world, { proxy: () => undefined }), "net.proxy-block", /no answer in [3-7]\.\d s/],
];

describe("silence", { concurrency: true }, () => {
  for (const [what, change, cause, tells] of CASES) {
    it(`of ${what}: ${cause} in under 8 s`, async (t) => {
      const found = await look(t, (world) => change(world, t));
      assert.deepEqual(confirmed(found), [cause]);
      assert.match(said(found, cause), tells);
      assert.ok(found.tookMs < 8000, `${found.tookMs} ms`);
    });
  }

  it("for longer than the agent is set to wait is confirmed at once; for less it proves nothing", async (t) => {
    const url = `https://127.0.0.1:${await silent(t)}`;
    const short = await look(t, (world) => Object.assign(world, { url, connectMs: 300 }));
    assert.deepEqual(confirmed(short), ["net.timeout"]);
    assert.ok(short.tookMs < 2500, `${short.tookMs} ms`);
    const long = await look(t, (world) => Object.assign(world, { url, connectMs: 20_000 }));
    assert.deepEqual([confirmed(long), possible(long)], [[], ["net.timeout"]]);
  });
});
