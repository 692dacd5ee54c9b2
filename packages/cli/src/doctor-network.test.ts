/** `sallyport doctor host` on a machine without an agent: the way to an org that is named, and clocks against time servers that are named. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { OrgDouble } from "../../agent/doubles/org-double.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

async function doctorHost(
  t: TestContext,
  ...words: string[]
): Promise<{ code: number; found: Diagnosis | undefined; said: string; tookMs: number }> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-host-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const begun = performance.now();
  const own = ["doctor", "host", "--json", "--state", folder, "--data", folder, ...words];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...own], { env: { PATH: process.env["PATH"] } });
  let [out, error] = ["", ""];
  child.stdout.on("data", (part) => {
    out += part;
  });
  child.stderr.on("data", (part) => {
    error += part;
  });
  const [code] = await once(child, "close");
  return { code, found: diagnosis.safeParse(JSON.parse(out)).data, said: out + error, tookMs: performance.now() - begun };
}

/** A time server whose clock is off. */
async function timeServer(t: TestContext, offsetMs: number): Promise<string> {
  const socket = createSocket("udp4");
  socket.on("message", (question, from) => {
    const answer = Buffer.alloc(48);
    answer.set([0x24, 2]);
    question.copy(answer, 24, 40, 48);
    const seconds = (Date.now() + offsetMs) / 1000 + 2_208_988_800;
    for (const at of [32, 40]) answer.writeUInt32BE(Math.floor(seconds), at);
    answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), 36);
    answer.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), 44);
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const verdictOf = (found: Diagnosis | undefined, cause: string) => found?.findings.find((one) => one.cause === cause)?.verdict;

test("an org that is named is looked at without a secret; whose it is, nobody here can know", async (t) => {
  const org = await OrgDouble.start({ tls: false });
  t.after(() => org.stop());
  const { found } = await doctorHost(t, "--org", org.url);
  assert.deepEqual(
    ["net.refused", "net.captive", "clock.host", "url.wrong-org"].map((cause) => verdictOf(found, cause)),
    ["ruled-out", "ruled-out", "ruled-out", "unknown"],
  );
  assert.deepEqual(
    org.calls.map(({ path, body }) => [path, Object.keys(body)]),
    [["/api/v1/time", ["nonce"]]],
  );
});

test("time servers that are named tell whose clock is off, and one that is silent is not passed over", async (t) => {
  const org = await OrgDouble.start({ tls: false });
  t.after(() => org.stop());
  org.clockOffset = 120_000;
  const servers = [await timeServer(t, 0), await timeServer(t, 100)].join(",");
  const { found } = await doctorHost(t, "--org", org.url, "--sntp", servers);
  assert.deepEqual([verdictOf(found, "clock.org"), verdictOf(found, "clock.host")], ["confirmed", "ruled-out"]);
  const closed = createSocket("udp4").bind(0, "127.0.0.1");
  await once(closed, "listening");
  const { port } = closed.address();
  closed.close();
  const silent = await doctorHost(t, "--sntp", `127.0.0.1:${port}`);
  assert.match(JSON.stringify(silent.found?.notLookedAt), new RegExp(`the time server 127.0.0.1 port ${port} \\(--sntp\\)`));
});

test("what is no time server is refused with exit code 2", async (t) => {
  const { code, said } = await doctorHost(t, "--sntp", "ntp.example,a b");
  assert.deepEqual([code, /a b is no time server/.test(said)], [2, true]);
});

test("an org that says nothing is named in under 8 s", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  // What the command takes on this machine, as busy as it is, without anybody to wait for.
  const quick = await doctorHost(t);
  const { code, found, tookMs } = await doctorHost(t, "--org", `https://127.0.0.1:${(server.address() as { port: number }).port}`);
  assert.deepEqual([code, verdictOf(found, "net.timeout")], [1, "confirmed"]);
  assert.ok(tookMs < 8000 + quick.tookMs, `${tookMs} ms, and ${quick.tookMs} ms without an org`);
});
