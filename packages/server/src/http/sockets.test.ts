/** Tests over real sockets: what inject cannot show. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openOrg } from "./org.fixture.ts";

async function listen(t: TestContext) {
  const org = await openOrg(t);
  await org.app.listen({ host: "127.0.0.1", port: 0 });
  return { org, port: (org.app.server.address() as AddressInfo).port };
}

/** Sends raw bytes and answers all that comes back until the server closes, or has sent `enough`. */
function raw(port: number, text: string, enough = /\r\n\r\n/): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    socket.on("data", (data) => {
      got += data;
      if (enough.test(got)) socket.destroy();
    });
    socket.on("close", () => resolve(got));
    socket.on("error", reject);
  });
}

test("S30: what is not HTTP, a header without end and a body that lies about its length end in a 4xx, and the server lives", async (t) => {
  const { port } = await listen(t);
  assert.match(await raw(port, "hello\r\n\r\n"), /^HTTP\/1\.1 400/);
  assert.match(await raw(port, `GET / HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(70_000)}\r\n\r\n`), /^HTTP\/1\.1 431/);
  const two =
    "POST /api/v1/time HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
  assert.match(await raw(port, two), /^HTTP\/1\.1 400/);
  const huge = "POST /api/v1/time HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 999999999999\r\n\r\n";
  assert.match(await raw(port, huge, /\}\s*$/), /^HTTP\/1\.1 413[\s\S]*S0000003/);
  assert.match(await raw(port, "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"), /^HTTP\/1\.1 200/);
});

test("S30: a body without a length is cut off where the limit is, not read to its end", async (t) => {
  const { port } = await listen(t);
  const status = await new Promise<number>((resolve, reject) => {
    const call = request(
      { port, method: "POST", path: "/api/v1/time", headers: { "content-type": "application/json", "transfer-encoding": "chunked" } },
      (answer) => {
        resolve(answer.statusCode ?? 0);
        call.destroy();
      },
    );
    call.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" || error.code === "ECONNRESET" ? undefined : reject(error)));
    for (let i = 0; i < 8; i++) call.write(Buffer.alloc(64 * 1024, 0x20));
  });
  assert.equal(status, 413);
});

test("S38: the admin socket acts as the local owner, and what it does is said so in the log", async (t) => {
  const org = await openOrg(t);
  const folder = await mkdtemp(join(tmpdir(), "sallyport-sock-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "admin.sock");
  await org.admin.listen({ path });
  await chmod(path, 0o600);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const body = JSON.stringify({ profile: { name: "by hand" } });
  const status = await new Promise((resolve, reject) => {
    const call = request(
      { socketPath: path, method: "POST", path: "/api/v1/groups", headers: { "content-type": "application/json" } },
      (answer) => {
        answer.resume();
        answer.on("end", () => resolve(answer.statusCode));
      },
    );
    call.on("error", reject);
    call.end(body);
  });
  assert.equal(status, 200);
  assert.deepEqual((await org.events("group.created"))[0]?.actor, { type: "local", id: "admin-socket" });
});

test("a connection that never asked anything does not hold up the end of the server", { timeout: 20_000 }, async (t) => {
  const { org, port } = await listen(t);
  const spare = connect(port, "127.0.0.1");
  const ended = new Promise((resolve) => spare.once("close", resolve));
  spare.on("error", () => {});
  // Whoever was answered is known to the server, so that the one before is too.
  assert.match(await raw(port, "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"), /200 OK/);
  await Promise.all([org.app.close(), ended]);
});
