/** The faults of the way to an org, each brought about by changing one thing of a world that is well. */
import { createServer } from "node:net";
import type { TestContext } from "node:test";
import { error } from "../../../../agent/doubles/scripted-server.ts";
import { DAY, inspection, page, refuses, startTcp, type World } from "./world.fixture.ts";

export interface Fault {
  name: string;
  /** What is confirmed, root first, if nothing else is wrong. */
  causes: string[];
  bring(world: World, t: TestContext): unknown;
  /** What the evidence of the first cause must tell. */
  tells?: RegExp;
}

const days = (n: number) => new Date(Date.now() + n * DAY);

export const FAULTS = {
  slash: {
    name: "a slash at the end of the URL",
    causes: ["url.trailing-slash"],
    bring: (world) => Object.assign(world, { typed: (url: string) => `${url}/` }),
    tells: /ends in a slash, character \d+/,
  },
  path: {
    name: "a path in the URL",
    causes: ["url.malformed"],
    bring: (world) => Object.assign(world, { typed: (url: string) => `${url}/login` }),
    tells: /it has a path \(\/login\)/,
  },
  name: {
    name: "a name that does not resolve",
    causes: ["net.dns"],
    bring: (world) => Object.assign(world, { url: `https://${"x".repeat(64)}.example` }),
    tells: /no such name.*name server \S+: /,
  },
  closed: {
    name: "a port where nothing listens",
    causes: ["net.refused"],
    bring: async (world, t) => Object.assign(world, { url: `https://localhost:${await closedPort(t)}` }),
    tells: /^localhost port \d+ at 127\.0\.0\.1: ECONNREFUSED to a TCP connection$/,
  },
  noRoute: {
    name: "an address to which no way leads",
    causes: ["net.unreachable"],
    // The kernel itself refuses a TCP connection to a group: no packet leaves.
    bring: (world) => Object.assign(world, { url: "https://224.0.0.1" }),
    tells: /ENETUNREACH/,
  },
  cut: {
    name: "a firewall that cuts the handshake off",
    causes: ["net.unreachable"],
    bring: async (world, t) =>
      Object.assign(world, { url: await answering(t, (socket) => socket.once("data", () => socket.resetAndDestroy())) }),
    tells: /TLS handshake: the connection was cut off in the middle/,
  },
  plain: {
    name: "a server that does not speak TLS",
    causes: ["url.wrong-org"],
    bring: async (world, t) =>
      Object.assign(world, {
        url: await answering(t, (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))),
      }),
    tells: /does not speak TLS/,
  },
  proxyAuth: {
    name: "a proxy that wants a name and password",
    causes: ["net.proxy-auth"],
    bring: (world) => Object.assign(world, { proxy: refuses("407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate") }),
    tells: /^proxy 127\.0\.0\.1:\d+: 407 .*it wants Negotiate$/,
  },
  unseenProxy: {
    name: "a proxy that nobody set, and that wants a name and password",
    causes: ["net.proxy-auth"],
    bring: (world) => Object.assign(world, { script: () => ({ status: 407, text: "" }) }),
    tells: /^\/api\/v1\/time: 407/,
  },
  proxyBlock: {
    name: "a proxy that does not allow the org",
    causes: ["net.proxy-block"],
    bring: (world) => Object.assign(world, { proxy: refuses("403 Forbidden") }),
    tells: /403 Forbidden to CONNECT localhost port \d+/,
  },
  proxyLost: {
    name: "a proxy that does not find the org",
    causes: ["net.proxy-block"],
    bring: (world) => Object.assign(world, { proxy: refuses("503 Service Unavailable") }),
    tells: /503 .*it has no way there/,
  },
  inspects: {
    name: "a proxy that opens the encryption",
    causes: ["tls.inspected", "tls.untrusted"],
    bring: (world) => Object.assign(world, { proxy: "inspects" }),
    tells: /Corporate Inspection, key [0-9a-f]{32}; pinned is [0-9a-f]{32}/,
  },
  captive: {
    name: "a guest network's page with a certificate of its own",
    causes: ["net.captive"],
    bring: (world) =>
      Object.assign(world, { script: page, leaf: { ...world.leaf, issuer: inspection, names: ["guest.example"] }, sent: [inspection] }),
    tells: /“Welcome to the guest network” where JSON was due.*its certificate: for DNS:guest\.example, issued by Corporate Inspection/,
  },
  block: {
    name: "a page behind the org's own certificate",
    causes: ["net.captive"],
    bring: (world) => Object.assign(world, { script: page }),
    tells: /where JSON was due; its certificate: for DNS:localhost, issued by Org CA$/,
  },
  redirect: {
    name: "an answer that leads elsewhere",
    causes: ["net.captive"],
    bring: (world) => Object.assign(world, { script: () => ({ status: 302, headers: { location: "https://portal.example/" } }) }),
    tells: /302, .*on to https:\/\/portal\.example/,
  },
  rate: {
    name: "an org that has had enough",
    causes: ["http.rate-limited"],
    bring: (world) => Object.assign(world, { script: () => ({ ...error(429, "E0000047"), headers: { "retry-after": "17" } }) }),
    tells: /429.*again after 17 s/,
  },
  gateway: {
    name: "a proxy in front of an org that is down",
    causes: ["http.server-error"],
    bring: (world) =>
      Object.assign(world, { script: () => ({ status: 502, headers: { "content-type": "text/html" }, text: "<h1>502</h1>" }) }),
    tells: /502/,
  },
  database: {
    name: "an org whose database does not work",
    causes: ["org.database"],
    bring: (world) => Object.assign(world, { script: () => error(503, "S0000004", "org.database") }),
    tells: /503.*error id e1/,
  },
  foreign: {
    name: "an org of the other product",
    causes: ["url.wrong-org"],
    bring: (world) => Object.assign(world, { script: () => error(404, "E0000007") }),
    tells: /it knows no signed time/,
  },
  stranger: {
    name: "another org with the same certificate",
    causes: ["url.wrong-org"],
    bring: (world) => Object.assign(world, { stranger: true }),
    tells: /does not hold under the decision key that this host pinned: signature/,
  },
  odd: {
    name: "a service that answers something else",
    causes: ["http.unexpected"],
    bring: (world) => Object.assign(world, { script: () => ({ body: { hello: "world" } }) }),
    tells: /200.*JSON, but no signed time/,
  },
  oldTls: {
    name: "a server that speaks old TLS only",
    causes: ["tls.version"],
    bring: (world) => Object.assign(world, { tls: { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } }),
    tells: /the other side speaks TLSv1\.1/,
  },
  noCipher: {
    name: "a server with none of our ciphers",
    causes: ["tls.version"],
    bring: (world) => Object.assign(world, { tls: { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0" } }),
    tells: /HANDSHAKE_FAILURE.*the other side speaks TLSv1\.2, ECDHE-ECDSA-NULL-SHA/,
  },
  selfSigned: {
    name: "a certificate that nobody vouches for",
    causes: ["tls.untrusted"],
    bring: (world) => Object.assign(world, { leaf: { ...world.leaf, issuer: undefined, subject: "org" }, sent: [] }),
    tells: /self-signed/,
  },
  noMiddle: {
    name: "a chain that lacks its link",
    causes: ["tls.untrusted"],
    bring: (world) => Object.assign(world, { sent: [] }),
    tells: /missing intermediate: .*Org CA, which led to the root at enrolment, is not sent/,
  },
  otherName: {
    name: "a certificate for another name",
    causes: ["tls.name"],
    bring: (world) => Object.assign(world, { leaf: { ...world.leaf, names: ["other.example"] } }),
    tells: /DNS:other\.example; asked for localhost/,
  },
  expired: {
    name: "a certificate past its time",
    causes: ["tls.expired"],
    bring: (world) => Object.assign(world, { leaf: { ...world.leaf, from: days(-90), to: days(-1) } }),
    tells: /valid until .*org 20/,
  },
  notYet: {
    name: "a certificate before its time",
    causes: ["tls.not-yet"],
    bring: (world) => Object.assign(world, { leaf: { ...world.leaf, from: days(1) } }),
    tells: /valid from .*org 20/,
  },
  fastClock: {
    name: "a clock of this machine that is two hours fast",
    causes: ["clock.host"],
    bring: (world) => Object.assign(world, { hostMs: 2 * 3_600_000 }),
    tells: /7200 s fast against the org's signed time; as much as the time zone \+02:00: perhaps local time was taken for UTC/,
  },
  slowClock: {
    name: "a clock of this machine that is 400 days slow",
    causes: ["clock.host"],
    bring: (world) => Object.assign(world, { hostMs: -400 * DAY }),
    tells: /s slow against the org's signed time$/,
  },
  orgClock: {
    name: "a clock of the org that is off, by a time server",
    causes: ["clock.org"],
    bring: (world) => Object.assign(world, { orgMs: -100_000, servers: [0] }),
    tells: /the org's clock: 100 s slow against the time of 127\.0\.0\.1 port \d+/,
  },
} as const satisfies Record<string, Fault>;

/** A port that was just free. */
async function closedPort(t: TestContext): Promise<number> {
  const server = createServer();
  const port = await startTcp(t, () => undefined, server);
  await new Promise((done) => server.close(done));
  return port;
}

async function answering(t: TestContext, onSocket: Parameters<typeof startTcp>[1]): Promise<string> {
  return `https://localhost:${await startTcp(t, onSocket)}`;
}
