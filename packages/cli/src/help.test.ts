/** Every command says what it does, shows one example that is a real command line, and prints JSON for scripts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import type { Command } from "commander";
import { wholeProgram } from "./whole-program.ts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;

/** As `--help` prints it. */
function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({
    getOutHelpWidth: () => 80,
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text;
}

test("every command has an example of itself and --json", () => {
  const program = wholeProgram();
  const top = program.commands.map((command) => command.name());
  for (const name of [
    "serve",
    "token",
    "user",
    "group",
    "app",
    "assign",
    "zone",
    "policy",
    "host",
    "client",
    "agent",
    "factor",
    "bypass",
    "push",
    "ticket",
    "logon",
    "log",
    "why",
    "doctor",
    "import",
    "key",
    "backup",
    "restore",
  ]) {
    assert.ok(top.includes(name), name);
  }
  const user = program.commands.find((command) => command.name() === "user")?.commands.map((command) => command.name()) ?? [];
  for (const name of ["add", "password", "edit", "expire-password"]) assert.ok(user.includes(name), name);
  let leaves = 0;
  const visit = (command: Command, words: string[]): void => {
    for (const below of command.commands) visit(below, [...words, below.name()]);
    if (command.commands.length > 0) return;
    const text = helpOf(command);
    assert.match(text, /--json/, words.join(" "));
    assert.match(text, new RegExp(`Example:\\n {2}(npm start|sallyport ${words.join(" ")}\\b)`), words.join(" "));
    leaves += 1;
  };
  visit(program, []);
  assert.ok(leaves > 35, `${leaves} commands`);
});

test("--help prints that, in a process of its own", () => {
  const add = wholeProgram()
    .commands.find((command) => command.name() === "user")
    ?.commands.find((command) => command.name() === "add");
  assert.ok(add);
  const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "user", "add", "--help"], { encoding: "utf8" });
  assert.deepEqual([done.status, done.stdout], [0, helpOf(add)]);
});

test("a command that does not exist, and a missing option, end with 1 and one clear line", () => {
  for (const words of [["usr"], ["source", "import", "x"]]) {
    const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...words], { encoding: "utf8" });
    assert.equal(done.status, 1);
    assert.match(done.stderr, /unknown command|required option/);
  }
});

test("a command that does not run the org loads nothing of the server: it would start twice as slowly", () => {
  const watch = `import { registerHooks } from "node:module";
    registerHooks({ resolve(name, context, next) {
      const found = next(name, context);
      if (found.url.includes("/packages/server/")) process.stderr.write("loads the server\\n");
      return found;
    } });`;
  const preload = `data:text/javascript,${encodeURIComponent(watch)}`;
  const run = (...words: string[]) =>
    spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", "--import", preload, MAIN, ...words], { encoding: "utf8" })
      .stderr;
  for (const words of [
    ["why", "K7QF-3M2P"],
    ["user", "list"],
  ])
    assert.doesNotMatch(run(...words, "--data", "/nonexistent"), /loads the server/, words.join(" "));
  assert.match(run("serve", "--data", "/nonexistent/data", "--listen", "nowhere"), /loads the server/);
});
