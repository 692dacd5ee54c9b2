/** What the measurements of logons share: machines, people, one logon in two requests, and the same two requests against the floor. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { callOrg } from "../e2e/machine/admin-socket.ts";
import { type Enrolled, HostKey, question, readEnrolled } from "../e2e/machine/host-link.ts";
import { base32, passCodeOf } from "./codes.ts";

/** Logons of one measurement: to warm up, one after the other, and many at once. Each takes a person of its own, since a code works once. */
export interface Sizes {
  warm: number;
  latency: number;
  rate: number;
}
export const peopleFor = ({ warm, latency, rate }: Sizes) => warm + latency + rate;

export const AT_ONCE = 64;
export const ROOT = join(import.meta.dirname, "..");
export const folder = mkdtempSync(join(tmpdir(), "sallyport-bench-"));
const agent = new https.Agent({ keepAlive: true, maxSockets: AT_ONCE, rejectUnauthorized: false });
/** One key for all machines: what is measured is the org. */
const key = new HostKey();
const FLOOR_PORT = 18444;
/** The nodes of the org; each call of a logon goes to the next one. */
const nodes: { port: number; data: string }[] = [{ port: 18443, data: join(folder, "data") }];
/** The org's one name, whichever node answers. */
export const ORG_URL = "https://localhost:18443";
const children: ChildProcess[] = [];
let turn = 0;
const nextPort = () => nodes[turn++ % nodes.length]?.port ?? 0;

function post(port: number, path: string, body: string, authorization: string): Promise<{ status: number; body: any }> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), authorization };
    const request = https.request({ agent, host: "127.0.0.1", port, path, method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(parts).toString() || "{}") }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Several machines, as in a fleet: one machine may ask about 500 names an hour. */
const HOSTS = 8;
const hosts: Enrolled[] = [];
const bearer = (body: string, host = hosts[0] ?? { id: "hst_00000000000000000000", generation: "" }) => key.bearer(host, ORG_URL, body);

export interface Person {
  login: string;
  host: Enrolled | undefined;
  secret: Buffer;
}

export async function orgLogon(person: Person): Promise<void> {
  const first = JSON.stringify(question(person.login));
  const opened = await post(nextPort(), "/api/v1/authn/logon", first, bearer(first, person.host));
  const factor = opened.body._embedded?.factors?.[0]?.id;
  if (!factor) throw new Error(JSON.stringify(opened.body));
  const second = JSON.stringify({
    stateToken: opened.body.stateToken,
    passCode: passCodeOf(person.secret),
    inputId: randomBytes(9).toString("base64url"),
  });
  const done = await post(nextPort(), `/api/v1/authn/factors/${factor}/verify`, second, bearer(second, person.host));
  if (!done.body.decision) throw new Error(JSON.stringify(done.body));
}

async function floorLogon(person: Person): Promise<void> {
  for (const path of ["/logon", "/verify"]) {
    const body = JSON.stringify(question(person.login));
    const done = await post(FLOOR_PORT, path, body, bearer(body));
    if (done.status !== 200) throw new Error(`floor: ${done.status}`);
  }
}

/** Median and 99th percentile in ms, one logon after the other. */
async function latency(people: Person[], logon: (person: Person) => Promise<void>): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (const person of people) {
    const began = performance.now();
    await logon(person);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  return { p50: times[Math.floor(times.length / 2)] ?? 0, p99: times[Math.floor(times.length * 0.99)] ?? 0 };
}

async function rate(people: Person[], logon: (person: Person) => Promise<void>): Promise<number> {
  const began = performance.now();
  const queue = [...people];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let person = queue.pop(); person; person = queue.pop()) await logon(person);
    }),
  );
  return (people.length / (performance.now() - began)) * 1000;
}

export const manage = (method: string, path: string, body?: object, own?: http.Agent): Promise<any> =>
  callOrg(nodes[0]?.data ?? "", method, path, body, own);

