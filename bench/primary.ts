/** Password and TOTP in two requests, at full load and at half of it, while `/livez` is asked; floor: bare argon2id comparisons on the same processors. */
import { spawnSync } from "node:child_process";
import https from "node:https";
import { join } from "node:path";
import { passCodeOf } from "./codes.ts";
import { KeptConnections } from "./kept-connections.ts";
import { end, folder, makeKeys, orgCpuMs, peopleFor, startOrg } from "./logon-client.ts";
import { type Member, makeMembers } from "./members.ts";

/** Until the engine has compiled what a logon runs through: by its processor time, some thousand logons. */
const SIZES = { warm: 1600, latency: 300, rate: 1600 };
/** Floor and full load in turns, so that what else the machine does meets both alike. */
const TURNS = 8;
const A_TURN = SIZES.rate / TURNS;
const AT_ONCE = 16;
const LEAST_RATIO = 0.8;
const MOST_MS = 250;
const MOST_LIVEZ_MS = 50;
const MEASURE = join(import.meta.dirname, "../packages/server/test/measure-argon.ts");
/** Behind the admin socket the routes are the same, and no rate limit is in the way. */
const org = new KeptConnections(join(folder, "data", "admin.sock"));

interface Bare {
  perSecond: number;
  cpuMs: number;
  memoryCost: number;
  timeCost: number;
  parallelism: number;
}

function bare(): Bare {
  const args = ["--disable-warning=ExperimentalWarning", MEASURE, String(A_TURN), String(AT_ONCE)];
  const done = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

async function logon({ login, password, factor, secret }: Member): Promise<void> {
  const begun = await org.post("/api/v1/authn", { username: login, password });
  const body = { stateToken: begun.stateToken, passCode: passCodeOf(secret) };
  const done = await org.post(`/api/v1/authn/factors/${factor}/verify`, body);
  if (done.status !== "SUCCESS") throw new Error(JSON.stringify(done));
}

/** `org`, `client`: what a logon takes of a processor, in ms. Both are on the processors that bare argon2id had for itself. */
interface Full {
  perSecond: number;
  org: number;
  client: number;
}

async function fullLoad(people: Member[]): Promise<Full> {
  const began = performance.now();
  const [own, orgs] = [process.cpuUsage(), orgCpuMs()];
  const queue = [...people];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let one = queue.pop(); one; one = queue.pop()) await logon(one);
    }),
  );
  const perSecond = (people.length / (performance.now() - began)) * 1000;
  const { user, system } = process.cpuUsage(own);
  return { perSecond, org: (orgCpuMs() - orgs) / people.length, client: (user + system) / 1000 / people.length };
}

/** Of turns of one size: all that were done, in all the time that they took. */
function rateOf(turns: { perSecond: number }[]): number {
  return turns.length / turns.reduce((sum, { perSecond }) => sum + 1 / perSecond, 0);
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** They come at even intervals, whether or not those before are done. Answers the 99th percentile, in ms. */
async function steadyLoad(people: Member[], perSecond: number): Promise<number> {
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(
    people.map(async (one, index) => {
      const due = began + (index * 1000) / perSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
      const start = performance.now();
      await logon(one);
      times.push(performance.now() - start);
    }),
  );
  return times.sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0;
}

/** Asks until told to stop; answers the longest wait, in ms. */
async function watchLivez(signal: AbortSignal): Promise<number> {
  const alive = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
  let longest = 0;
  for (let first = true; !signal.aborted; first = false) {
    const began = performance.now();
    await new Promise<void>((resolve, reject) => {
      https
        .get({ agent: alive, host: "127.0.0.1", port: 18443, path: "/livez" }, (response) => response.resume().on("end", resolve))
        .on("error", reject);
    });
    // The first one makes the connection.
    if (!first) longest = Math.max(longest, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  alive.destroy();
  return longest;
}

makeKeys();
try {
  await startOrg(0);
  const people = await makeMembers(peopleFor(SIZES));
  await fullLoad(people.splice(0, SIZES.warm));
  const [floors, fulls]: [Bare[], Full[]] = [[], []];
  for (let turn = 0; turn < TURNS; turn++) {
    floors.push(bare());
    fulls.push(await fullLoad(people.splice(0, A_TURN)));
  }
  const [floorRate, fullRate] = [rateOf(floors), rateOf(fulls)];
  const stop = new AbortController();
  const livez = watchLivez(stop.signal);
  const p99 = await steadyLoad(people, floorRate / 2);
  stop.abort();
  const longest = await livez;
  const ratio = fullRate / floorRate;
  const [bareMs, orgMs] = [mean(floors.map(({ cpuMs }) => cpuMs)), mean(fulls.map(({ org }) => org))];
  const clientMs = mean(fulls.map(({ client }) => client));
  const { memoryCost, timeCost, parallelism } = floors[0] as Bare;
  process.stdout.write(`argon2id m=${memoryCost} KiB, t=${timeCost}, p=${parallelism}: ${floorRate.toFixed(0)} a second, bare\n`);
  process.stdout.write(
    `password and TOTP, ${AT_ONCE} at once: ${fullRate.toFixed(0)} a second; ratio ${ratio.toFixed(2)}, of ${TURNS} turns each\n`,
  );
  process.stdout.write(
    `processor time, ms: bare ${bareMs.toFixed(1)}; a logon in the org ${orgMs.toFixed(1)}, ratio ${(bareMs / orgMs).toFixed(2)}; in this client ${clientMs.toFixed(1)}\n`,
  );
  process.stdout.write(`at half of the bare rate: p99 ${p99.toFixed(0)} ms; longest wait for /livez ${longest.toFixed(0)} ms\n`);
  if (ratio < LEAST_RATIO || p99 > MOST_MS || longest > MOST_LIVEZ_MS) process.exitCode = 1;
} finally {
  org.close();
  await end();
}
