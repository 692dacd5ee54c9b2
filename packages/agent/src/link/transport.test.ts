/** Each fault on the way to the org gets its own name, and none of them is taken for the org. */
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { describe, type TestContext, test } from "node:test";
import { type Issued, issue } from "../../doubles/certificates.ts";
import { OrgDouble } from "../../doubles/org-double.ts";
import { OrgClock } from "../clock.ts";
import type { LinkFault } from "./fault.ts";
import { LinkError } from "./fault.ts";
import { probePin } from "./probe.ts";
import { Transport } from "./transport.ts";
import { makeTrust, type TrustMarks } from "./trust.ts";

const DAY = 86_400_000;
const days = (n: number) => new Date(Date.now() + n * DAY);
const hex = (pin: Uint8Array) => Buffer.from(pin).toString("hex");

interface Look {
  marks?: Partial<TrustMarks>;
  proxy?: string;
  orgNow?: number;
  lastGood?: string;
  connectMs?: number;
  answerMs?: number;
}

/** Sends one request and gives the fault, or `undefined` if it went through. */
async function fault(url: string, look: Look = {}): Promise<LinkFault | undefined> {
  const clock = new OrgClock({ monotonic: () => performance.now(), wall: () => Date.now() });
  if (look.orgNow !== undefined) clock.set(look.orgNow, 0);
  const trust = makeTrust({ issuers: [], ...look.marks }, clock, look.lastGood);
  const proxy = look.proxy === undefined ? undefined : new URL(look.proxy);
  const transport = new Transport({ url: new URL(url), proxy, trust, connectMs: look.connectMs ?? 1000 });
  try {
    await transport.send({ path: "/", body: "{}", answerMs: look.answerMs ?? 1000 });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof LinkError, String(error));
    return error.fault;
  } finally {
    transport.close();
  }
}

async function orgWith(t: TestContext, leaf: Issued, ...chain: Issued[]): Promise<OrgDouble> {
  const org = await OrgDouble.start({ tls: { cert: [leaf, ...chain].map((one) => one.pem).join(""), key: leaf.keyPem } });
  t.after(() => org.stop());
  return org;
}

