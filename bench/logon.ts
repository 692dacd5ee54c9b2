/** One TOTP logon end to end (two requests) against the floor of the same run: latency one after the other, and logons per second. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { end, LATENCY_LOGONS, makeKeys, measure, populate, RATE_LOGONS, startFloor, startOrg } from "./logon-client.ts";

makeKeys();
try {
  await startOrg(0);
  await startFloor();
  await measure(await populate(LATENCY_LOGONS + RATE_LOGONS + 50));
  process.stdout.write(`floor source: ${readFileSync(join(import.meta.dirname, "floor.ts"), "utf8").split("\n").length} lines\n`);
} finally {
  await end();
}
