/** A small real world between a host and its org, on loopback: TLS servers, proxies, time servers, each of which a test makes wrong. */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttp } from "node:http";
import type { ServerOptions } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import * as tls from "node:tls";
import { type Diagnosis, diagnosis, type Verdict } from "@sallyport/contracts";
import { exportJWK } from "jose";
import { type Issued, issue, type Wish } from "../../../../agent/doubles/certificates.ts";
import { OrgDouble } from "../../../../agent/doubles/org-double.ts";
import type { Script } from "../../../../agent/doubles/scripted-server.ts";
import { pinnedTime } from "../../../../agent/src/link/pinned-time.ts";
import { DecisionKeys } from "../../../../agent/src/state/decision-keys.ts";
import { diagnose } from "../../diagnose.ts";
import { BRING_NETWORK, type NetworkFacts, networkChecks, type OrgTrust } from "./checks.ts";

export const DAY = 86_400_000;
const days = (n: number) => new Date(Date.now() + n * DAY);
export const root = issue({ subject: "Org Root", ca: true, from: days(-300), to: days(300) });
export const middle = issue({ subject: "Org CA", ca: true, issuer: root, from: days(-300), to: days(300) });
export const inspection = issue({ subject: "Corporate Inspection", ca: true, from: days(-300), to: days(300) });

/** What is as it should be until a fault changes it. Offsets in milliseconds. */
export interface World {
  leaf: Partial<Wish>;
  /** Sent after the leaf. */
  sent: Issued[];
  tls: ServerOptions;
  /** Answers instead of the org. */
  script?: Script;
  /** Between host and org; hears each connection. */
  onConnection?: () => unknown;
  /** The org at the address has another decision key than the pinned one. */
  stranger: boolean;
  proxy?: "opens" | "inspects" | ((target: string, socket: Socket) => void);
  /** This machine's clock, and the org's, against the true time. */
  hostMs: number;
  orgMs: number;
  /** One time server for each, off by so much. */
  servers: number[];
  trust: Partial<OrgTrust> | undefined;
  /** How long the agent waits for each step. */
  connectMs?: number;
  /** What is there instead of the org, by its URL. */
  url?: string;
  typed: (url: string) => string;
}

export const well = (): World => ({
  leaf: {},
  sent: [middle],
  tls: {},
  stranger: false,
  hostMs: 0,
  orgMs: 0,
  servers: [],
  trust: {},
  typed: (url) => url,
});

export type Found = Diagnosis & { tookMs: number };

/** Builds the world, and looks at it as `doctor host` does. */
export async function look(t: TestContext, change: (world: World) => unknown = () => undefined): Promise<Found> {
  const world = well();
  await change(world);
  const org = await startOrg(t, world);
  const url = new URL(world.url ?? org.url);
  if (world.onConnection) url.port = String(await relay(t, url, world.onConnection));
  const typed = world.typed(url.origin);
  const facts: Partial<NetworkFacts> = {
    ...(typed === url.origin || typed === `${url.origin}/` ? { org: url } : {}),
    orgTyped: { value: typed, where: "agent.json" },
    proxy: world.proxy && new URL(await startProxy(t, world.proxy)),
    connectMs: world.connectMs,
    trust: world.trust && { ...(await trustOf(org, world)), ...world.trust },
    timeServers: await Promise.all(world.servers.map((offset) => startTimeServer(t, () => ntpAnswer(Date.now() + offset)))),
  };
  return lookAt(facts, world.hostMs);
}

export async function lookAt(facts: Partial<NetworkFacts>, hostMs = 0): Promise<Found> {
  const begun = performance.now();
  const found = await diagnose<NetworkFacts>(networkChecks({ clock: () => Date.now() + hostMs }), {
    facts,
    limitMs: 3000,
    bring: BRING_NETWORK,
  });
  return { ...diagnosis.parse(found), tookMs: performance.now() - begun };
}

const causesOf =
  (wanted: Verdict) =>
  ({ findings }: Diagnosis): string[] =>
    findings.filter(({ verdict }) => verdict === wanted).map(({ cause }) => cause);
export const confirmed = causesOf("confirmed");
export const possible = causesOf("candidate");
export const ruledOut = causesOf("ruled-out");
export const said = ({ findings }: Diagnosis, cause: string): string =>
  findings
    .find((one) => one.cause === cause)
    ?.evidence.map(({ what, value }) => `${what}: ${value}`)
    .join("; ") ?? "";

