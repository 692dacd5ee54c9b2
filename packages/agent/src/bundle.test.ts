/** The agent as one file, as it is shipped: it starts, answers and stops in order on Node 22 as well. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { build } from "esbuild";
import { ProviderDouble } from "../doubles/provider-double.ts";
import { enrolled, tempFolder } from "../doubles/rig.ts";

const ROOT = join(import.meta.dirname, "../../..");
const NODE_22 = join(ROOT, "node_modules/node22-linux-x64/bin/node");
/** Where npm has no Node 22 for this machine, the running one is tried: the bundle must start somewhere. */
const NODE = existsSync(NODE_22) ? NODE_22 : process.execPath;

test("the bundle starts on Node 22, opens its door to a provider, and ends with 0 on SIGTERM", async (t) => {
  if (process.platform === "linux" && process.arch === "x64")
    assert.match(spawnSync(NODE, ["--version"], { encoding: "utf8" }).stdout, /^v22\./);
  const outfile = join(tempFolder(t), "agent.mjs");
  await build({
    entryPoints: [join(ROOT, "packages/agent/src/main.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node22",
    mainFields: ["module", "main"],
    banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
    logLevel: "error",
  });
  const { state } = await enrolled(t);
  const agent = spawn(NODE, [outfile, "run", "--state", state], { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => agent.kill("SIGKILL"));
  const said = new Promise<void>((resolve) => {
    for (const input of [agent.stdout, agent.stderr]) createInterface({ input }).on("line", (line) => /listens/.test(line) && resolve());
  });
  await said;
  const provider = new ProviderDouble(join(state, "agent.sock"));
  const { end } = await provider.hello().begin().talk("000000");
  assert.ok(end && "end" in end && end.end.result === "allow", "not armed: it lets in, and says so in its log");
  provider.leave();
  agent.kill("SIGTERM");
  assert.deepEqual(await once(agent, "exit"), [0, null]);
});