async function listener(t: TestContext, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const ca = issue({ subject: "Org CA", ca: true, from: days(-30) });
const marks: TrustMarks = { pin: hex(ca.pin), anchor: ca.pem, issuers: ["CN=Org CA"] };
const leafOf = (more: Partial<Parameters<typeof issue>[0]> = {}) => issue({ subject: "org", names: ["localhost"], issuer: ca, ...more });

describe("TLS: the peer is judged before anything is sent", () => {
  const nothingSent = (org: OrgDouble) => assert.equal(org.calls.length, 0, "a request was sent to a peer that is not the org");

  test("a chain that leads to the pinned CA is the org", async (t) => {
    const org = await orgWith(t, leafOf(), ca);
    assert.equal(await fault(org.url, { marks }), undefined);
  });

  test("the pinned CA need not be sent: it is kept from enrolment", async (t) => {
    const org = await orgWith(t, leafOf());
    assert.equal(await fault(org.url, { marks }), undefined);
  });

  test("a pinned key of the server itself holds though its certificate is renewed", async (t) => {
    const old = issue({ subject: "org", names: ["localhost"] });
    const renewed = issue({ subject: "org", names: ["localhost"], key: old.key });
    const org = await orgWith(t, renewed);
    assert.equal(await fault(org.url, { marks: { pin: hex(old.pin), anchor: old.pem, issuers: [] } }), undefined);
  });

  test("a self-signed certificate that nobody pinned: tls.untrusted", async (t) => {
    const org = await orgWith(t, issue({ subject: "org", names: ["localhost"] }));
    const seen = await fault(org.url);
    assert.deepEqual([seen?.cause, seen?.evidence["missing"], seen?.phase], ["tls.untrusted", "self-signed", "tls"]);
    assert.equal((await fault(org.url, { marks }))?.cause, "tls.untrusted");
    nothingSent(org);
  });

  test("a private CA that is not trusted here: tls.untrusted", async (t) => {
    const org = await orgWith(t, leafOf(), ca);
    assert.equal((await fault(org.url))?.cause, "tls.untrusted");
    nothingSent(org);
  });

  test("an intermediate that is missing: tls.untrusted, not inspected", async (t) => {
    const middle = issue({ subject: "Org CA 2", ca: true, issuer: ca });
    const org = await orgWith(t, leafOf({ issuer: middle }));
    const seen = await fault(org.url, { marks: { ...marks, issuers: ["CN=Org CA", "CN=Org CA 2"] } });
    assert.equal(seen?.cause, "tls.untrusted");
    nothingSent(org);
  });

  test("S20: another CA in between: tls.inspected, with both pins", async (t) => {
    const other = issue({ subject: "Corporate Inspection", ca: true });
    const org = await orgWith(t, leafOf({ issuer: other }), other);
    const seen = await fault(org.url, { marks });
    assert.deepEqual(
      [seen?.cause, seen?.evidence["pinExpected"], seen?.evidence["pinFound"]],
      ["tls.inspected", marks.pin, hex(other.pin)],
    );
    nothingSent(org);
  });

  test("S20: the genuine CA sent along beside a foreign chain does not pass for a signature by it", async (t) => {
    const impostor = issue({ subject: "Org CA", ca: true });
    const org = await orgWith(t, leafOf({ issuer: impostor }), ca);
    assert.match((await fault(org.url, { marks }))?.cause ?? "", /^tls\.(inspected|untrusted)$/);
    const both = await orgWith(t, leafOf({ issuer: impostor }), impostor, ca);
    assert.match((await fault(both.url, { marks }))?.cause ?? "", /^tls\.(inspected|untrusted)$/);
    nothingSent(org);
    nothingSent(both);
  });

  test("S20: a certificate that is no CA cannot vouch for another", async (t) => {
    const host = leafOf();
    const org = await orgWith(t, issue({ subject: "org", names: ["localhost"], issuer: host }), host, ca);
    assert.match((await fault(org.url, { marks }))?.cause ?? "", /^tls\.(inspected|untrusted)$/);
    nothingSent(org);
  });

  test("a certificate for another name: tls.name, with the names that it has", async (t) => {
    const org = await orgWith(t, leafOf({ names: ["other.example"] }), ca);
    const seen = await fault(org.url, { marks });
    assert.deepEqual([seen?.cause, seen?.evidence["names"]], ["tls.name", "DNS:other.example"]);
    nothingSent(org);
  });

  test("an expired and a future certificate by org time: tls.expired, tls.not-yet, pinned or not", async (t) => {
    const old = await orgWith(t, leafOf({ from: days(-9), to: days(-2) }), ca);
    const young = await orgWith(t, leafOf({ from: days(2), to: days(9) }), ca);
    assert.equal((await fault(old.url, { marks, orgNow: Date.now() }))?.cause, "tls.expired");
    assert.equal((await fault(young.url, { marks, orgNow: Date.now() }))?.cause, "tls.not-yet");
    nothingSent(old);
    nothingSent(young);
  });

  test("S15: a certificate that is good by org time and late by the host's clock is taken, if its key is known", async (t) => {
    const org = await orgWith(t, leafOf({ from: days(-9), to: days(-2) }), ca);
    assert.equal((await fault(org.url, { marks }))?.cause, "tls.expired", "before org time is known");
    assert.equal(await fault(org.url, { marks, orgNow: Date.now() - 5 * DAY }), undefined);
  });

  test("S15: the host's clock does not make a certificate good that has expired by org time", async (t) => {
    const org = await orgWith(t, leafOf({ to: days(2) }), ca);
    assert.equal((await fault(org.url, { marks, orgNow: Date.now() + 3 * DAY }))?.cause, "tls.expired");
    nothingSent(org);
  });

  test("only old TLS: tls.version", async (t) => {
    const leaf = leafOf();
    const org = await OrgDouble.start({
      tls: { cert: leaf.pem + ca.pem, key: leaf.keyPem, maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" },
    });
    t.after(() => org.stop());
    assert.deepEqual([(await fault(org.url, { marks }))?.cause, org.calls.length], ["tls.version", 0]);
  });

  test("no common cipher: tls.version", async (t) => {
    const leaf = leafOf();
    const org = await OrgDouble.start({
      tls: { cert: leaf.pem + ca.pem, key: leaf.keyPem, maxVersion: "TLSv1.2", ciphers: "ECDHE-RSA-AES128-GCM-SHA256" },
    });
    t.after(() => org.stop());
    assert.equal((await fault(org.url, { marks }))?.cause, "tls.version");
  });

  test("plain http where TLS was due: url.wrong-org", async (t) => {
    const org = await OrgDouble.start({ tls: false });
    t.after(() => org.stop());
    assert.equal((await fault(org.url.replace("http:", "https:"), { marks }))?.cause, "url.wrong-org");
  });

  test("a connection cut in the handshake opens no fail mode: its phase is tls", async (t) => {
    const port = await listener(t, (socket) => socket.once("data", () => socket.destroy()));
    assert.deepEqual([(await fault(`https://localhost:${port}`, { marks }))?.phase], ["tls"]);
  });

  test("a handshake that never ends: net.timeout in phase tls", async (t) => {
    const port = await listener(t, () => undefined);
    const seen = await fault(`https://localhost:${port}`, { marks, connectMs: 200 });
    assert.deepEqual([seen?.cause, seen?.phase], ["net.timeout", "tls"]);
  });

  test("enrolment finds the pinned certificate, and names an inspecting proxy before anything is sent", async (t) => {
    const org = await orgWith(t, leafOf(), ca);
    const found = await probePin(new URL(org.url), hex(ca.pin), { proxy: undefined, connectMs: 1000 });
    assert.deepEqual([found.anchor, found.issuers], [ca.pem, ["CN=Org CA"]]);
    await assert.rejects(probePin(new URL(org.url), "0".repeat(32), { proxy: undefined, connectMs: 1000 }), /tls.inspected/);
    nothingSent(org);
  });
});

describe("network: what happened before anybody answered", () => {
  test("a name that does not exist: net.dns in phase resolve", async () => {
    const seen = await fault("https://does-not-exist.invalid");
    assert.deepEqual([seen?.cause, seen?.phase, seen?.evidence["name"]], ["net.dns", "resolve", "does-not-exist.invalid"]);
  });

  test("nothing listens: net.refused in phase connect", async (t) => {
    const port = await listener(t, () => undefined);
    const closed = createServer();
    await new Promise<void>((done) => closed.listen(0, "127.0.0.1", done));
    const free = (closed.address() as AddressInfo).port;
    await new Promise((done) => closed.close(done));
    assert.notEqual(free, port);
    const seen = await fault(`https://localhost:${free}`);
    assert.deepEqual([seen?.cause, seen?.phase], ["net.refused", "connect"]);
  });

  test("an answer that does not come: net.timeout in phase answer, which opens nothing", async (t) => {
    const org = await orgWith(t, leafOf(), ca);
    org.scripts["/"] = () => new Promise(() => undefined);
    const seen = await fault(org.url, { marks, answerMs: 200 });
    assert.deepEqual([seen?.cause, seen?.phase, seen?.authenticated], ["net.timeout", "answer", true]);
  });
});

describe("a forward proxy", () => {
  const proxy = (t: TestContext, answer: string) => listener(t, (socket) => socket.once("data", () => socket.write(answer)));

  test("that wants a password: net.proxy-auth; that refuses: net.proxy-block; both marked as behind a proxy", async (t) => {
    const wants = await proxy(t, "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n");
    const seen = await fault("https://org.example", { marks, proxy: `http://127.0.0.1:${wants}` });
    assert.deepEqual([seen?.cause, seen?.evidence["scheme"], seen?.viaProxy], ["net.proxy-auth", "Basic", true]);
    const blocks = await proxy(t, "HTTP/1.1 403 Forbidden\r\n\r\n");
    assert.equal((await fault("https://org.example", { marks, proxy: `http://127.0.0.1:${blocks}` }))?.cause, "net.proxy-block");
    const noise = await proxy(t, "SSH-2.0-x\r\n\r\n");
    assert.equal((await fault("https://org.example", { marks, proxy: `http://127.0.0.1:${noise}` }))?.cause, "net.proxy-block");
  });

  test("that opens the tunnel carries TLS from end to end", async (t) => {
    const org = await orgWith(t, leafOf(), ca);
    const { connect } = await import("node:net");
    const port = await listener(t, (socket) =>
      socket.once("data", (head: Buffer) => {
        const target = /^CONNECT localhost:(\d+) /.exec(head.toString());
        const onward = connect(Number(target?.[1]), "127.0.0.1", () => {
          socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
          socket.pipe(onward).pipe(socket);
        });
        onward.on("error", () => socket.destroy());
      }),
    );
    assert.equal(await fault(org.url, { marks, proxy: `http://127.0.0.1:${port}` }), undefined);
    assert.equal(org.calls.length, 1);
  });
});
