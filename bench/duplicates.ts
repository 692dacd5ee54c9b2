/** A look over 100,000 users for duplicates, and what it does to those who log on meanwhile: the same logons without it, before and after, in one run. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { end, folder, makeKeys, manage, orgLogon, type Person, populate, startOrg, stop } from "./logon-client.ts";
import { peopleOfTwoDomains, SERIES } from "./people-of-two-domains.ts";

const USERS = 100_000;
const PEOPLE = 1200;
/** A logon begins every so many ms, whether the one before has ended or not: else a stall would hide those that it keeps waiting. */
const EVERY_MS = 40;
const QUIET_MS = 12_000;
const LOOKS = 3;
const MOST_SECONDS = 5;
/** How much longer than without it the longest logon may take. */
const MOST_MS = 50;

const people: Person[] = [];
let turn = 0;

async function fill(): Promise<void> {
  const [app] = await manage("GET", "/api/v1/apps");
  await stop();
  const db = new DatabaseSync(join(folder, "data/org.db"));
  db.exec("PRAGMA synchronous = OFF; BEGIN");
  for (const statement of peopleOfTwoDomains(SERIES.sqlite(USERS), app.id)) db.exec(statement);
  db.exec("COMMIT");
  db.close();
  await startOrg(0);
}

/** Sorted times of logons at a steady pace until `until` resolves. */
async function logonsDuring(until: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const open = new Set<Promise<void>>();
  let going = true;
  const over = () => {
    going = false;
  };
  void until.then(over, over);
  for (let next = performance.now(); going; next += EVERY_MS) {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
    const began = performance.now();
    const one = orgLogon(people[turn++ % PEOPLE] as Person).then(() => void times.push(performance.now() - began));
    open.add(one);
    void one.finally(() => open.delete(one));
  }
  await Promise.all(open);
  return times.sort((a, b) => a - b);
}

const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));
const longest = (times: number[]) => times.at(-1) ?? 0;

function line(name: string, times: number[]): void {
  const at = (part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1).padStart(7);
  process.stdout.write(
    `${name.padEnd(8)} ${String(times.length).padStart(5)} logons   p50 ${at(0.5)} ms   p99 ${at(0.99)} ms   longest ${at(1)} ms\n`,
  );
}

try {
  makeKeys();
  await startOrg(0);
  people.push(...(await populate(PEOPLE)));
  await fill();
  // The first look writes the findings; the others are what an hour brings.
  const first = await manage("POST", "/api/v1/duplicates/check");
  await logonsDuring(new Promise((resolve) => setTimeout(resolve, 4000)));
  const before = await logonsDuring(quiet());
  let slowest = 0;
  const looks = async () => {
    for (let look = 0; look < LOOKS; look++) slowest = Math.max(slowest, (await manage("POST", "/api/v1/duplicates/check")).milliseconds);
  };
  const during = await logonsDuring(looks());
  const after = await logonsDuring(quiet());
  line("before", before);
  line("during", during);
  line("after", after);
  const more = longest(during) - Math.max(longest(before), longest(after));
  process.stdout.write(`${first.users} users, ${first.found} duplicates found by the first look, in ${first.milliseconds} ms\n`);
  process.stdout.write(
    `a look: ${(slowest / 1000).toFixed(1)} s (at most ${MOST_SECONDS}); longest logon: ${more.toFixed(1)} ms more than without (at most ${MOST_MS})\n`,
  );
  if (first.found < USERS / 60 || slowest > MOST_SECONDS * 1000 || more > MOST_MS) process.exitCode = 1;
} finally {
  await end();
}
