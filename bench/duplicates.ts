/** A look over 100,000 users for duplicates, and what it does to those who log on meanwhile: the same logons without it, before and after, in one run. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { end, folder, makeKeys, manage, type Person, populate, startOrg, stop } from "./logon-client.ts";
import { peopleOfTwoDomains, SERIES } from "./people-of-two-domains.ts";
import { figuresLine, SteadyLogons } from "./steady-logons.ts";

const USERS = 100_000;
const PEOPLE = 1200;
const QUIET_MS = 12_000;
const LOOKS = 3;
const MOST_SECONDS = 5;
/** How much longer than without it the longest logon may take. */
const MOST_MS = 50;

const people: Person[] = [];

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

const quiet = () => new Promise((resolve) => setTimeout(resolve, QUIET_MS));
try {
  makeKeys();
  await startOrg(0);
  people.push(...(await populate(PEOPLE)));
  await fill();
  // The first look writes the findings; the others are what an hour brings.
  const first = await manage("POST", "/api/v1/duplicates/check");
  const logons = new SteadyLogons(people);
  await logons.during(new Promise((resolve) => setTimeout(resolve, 4000)));
  const before = await logons.during(quiet());
  let slowest = 0;
  const looks = async () => {
    for (let look = 0; look < LOOKS; look++) slowest = Math.max(slowest, (await manage("POST", "/api/v1/duplicates/check")).milliseconds);
  };
  const during = await logons.during(looks());
  const after = await logons.during(quiet());
  figuresLine("before", before);
  figuresLine("during", during);
  figuresLine("after", after);
  const more = during.max - Math.max(before.max, after.max);
  process.stdout.write(`${first.users} users, ${first.found} duplicates found by the first look, in ${first.milliseconds} ms\n`);
  process.stdout.write(
    `a look: ${(slowest / 1000).toFixed(1)} s (at most ${MOST_SECONDS}); longest logon: ${more.toFixed(1)} ms more than without (at most ${MOST_MS})\n`,
  );
  if (first.found < USERS / 60 || slowest > MOST_SECONDS * 1000 || more > MOST_MS) process.exitCode = 1;
} finally {
  await end();
}