async function startOrg(t: TestContext, { leaf, sent, tls: options, script, orgMs }: World): Promise<OrgDouble> {
  const own = issue({ subject: "org", names: ["localhost"], issuer: middle, ...leaf });
  const cert = [own, ...sent].map(({ pem }) => pem).join("");
  const org = await OrgDouble.start({ tls: { cert, key: own.keyPem, ...options } });
  t.after(() => org.stop());
  org.clockOffset = orgMs;
  if (script) org.scripts["*"] = script;
  return org;
}

export async function trustOf(org: OrgDouble, { stranger }: Pick<World, "stranger">): Promise<OrgTrust> {
  const pinned = stranger ? await OrgDouble.start({ tls: false }) : org;
  if (stranger) await pinned.stop();
  const { kty, crv, x, y } = await exportJWK(pinned.decision.publicKey);
  const read = await DecisionKeys.read("/nonexistent", { kty, crv, x, y } as never);
  if (!read.ok) throw new Error(read.finding.cause);
  return {
    pin: Buffer.from(root.pin).toString("hex"),
    anchor: root.pem,
    issuers: ["CN=Org CA", "CN=Org Root"],
    time: pinnedTime(read.keys),
  };
}

/** A TCP server; what it does with a connection is the fault. */
export async function startTcp(t: TestContext, onSocket: (socket: Socket) => void, server: Server = createTcp(onSocket)): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function relay(t: TestContext, { port }: URL, onConnection: () => unknown): Promise<number> {
  return startTcp(t, (socket) => {
    onConnection();
    join(socket, connect(Number(port), "127.0.0.1"));
  });
}

async function startProxy(t: TestContext, kind: NonNullable<World["proxy"]>): Promise<string> {
  const server = createHttp();
  server.on("connect", (request: { url?: string }, socket: Socket) => {
    const target = request.url ?? "";
    if (typeof kind === "function") return kind(target, socket);
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (kind === "opens") join(socket, connect(portOf(target), "127.0.0.1"));
    else inspect(socket, target);
  });
  return `http://127.0.0.1:${await startTcp(t, () => undefined, server)}`;
}

/** Ends the encryption with a certificate of its own, and begins another one to the org: it reads all that passes. */
function inspect(socket: Socket, target: string): void {
  const own = issue({ subject: "localhost", names: ["localhost"], issuer: inspection });
  const opened = new tls.TLSSocket(socket, { isServer: true, key: own.keyPem, cert: own.pem + inspection.pem });
  join(opened, tls.connect({ host: "127.0.0.1", port: portOf(target), rejectUnauthorized: false }));
}

function join(one: Socket, other: Socket): void {
  one.on("error", () => other.destroy()).pipe(other);
  other.on("error", () => one.destroy()).pipe(one);
}

const portOf = (authority: string) => Number(authority.slice(authority.lastIndexOf(":") + 1));

export const refuses =
  (head: string): Exclude<World["proxy"], string | undefined> =>
  (_target, socket) =>
    socket.end(`HTTP/1.1 ${head}\r\nContent-Length: 0\r\n\r\n`);

/** An answer of a server of stratum 2 that has the given time, to whatever was asked; `change` spoils it. */
export function ntpAnswer(now: number, change: (answer: Buffer) => void = () => undefined): (question: Buffer) => Buffer {
  return (question) => {
    const answer = Buffer.alloc(48);
    answer.set([0x24, 2, 6, 0xec]);
    question.copy(answer, 24, 40, 48);
    for (const at of [32, 40]) {
      answer.writeUInt32BE(Math.floor(now / 1000) + 2_208_988_800 - (now > Date.UTC(2036, 1, 7, 6, 28, 16) ? 2 ** 32 : 0), at);
      answer.writeUInt32BE(Math.floor(((now % 1000) / 1000) * 2 ** 32), at + 4);
    }
    change(answer);
    return answer;
  };
}

export async function startTimeServer(t: TestContext, answer: () => ((question: Buffer) => Buffer) | undefined) {
  const socket = createSocket("udp4");
  socket.on("message", (question, from) => {
    const packet = answer()?.(question);
    if (packet) socket.send(packet, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  t.after(() => socket.close());
  return { host: "127.0.0.1", port: socket.address().port, from: "--sntp" };
}

export const page: Script = () => ({
  headers: { "content-type": "text/html; charset=utf-8" },
  text: "<html><title>Welcome to the guest network</title></html>",
});
