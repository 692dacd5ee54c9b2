/** The transaction under random events on PostgreSQL. Not part of `npm test`: `e2e/postgres` runs it. */
import { openTestOrg } from "../test-org.ts";
import { transactionProperty } from "../transaction-property.suite.ts";
import { newDatabase, openStore, withClock } from "./postgres-database.ts";

transactionProperty("PostgreSQL", async () => {
  const url = await newDatabase();
  const clock = await withClock(url);
  clock.now = Date.UTC(2026, 10, 24, 12, 0, 0);
  return openTestOrg(undefined, clock, () => openStore(url));
});
