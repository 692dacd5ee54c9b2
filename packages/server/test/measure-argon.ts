/** How many argon2id comparisons this machine makes in a second with the org's own parameters, and nothing else. Prints JSON; for `bench/primary.ts`. */
import { hash, parseOptions, verify } from "@node-rs/argon2";
import { argonPasswords } from "../src/passwords/passwords.ts";

const [count = "400", atOnce = "16"] = process.argv.slice(2);
const made = await argonPasswords().hash("correct horse battery staple");
if (made.kind !== "hashed") throw new Error(made.kind);
await hash("warm");
let left = Number(count);
const began = performance.now();
const before = process.cpuUsage();
await Promise.all(
  Array.from({ length: Number(atOnce) }, async () => {
    while (left-- > 0) if (!(await verify(made.phc, "correct horse battery staple"))) throw new Error("not the same");
  }),
);
const { memoryCost, timeCost, parallelism } = parseOptions(made.phc);
const perSecond = (Number(count) / (performance.now() - began)) * 1000;
const { user, system } = process.cpuUsage(before);
const cpuMs = (user + system) / 1000 / Number(count);
process.stdout.write(`${JSON.stringify({ perSecond, cpuMs, memoryCost, timeCost, parallelism })}\n`);
