/** `npm run demo [-- CAUSE…]`: an org and three machines for a minute; each cause is brought about for real and must be named. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeCertificates } from "./certificates.ts";
import { Machine } from "./machine.ts";
import { Org } from "./org.ts";
import { judgeRight, type Place, type Played, play, tryOn } from "./play.ts";
import { Processes } from "./processes.ts";
import { type MachineName, SCENES, type Scene } from "./scenes.ts";
import { showHead, showPlayed, showRight } from "./show.ts";

const say = (text: string) => process.stdout.write(text);

/** Answers the exit code: 0 only if every cause was named. */
async function demo(scenes: readonly Scene[], folder: string, processes: Processes): Promise<number> {
  const began = performance.now();
  const org = new Org(folder);
  const certificates = await makeCertificates(folder);
  await org.start(processes, certificates);
  say(showHead(org.url));
  const places = await setUp(org, scenes, (name) => new Machine(name, folder, processes, org), certificates.ca);
  const first = places.get(scenes[0]?.machine ?? "srv01") as Place;
  const right = await tryOn(first.machine, await first.newPerson());
  const complaints = judgeRight(right, first.always);
  say(showRight(first.machine.name, right, complaints));
  const played = playAll(scenes, places);
  let named = 0;
  for (const scene of played) {
    const done = await scene;
    say(showPlayed(done));
    named += done.complaints.length === 0 ? 1 : 0;
  }
  const seconds = Math.round((performance.now() - began) / 1000);
  const all = named === scenes.length && complaints.length === 0;
  say(`${named} of ${scenes.length} causes named in ${seconds} s${all ? "." : ": THE DEMO FAILED."}\n`);
  return all ? 0 : 1;
}

const PEOPLE = "alice bob carol dave erin frank grace heidi ivan judy kim leo mary nick olga paul".split(" ");

/** Machines are set up side by side: each has an agent of its own. */
async function setUp(
  org: Org,
  scenes: readonly Scene[],
  machineOf: (name: string) => Machine,
  ca: string,
): Promise<Map<MachineName, Place>> {
  const machines = [...new Set(scenes.map(({ machine }) => machine))];
  const [servers, old] = [await org.app("servers", false), await org.app("old-servers", true)];
  const pairs = { servers: await org.pair(servers.id, "web-image"), old: await org.pair(old.id, "old-image") };
  const names = [...PEOPLE];
  const places = await Promise.all(
    machines.map(async (name): Promise<[MachineName, Place]> => {
      const legacy = name === "old01";
      const app = legacy ? old.id : servers.id;
      const machine = machineOf(name);
      await machine.join(legacy ? pairs.old : pairs.servers, ca, legacy);
      const newPerson = () => org.person(app, names.shift() ?? `person${Date.now()}`);
      return [name, { org, app, machine, always: legacy ? ["client.legacy"] : [], newPerson }];
    }),
  );
  return new Map(places);
}

/** One after the other on each machine, the machines side by side. */
function playAll(scenes: readonly Scene[], places: Map<MachineName, Place>): Promise<Played>[] {
  const last = new Map<MachineName, Promise<unknown>>();
  return scenes.map((scene) => {
    const place = places.get(scene.machine) as Place;
    const done = (last.get(scene.machine) ?? Promise.resolve()).then(() => play(scene, place));
    last.set(scene.machine, done);
    // Whoever awaits it in its turn sees the fault; until then it is nobody's.
    done.catch(() => undefined);
    return done;
  });
}

async function main(causes: string[]): Promise<number> {
  const scenes = causes.length === 0 ? SCENES : SCENES.filter(({ cause }) => causes.includes(cause));
  const unknown = causes.find((cause) => !SCENES.some((scene) => scene.cause === cause));
  if (unknown !== undefined) {
    process.stderr.write(`The demo has no ${unknown}; it has: ${[...new Set(SCENES.map(({ cause }) => cause))].join(", ")}\n`);
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), "sallyport-demo-"));
  const processes = new Processes(join(folder, "compiled"));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const stopped = new Promise<number>((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve(signal === "SIGINT" ? 130 : 143));
  });
  try {
    return await Promise.race([demo(scenes, folder, processes), stopped]);
  } finally {
    await processes.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`The demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
