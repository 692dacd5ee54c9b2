/** What is taken away between two steps of a logon, on PostgreSQL. Not part of `npm test`: `e2e/postgres` runs it. */
import { judgeAnewSuite } from "../judge-anew.suite.ts";
import { openTestOrg } from "../test-org.ts";
import { newDatabase, openStore, withClock } from "./postgres-database.ts";

judgeAnewSuite("PostgreSQL", async () => {
  const url = await newDatabase();
  const clock = await withClock(url);
  clock.now = Date.UTC(2026, 10, 24, 12, 0, 0);
  return openTestOrg(undefined, clock, () => openStore(url));
});
