/** Every command says what it does, shows one example that is a real command line, and prints JSON for scripts. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const help = (...words: string[]) =>
  spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, ...words, "--help"], { encoding: "utf8" }).stdout;

/** Names below a command, from its help. */
function commandsIn(text: string): string[] {
  const [, list = ""] = text.split(/^Commands:$/m);
  return [...list.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map((match) => match[1] ?? "").filter((name) => name !== "help");
}

test("every command has an example of itself and --json", () => {
  const top = commandsIn(help());
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
  const user = commandsIn(help("user"));
  for (const name of ["add", "password", "edit", "expire-password"]) assert.ok(user.includes(name), name);
  let leaves = 0;
  const visit = (words: string[]): void => {
    const text = help(...words);
    const below = commandsIn(text);
    for (const sub of below) visit([...words, sub]);
    if (below.length > 0) return;
    assert.match(text, /--json/, words.join(" "));
    assert.match(text, new RegExp(`Example:\\n {2}(npm start|sallyport ${words.join(" ")}\\b)`), words.join(" "));
    leaves += 1;
  };
  for (const name of top) visit([name]);
  assert.ok(leaves > 35, `${leaves} commands`);
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
