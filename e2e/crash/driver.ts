/** One of several processes that log people on at the door: reads `login code` lines, writes one JSON answer a line. */
import { createInterface } from "node:readline";
import { logonAtDoor } from "../machine/provider.ts";

const AT_ONCE = 8;
const work: Promise<void>[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  const [login = "", code = ""] = line.split(" ");
  const one = logonAtDoor(login, code).then((end) => void process.stdout.write(`${JSON.stringify({ login, ...end })}\n`));
  work.push(one);
  if (work.length >= AT_ONCE) await work.shift();
}
await Promise.all(work);
