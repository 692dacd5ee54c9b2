/** The command hands over arguments, exit codes and signals unchanged, from any folder and through a link. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

/** The real command beside a small program in the place of the real one. */
let root: string;
let command: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), "sallyport-bin-"));
  mkdirSync(join(root, "bin"));
  mkdirSync(join(root, "packages/cli/src"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  cpSync(fileURLToPath(new URL("./sallyport.js", import.meta.url)), join(root, "bin/sallyport.js"));
  symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(root, "node_modules"));
  writeFileSync(
    join(root, "packages/cli/src/main.ts"),
    `const [what, ...rest]: string[] = process.argv.slice(2);
     if (what === "exit") process.exit(Number(rest[0]));
     if (what === "die") process.kill(process.pid, "SIGKILL");
     if (what === "wait") { process.on("SIGTERM", () => process.exit(7)); console.log("ready"); setInterval(() => {}, 1000); }
     if (what === "echo") console.log(JSON.stringify({ rest, node: process.versions.node }));`,
  );
  symlinkSync(join(root, "bin/sallyport.js"), join(root, "link"));
  command = join(root, "bin/sallyport.js");
});
after(() => rmSync(root, { recursive: true, force: true }));

test("arguments with spaces arrive as they are, in the project's Node 24, from any folder and through a link", () => {
  for (const start of [command, join(root, "link")]) {
    const run = spawnSync(process.execPath, [start, "echo", "a b", "", "--x=ü"], { encoding: "utf8", cwd: tmpdir() });
    const { rest, node } = JSON.parse(run.stdout);
    assert.deepEqual(rest, ["a b", "", "--x=ü"]);
    assert.match(node, /^24\./);
  }
});

test("the exit code is the program's", () => {
  assert.equal(spawnSync(process.execPath, [command, "exit", "3"]).status, 3);
  assert.equal(spawnSync(process.execPath, [command, "exit", "0"]).status, 0);
});

test("who dies by a signal is seen to die by it", () => {
  assert.equal(spawnSync(process.execPath, [command, "die"]).signal, "SIGKILL");
});

test("SIGTERM is handed on, and the program's own end is awaited", async () => {
  const child = spawn(process.execPath, [command, "wait"], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  assert.deepEqual(await once(child, "exit"), [7, null]);
});
