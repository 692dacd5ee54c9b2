/** The store's contract and races on PostgreSQL. Not part of `npm test`: `e2e/postgres` runs it. */
import { newDatabase, openStore, withClock } from "./postgres-database.ts";
import { raceContract } from "./races.contract.ts";
import { storeContract } from "./store.contract.ts";

storeContract("PostgreSQL", async () => {
  const url = await newDatabase();
  const clock = await withClock(url);
  const store = await openStore(url);
  return { store, clock, close: () => store.close() };
});

raceContract("PostgreSQL", async () => {
  const target = await newDatabase();
  return { store: await openStore(target), target };
});
