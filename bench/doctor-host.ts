/** How long `sallyport doctor host` takes on a machine where nothing is wrong, and where every packet to the org is dropped. */
// Floor: Node started for one TLS request to the same org in the same run. It needs a machine of its own.
import { join } from "node:path";
import { Machine, ORG_URL } from "../e2e/machine/machine.ts";
import { COMMAND, must, run } from "../e2e/machine/processes.ts";

const HEALTHY_MS = 2000;
const DROPPED_MS = 8000;
const ONE_REQUEST = `
  const { get } = require("node:https");
  const ca = require("node:fs").readFileSync(process.argv[1]);
  get(process.argv[2] + "/livez", { ca }, (answer) => answer.resume());
`;

interface Times {
  median: number;
  worst: number;
}

async function measure(times: number, args: string[], code: number): Promise<Times> {
  const took: number[] = [];
  for (let at = 0; at < times; at++) {
    const began = performance.now();
    const done = await run(process.execPath, ["--disable-warning=ExperimentalWarning", ...args]);
    took.push(performance.now() - began);
    if (done.code !== code) throw new Error(`${args.join(" ")} ended with ${done.code} and not ${code}: ${done.out}`);
  }
  took.sort((a, b) => a - b);
  return { median: took[Math.floor(times / 2)] ?? 0, worst: took.at(-1) ?? 0 };
}

const report = (name: string, { median, worst }: Times, promised?: number) =>
  process.stdout.write(
    `  ${name.padEnd(34)}${median.toFixed(0).padStart(6)} ms  worst ${worst.toFixed(0).padStart(6)} ms${promised === undefined ? "" : `  promised: under ${promised} ms`}\n`,
  );

const machine = await Machine.build([]);
let right = false;
try {
  const doctor = [COMMAND, "doctor", "host", "--json"];
  const floor = await measure(10, ["-e", ONE_REQUEST, join(machine.org.folder, "ca.pem"), ORG_URL], 0);
  const healthy = await measure(10, doctor, 0);
  must("nft", [
    "add table inet bench; add chain inet bench out { type filter hook output priority 0; }; add rule inet bench out tcp dport 8443 drop",
  ]);
  const dropped = await measure(3, doctor, 1);
  must("nft", ["delete table inet bench"]);
  report("floor: Node and one TLS request", floor);
  report("doctor host, nothing is wrong", healthy, HEALTHY_MS);
  report("doctor host, the org is silent", dropped, DROPPED_MS);
  process.stdout.write(`  healthy over floor: ${(healthy.median / floor.median).toFixed(1)}\n`);
  // Other programs on the machine stretch single runs.
  right = healthy.median < HEALTHY_MS && dropped.median < DROPPED_MS;
} finally {
  await machine.end();
  process.exit(right ? 0 : 1);
}
