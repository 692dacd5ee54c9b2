/** What one node announces, another hears: at once by NOTIFY, and by looking where the server delivers none. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { newDatabase, openStore, runOn } from "./postgres-database.ts";
import { heard } from "./store.contract.ts";

/** Well below the time after which a node looks by itself. */
const AT_ONCE_MS = 1_000;
const ROUNDS = 5;

async function delays(url: string): Promise<number[]> {
  const [speaker, listener] = [await openStore(url), await openStore(url)];
  const watched = heard(listener, "keys");
  await watched.next();
  const times: number[] = [];
  // The first one may come while the listener still connects.
  for (let round = 0; round <= ROUNDS; round++) {
    const began = performance.now();
    await speaker.inTransaction((tx) => tx.changes.announce("keys"));
    await watched.next();
    times.push(performance.now() - began);
  }
  watched.stop();
  await Promise.all([speaker.close(), listener.close()]);
  return times.slice(1).sort((a, b) => a - b);
}

test("with NOTIFY a change is heard at once", async () => {
  const times = await delays(await newDatabase());
  assert.ok((times[Math.floor(ROUNDS / 2)] ?? 0) < AT_ONCE_MS, `${times}`);
});

test("without NOTIFY every change is seen all the same, within the time of a look", async () => {
  const url = await newDatabase();
  const database = new URL(url).pathname.slice(1);
  await runOn(
    database,
    "CREATE SCHEMA mute",
    "CREATE FUNCTION mute.pg_notify(text, text) RETURNS void LANGUAGE sql AS 'SELECT'",
    `ALTER DATABASE ${database} SET search_path = public, mute, pg_catalog`,
  );
  const times = await delays(url);
  assert.ok((times.at(-1) ?? 0) < 10_000, `${times}`);
  assert.ok((times[Math.floor(ROUNDS / 2)] ?? 0) >= AT_ONCE_MS, `no notification was delivered: ${times}`);
});
