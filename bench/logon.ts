/** One TOTP logon end to end (two requests) against the floor of the same run: latency one after the other, and logons per second. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { end, makeKeys, measure, peopleFor, populate, startFloor, startOrg } from "./logon-client.ts";

const SIZES = { warm: 50, latency: 300, rate: 3000 };

makeKeys();
try {
  await startOrg(0);
  await startFloor();
  await measure(await populate(peopleFor(SIZES)), SIZES);
  process.stdout.write(`floor source: ${readFileSync(join(import.meta.dirname, "floor.ts"), "utf8").split("\n").length} lines\n`);
} finally {
  await end();
}
