/** Resident memory of the bundles at rest: the org, and an agent enrolled with it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { callOrg } from "../e2e/machine/admin-socket.ts";

const ROOT = join(import.meta.dirname, "..");
const SETTLE_MS = 15_000;
const folder = mkdtempSync(join(tmpdir(), "sallyport-memory-"));
const sallyport = join(ROOT, "dist/sallyport.mjs");
const quiet = "--disable-warning=ExperimentalWarning";
/** As the packages' units start them. */
const flagsOf = (unit: string) =>
  /^ExecStart=\S+\/node((?: --\S+)+) /m
    .exec(readFileSync(join(ROOT, "packaging", unit), "utf8"))?.[1]
    ?.trim()
    .split(" ") ?? [];

async function start(unit: string, file: string, args: string[], line: RegExp): Promise<ChildProcess> {
  const child = spawn(process.execPath, [...flagsOf(unit), file, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const lines = [child.stdout, child.stderr].map((input) => createInterface({ input }));
  await new Promise<void>((resolve, reject) => {
    for (const one of lines) one.on("line", (said) => line.test(said) && resolve());
    child.once("exit", () => reject(new Error(`${file} ended`)));
  });
  return child;
}

const manage = (path: string, body: object) => callOrg(join(folder, "org"), "POST", path, body);

const resident = (child: ChildProcess) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;

const bundled = spawnSync(process.execPath, [join(ROOT, "scripts/bundle.js")], { stdio: "inherit" });
if (bundled.status !== 0) process.exit(1);
const children: ChildProcess[] = [];
try {
  children.push(
    await start(
      "server/sallyport-server.service",
      sallyport,
      ["serve", "--data", join(folder, "org"), "--listen", "127.0.0.1:18445", "--log-level", "error"],
      /The org is at/,
    ),
  );
  const app = await manage("/api/v1/apps", { label: "bench" });
  const { code } = await manage("/api/v1/host-codes", { app: app.id });
  mkdirSync(join(folder, "agent"), { mode: 0o700 });
  spawnSync(process.execPath, [quiet, sallyport, "host", "enrol", "--state", join(folder, "agent")], { input: `${code}\n` });
  const agent = join(ROOT, "dist/sallyport-agent.mjs");
  children.push(await start("agent/sallyport-agent.service", agent, ["run", "--state", join(folder, "agent")], /listens/));
  // What start-up left behind is collected when the process has been at rest for a while.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const bare = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  children.push(bare);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const [index, name] of ["org server, bundled", "agent, bundled", "floor: bare Node"].entries()) {
    const child = children[index];
    if (child) process.stdout.write(`${name.padEnd(22)} ${resident(child).toFixed(0).padStart(5)} MB\n`);
  }
} finally {
  for (const child of children) {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
}
