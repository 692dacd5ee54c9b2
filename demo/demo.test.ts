/** The demo names every cause and says so by its exit code; a product that names one wrongly makes it fail; nothing is left behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { pathToFileURL } from "node:url";

const MAIN = join(import.meta.dirname, "main.ts");

function start(
  t: TestContext,
  causes: string[],
  env: Record<string, string> = {},
): { child: ChildProcess; folder: string; out: () => string } {
  const folder = mkdtempSync(join(tmpdir(), "demo-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...causes], {
    env: { ...process.env, ...env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  return { child, folder, out: () => text };
}

/** Runs to its end, and sees that neither a file nor a process of it is left. */
async function run(t: TestContext, causes: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string }> {
  const { child, folder, out } = start(t, causes, env);
  const [code] = (await once(child, "close")) as [number | null];
  assertNothingLeft(folder);
  return { code, out: out() };
}

function assertNothingLeft(folder: string): void {
  assert.deepEqual(readdirSync(folder), []);
  if (!existsSync("/proc/self/cmdline")) return;
  const mine = readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name) && commandOf(name).includes(folder));
  assert.deepEqual(mine.map(commandOf), []);
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** The product with one line changed as it is loaded: what the demo must not take for right. */
function mutant(t: TestContext, file: string, from: string, to: string): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "demo-mutant-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const source = join(import.meta.dirname, "../packages", file);
  assert.ok(readFileSync(source, "utf8").includes(from), `${file} no longer holds ${from}`);
  const preload = join(folder, "mutant.mjs");
  writeFileSync(
    preload,
    `import { registerHooks } from "node:module";
     registerHooks({ load(url, context, next) {
       const loaded = next(url, context);
       if (url !== ${JSON.stringify(pathToFileURL(source).href)}) return loaded;
       return { ...loaded, source: String(loaded.source).replace(${JSON.stringify(from)}, ${JSON.stringify(to)}) };
     } });`,
  );
  return { NODE_OPTIONS: `--import=${pathToFileURL(preload).href}` };
}

test("every cause is brought about and named, each logon without it is let in without a finding, and the exit code is 0", async (t) => {
  const { code, out } = await run(t, []);
  assert.equal(code, 0, out);
  t.diagnostic(out.trim().split("\n").at(-1) ?? "");
  const heads = [...out.matchAll(/^([a-z.-]+) ·+ (.+)$/gm)].map(([, cause, state]) => `${cause}: ${state}`);
  assert.deepEqual(heads, [
    "user.password: refused",
    "client.id-mangled: refused",
    "client.secret-mangled: refused",
    "client.secret-mangled: refused",
    "url.malformed: refused",
    "url.trailing-slash: let in, with a finding",
    "app.not-assigned: refused",
    "user.ambiguous: refused",
    "clock.host: let in, with a finding",
    "clock.host: refused",
  ]);
  assert.match(out, /^A logon as it should be ·+ let in$/m);
  assert.match(out, /left double smart quote/);
  assert.match(out, /zero-width space/);
  assert.equal(out.match(/reference +[0-9A-Z]{4}-[0-9A-Z]{4}$/gm)?.length, 11);
  assert.equal(out.match(/put right +let in, and why finds nothing/g)?.length, 10);
  for (const line of out.split("\n")) assert.ok([...line].length <= 80, line);
});

test("a product that refuses and names another cause makes the demo end with 1", async (t) => {
  const env = mutant(t, "server/src/flows/host-link/find-user.ts", 'cause: "app.not-assigned"', 'cause: "user.unknown"');
  const { code, out } = await run(t, ["app.not-assigned"], env);
  assert.equal(code, 1, out);
  assert.match(out, /^app\.not-assigned ·+ NOT NAMED$/m);
  assert.match(out, /why says user\.unknown/);
});

test("a product that lets in and shows no finding, or one where there is none, makes the demo end with 1", async (t) => {
  const silent = mutant(t, "agent/src/typed-values.ts", 'url.forgiven.includes("url.trailing-slash")', "false");
  const loud = mutant(t, "agent/src/typed-values.ts", 'url.forgiven.includes("url.trailing-slash")', "true");
  const [without, always] = [await run(t, ["url.trailing-slash"], silent), await run(t, ["url.trailing-slash"], loud)];
  assert.equal(without.code, 1, without.out);
  assert.match(without.out, /url\.trailing-slash was not named/);
  assert.equal(always.code, 1, always.out);
  assert.match(always.out, /without a fault why shows url\.trailing-slash/);
});

test("Ctrl-C in the middle ends the org and every agent, and takes the folder away", async (t) => {
  const { child, folder, out } = start(t, []);
  while (!out().includes("A logon as it should be")) await once(child.stdout as NodeJS.ReadableStream, "data");
  child.kill("SIGINT");
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 130, out());
  assertNothingLeft(folder);
});

test("a cause that the demo does not have is refused with those that it has", async (t) => {
  const { code, out } = await run(t, ["user.pasword"]);
  assert.equal(code, 1);
  assert.match(out, /has no user\.pasword; it has: user\.password, client\.id-mangled/);
});
