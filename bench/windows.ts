/** What the Windows parts add to the org's own time, under Wine: from a submit at the logon screen to its answer, beside the same two bare requests. Needs a machine of its own. */
import { appendFileSync, mkdirSync } from "node:fs";
import https from "node:https";
import { type Enrolled, HostKey, question, readEnrolled } from "../e2e/machine/host-link.ts";
import { codeOf, ORG_NAME, ORG_PORT, Org, type Person } from "../e2e/machine/org.ts";
import { installedWindows } from "../e2e/wine/installer.ts";
import { LogonScreen } from "../e2e/wine/logon-screen.ts";
import type { Windows } from "../e2e/wine/windows.ts";

const LOGONS = 40;
const FRESH = 8;
const MOST_ADDED_MS = 10;
const PASSWORD = "correct horse";
const URL = `https://${ORG_NAME}:${ORG_PORT}`;
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
const key = new HostKey();

function post(path: string, body: string, host?: Enrolled): Promise<any> {
  return new Promise((resolve, reject) => {
    const authorization = host ? { authorization: key.bearer(host, URL, body) } : {};
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...authorization };
    const request = https.request({ agent, host: ORG_NAME, port: ORG_PORT, path, method: "POST", headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part) => parts.push(part));
      response.on("end", () => resolve(JSON.parse(Buffer.concat(parts).toString())));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Milliseconds until the prompt, and from the code to the end. */
type Legs = [number, number];

async function bare(person: Person, host: Enrolled): Promise<Legs> {
  // Before the clock runs: a program of its own makes it.
  const passCode = codeOf(person);
  const began = performance.now();
  const opened = await post("/api/v1/authn/logon", JSON.stringify({ ...question(person.login), service: "console" }), host);
  const asked = performance.now();
  const code = { stateToken: opened.stateToken, passCode, inputId: `bench-${person.login}` };
  const done = await post(`/api/v1/authn/factors/${opened._embedded.factors[0].id}/verify`, JSON.stringify(code), host);
  if (!done.decision) throw new Error(JSON.stringify(done));
  return [asked - began, performance.now() - asked];
}

/** In one LogonUI for all: what a fresh process of Wine loads at its first logon is not ours. */
async function atScreen(person: Person, screen: LogonScreen): Promise<Legs> {
  const asked = await screen.type("edit", person.login).type("password", PASSWORD).submit();
  const done = await screen.type("edit", codeOf(person)).submit();
  if (done.response !== "credential") throw new Error(`${person.login}: ${asked.text} ${done.text}`);
  await screen.deselect();
  return [asked.ms, done.ms];
}

/** As a person mostly meets it. What a program of Wine loads at its first logon is in it, and is not told apart: no bound. */
async function atFreshScreens(people: Person[], windows: Windows): Promise<void> {
  const legs: Legs[] = [];
  for (const person of people) {
    const screen = await LogonScreen.open(windows);
    legs.push(await atScreen(person, screen));
    await screen.close();
  }
  const [prompt, end] = [0, 1].map((leg) => median(legs.map((one) => one[leg] ?? 0)).toFixed(1));
  process.stdout.write(`the first logon of a LogonUI: password to prompt p50 ${prompt} ms, code to credential p50 ${end} ms\n`);
}

const median = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

mkdirSync("/run/bench", { recursive: true, mode: 0o700 });
appendFileSync("/etc/hosts", `127.0.0.1 ${ORG_NAME}\n`);
const org = new Org("/run/bench/org");
await org.start();
const windows = await installedWindows();
try {
  const app = (await org.call("POST", "/api/v1/apps", { label: "servers" })).id;
  const codeFor = async (name: string) => (await org.call("POST", "/api/v1/host-codes", { app, name })).code as string;
  await windows.agent("enrol", await codeFor("win"));
  await windows.startService();
  await windows.agent("arm");
  const host = readEnrolled(await post("/api/v1/hosts/enrol", key.enrolment(await codeFor("bare"), "bare")));
  const people: Person[] = [];
  for (let index = 0; index < 2 * LOGONS + 6 + FRESH; index++) {
    const person = await org.person(`bench${index}`, PASSWORD);
    await org.call("POST", `/api/v1/apps/${app}/users`, { id: person.id });
    people.push(person);
  }
  const screen = await LogonScreen.open(windows);
  for (const person of people.splice(0, 3)) await bare(person, host);
  for (const person of people.splice(0, 3)) await atScreen(person, screen);
  const floor: Legs[] = [];
  const ours: Legs[] = [];
  for (let index = 0; index < LOGONS; index++) {
    for (const person of people.splice(0, 1)) floor.push(await bare(person, host));
    for (const person of people.splice(0, 1)) ours.push(await atScreen(person, screen));
  }
  await screen.close();
  await atFreshScreens(people, windows);
  for (const [leg, name] of ["password to prompt", "code to credential"].entries()) {
    const [alone, whole] = [median(floor.map((legs) => legs[leg] ?? 0)), median(ours.map((legs) => legs[leg] ?? 0))];
    const added = whole - alone;
    const verdict = added <= MOST_ADDED_MS ? "" : `   MORE THAN ${MOST_ADDED_MS} ms`;
    if (verdict !== "") process.exitCode = 1;
    process.stdout.write(
      `${name.padEnd(18)} the org alone p50 ${alone.toFixed(1)} ms   at the logon screen p50 ${whole.toFixed(1)} ms   added ${added.toFixed(1)} ms${verdict}\n`,
    );
  }
} finally {
  agent.destroy();
  await windows.end();
  await org.stop();
  process.exit();
}
