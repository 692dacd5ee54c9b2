/** How many TOTP codes are verified in a second, each used up durably: through the whole step of a transaction, on SQLite; floor: as many durable units that write one row. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const LEAST = 2000;
const MEASURE = join(import.meta.dirname, "../packages/server/test/measure-totp.ts");
const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MEASURE], { encoding: "utf8" });
if (done.status !== 0) throw new Error(done.stderr);
const { verified, floor, cpuMs } = JSON.parse(done.stdout);
process.stdout.write(
  `TOTP codes a second, 256 at once ${verified.toFixed(0)}; floor ${floor.toFixed(0)}; ratio ${(verified / floor).toFixed(2)}; ${cpuMs.toFixed(2)} ms of a processor each\n`,
);
if (verified < LEAST) process.exitCode = 1;
