/** The command hands over arguments, exit codes and signals unchanged, from any folder and through a link. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const modules = join(here, "../node_modules");
/** A Node too old for the project, so that the hand-over is real; where npm has none for this machine, the running one. */
const old = [join(modules, "node22-linux-x64/bin/node")].find(existsSync) ?? process.execPath;

/** The real command beside a small program in the place of the real one. */
let root: string;
let command: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), "sallyport-bin-"));
  mkdirSync(join(root, "bin"));
  mkdirSync(join(root, "packages/cli/src"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  for (const name of ["sallyport.js", "hand-over.js", "project-node.js"]) cpSync(join(here, name), join(root, "bin", name));
  symlinkSync(modules, join(root, "node_modules"));
  writeFileSync(
    join(root, "packages/cli/src/main.ts"),
    `const [what, ...rest]: string[] = process.argv.slice(2);
     if (what === "exit") process.exit(Number(rest[0]));
     if (what === "die") process.kill(process.pid, "SIGKILL");
     if (what === "wait") {
       let heard = 0;
       for (const name of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(name, () => { heard += 1; setTimeout(() => process.exit(10 + heard), 100); });
       console.log("ready");
       setInterval(() => {}, 1000);
     }
     if (what === "echo") console.log(JSON.stringify({ rest, node: process.versions.node }));`,
  );
  symlinkSync(join(root, "bin/sallyport.js"), join(root, "link"));
  command = join(root, "bin/sallyport.js");
});
after(() => rmSync(root, { recursive: true, force: true }));

test("arguments with spaces arrive as they are, in the project's Node 24, from any folder and through a link", () => {
  for (const start of [command, join(root, "link")]) {
    const run = spawnSync(old, [start, "echo", "a b", "", "--x=ü"], { encoding: "utf8", cwd: tmpdir() });
    const { rest, node } = JSON.parse(run.stdout);
    assert.deepEqual(rest, ["a b", "", "--x=ü"]);
    assert.match(node, /^24\./);
  }
});

test("the exit code is the program's", () => {
  assert.equal(spawnSync(old, [command, "exit", "3"]).status, 3);
  assert.equal(spawnSync(old, [command, "exit", "0"]).status, 0);
});

test("who dies by a signal is seen to die by it", () => {
  assert.equal(spawnSync(old, [command, "die"]).signal, "SIGKILL");
});

for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  test(`${signal} is handed on once, and the program's own end is awaited`, async () => {
    const child = spawn(old, [command, "wait"], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), [11, null]);
  });
}

test("Ctrl-C in a terminal arrives once: a second one would cut the program's end short", {
  skip: !existsSync("/usr/bin/script"),
}, async () => {
  // script starts $SHELL, or dash where there is none; dash would stay, hear the Ctrl-C as well and end by it: so it hands its place over.
  const terminal = spawn("/usr/bin/script", ["-qefc", `exec "${old}" "${command}" wait`, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, SHELL: "/bin/sh" },
  });
  await once(terminal.stdout, "data");
  terminal.stdin.write("\x03");
  assert.deepEqual(await once(terminal, "exit"), [11, null]);
});

test("without the installed packages it says the one command to run", { skip: old === process.execPath }, () => {
  const bare = mkdtempSync(join(tmpdir(), "sallyport-bare-"));
  for (const name of ["sallyport.js", "hand-over.js", "project-node.js"]) cpSync(join(here, name), join(bare, name));
  writeFileSync(join(bare, "package.json"), '{"type":"module"}');
  const run = spawnSync(old, [join(bare, "sallyport.js"), "serve"], { encoding: "utf8" });
  rmSync(bare, { recursive: true, force: true });
  assert.deepEqual([run.status, run.stdout, run.stderr], [1, "", "sallyport: its Node 24 is not installed yet; run: npm ci\n"]);
});