async function makePeople(app: string, count: number, prefix: string): Promise<Person[]> {
  const one = async (index: number): Promise<Person> => {
    const login = `${prefix}${index}`;
    const { id } = await manage("POST", "/api/v1/users?activate=true", { profile: { login } });
    await manage("POST", `/api/v1/apps/${app}/users`, { id });
    const factor = await manage("POST", `/api/v1/users/${id}/factors?activate=true`, {
      factorType: "token:software:totp",
      provider: "GOOGLE",
    });
    return { login, host: hosts[index % HOSTS], secret: base32(factor._embedded.activation.sharedSecret) };
  };
  const people: Person[] = [];
  for (let at = 0; at < count; at += 50)
    people.push(...(await Promise.all(Array.from({ length: Math.min(50, count - at) }, (_, i) => one(at + i)))));
  return people;
}

async function enrol(app: string): Promise<void> {
  const { code } = await manage("POST", "/api/v1/host-codes", { app });
  const answer = await post(nextPort(), "/api/v1/hosts/enrol", key.enrolment(code, "bench"), "");
  hosts.push(readEnrolled(answer.body));
}

async function start(args: string[], line: RegExp): Promise<void> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  for await (const said of createInterface({ input: child.stdout })) if (line.test(said)) return;
  throw new Error(`${args[0]} did not start`);
}

/** Keys and certificate of the run. */
export function makeKeys(): void {
  const ec = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
  spawnSync("openssl", [...ec, "-addext", "subjectAltName=DNS:localhost", "-keyout", `${folder}/tls.key`, "-out", `${folder}/tls.pem`]);
  writeFileSync(`${folder}/host.pub`, key.publicKey.export({ type: "spki", format: "pem" }));
}

export const startFloor = () => start([join(import.meta.dirname, "floor.ts"), folder, String(FLOOR_PORT)], /listening/);

/** @param more further options of `serve`. */
export async function startOrg(index: number, more: string[] = []): Promise<void> {
  const node = { port: 18443 + index * 2, data: join(folder, index === 0 ? "data" : `data${index}`) };
  nodes[index] = node;
  const serve = ["serve", "--data", node.data, "--listen", `127.0.0.1:${node.port}`, "--url", ORG_URL, "--log-level", "error"];
  const tls = ["--tls-cert", `${folder}/tls.pem`, "--tls-key", `${folder}/tls.key`];
  await start([join(ROOT, "packages/cli/src/main.ts"), ...serve, ...tls, ...more], /The org is at/);
}

/** Processor time of the first thing that was started, its threads included, in ms: /proc counts in hundredths of a second (proc(5)). */
export function orgCpuMs(): number {
  const stat = readFileSync(`/proc/${children[0]?.pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** Machines that are enrolled, and people who are known: as many as one run needs. */
export async function populate(count: number): Promise<Person[]> {
  const app = (await manage("POST", "/api/v1/apps", { label: "bench" })).id;
  for (let index = 0; index < HOSTS; index++) await enrol(app);
  return makePeople(app, count, "user");
}

/** Warms up, then measures the floor and the org in turn; prints one line a figure. */
export async function measure(people: Person[], sizes: Sizes): Promise<void> {
  const warm = people.splice(0, sizes.warm);
  await latency(warm, floorLogon);
  await latency(warm, orgLogon);
  const slow = people.splice(0, sizes.latency);
  const floor = await latency(slow, floorLogon);
  const org = await latency(slow, orgLogon);
  const many = people.splice(0, sizes.rate);
  const floorRate = await rate(many, floorLogon);
  const orgRate = await rate(many, orgLogon);
  line("one logon, p50", org.p50, floor.p50, "ms");
  line("one logon, p99", org.p99, floor.p99, "ms");
  line(`logons a second, ${AT_ONCE} at once`, orgRate, floorRate, "/s");
}

function line(name: string, ours: number, bare: number, unit: string): void {
  const [mine, floor] = [ours, bare].map((value) => value.toFixed(2).padStart(8));
  process.stdout.write(`${name.padEnd(34)} ours ${mine} ${unit}   floor ${floor} ${unit}   ratio ${(ours / bare).toFixed(2)}\n`);
}

/** Ends what was started; its data stays. */
export async function stop(): Promise<void> {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

/** Ends everything that was started, and takes away the run's folder. @param last what the org needs until it has ended. */
export async function end(last = async () => {}): Promise<void> {
  await stop();
  agent.destroy();
  await last();
  rmSync(folder, { recursive: true, force: true });
}
