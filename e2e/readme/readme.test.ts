/** Follows the README word by word, as a newcomer does: from nothing to an ssh logon with a second factor, and back. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { drawTerminal } from "../machine/picture.ts";
import { must, ROOT, until } from "../machine/processes.ts";
import { type Replies, Terminal } from "../machine/terminal.ts";
import { freshHomes, freshProject } from "../machine/throwaway.ts";

const ORG_PASSWORD = "a plain pass phrase";
const MACHINE_PASSWORD = "Pw-of-this-machine-1";

/** The commands of the section, block by block, as they stand in the file. */
function blocks(): string[][] {
  const section = readFileSync(join(ROOT, "README.md"), "utf8")
    .split(/^## /m)
    .find((text) => text.startsWith("A first logon in three minutes"));
  assert.ok(section, "the README has no section on a first logon");
  return [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => (match[1] ?? "").trim().split("\n"));
}

let secret = "";
let lastCode = "";
/** The code that the app shows next: each works once. */
async function nextCode(): Promise<string> {
  lastCode = await until("the app's next code", () => different(must("oathtool", ["--totp", "-b", secret]).trim()), 90);
  return lastCode;
}
const different = (code: string) => (code === lastCode ? undefined : code);

/** A code of no moment near. */
function wrongCode(): string {
  const near = Array.from({ length: 41 }, (_, index) =>
    must("oathtool", ["--totp", "-b", "--now", `@${Math.floor(Date.now() / 1000) + (index - 20) * 30}`, secret]).trim(),
  );
  return ["000000", "111111", "222222"].find((code) => !near.includes(code)) ?? "333333";
}

/** What a person answers to whom. */
function replies(terminal: Terminal, code: () => string | Promise<string>): Replies {
  return [
    [/A new password for alice [^\n]*: $/, () => ORG_PASSWORD],
    [/The same once more: $/, () => ORG_PASSWORD],
    [
      /Enter the code that the app shows: $/,
      () => {
        secret = /enter the secret by hand: ([A-Z2-7]+)/.exec(terminal.screen)?.[1] ?? "";
        return code();
      },
    ],
    [/\nPassword: $/, () => ORG_PASSWORD],
    [/Code from your app: $/, code],
    [/ew password: $/, () => MACHINE_PASSWORD],
    [/continue connecting [^\n]*\? $/, () => "yes"],
    [/\(alice@localhost\) Password: $/, () => MACHINE_PASSWORD],
  ];
}

const terminals: Terminal[] = [];
function open(): Terminal {
  const terminal = new Terminal(ROOT);
  terminals.push(terminal);
  return terminal;
}

let sshBefore = "";
before(() => {
  freshProject();
  freshHomes();
  // A Debian machine has its sshd running.
  must("service", ["ssh", "start"]);
  sshBefore = readFileSync("/etc/pam.d/common-auth", "utf8");
});
after(async () => {
  for (const terminal of terminals) await terminal.close();
  must("service", ["ssh", "stop"]);
});

test("word by word: a person, a logon, ssh with a second factor, a refusal with its cause, and everything taken back", async () => {
  const [start, person, root, right, wrong, back, ...more] = blocks();
  assert.ok(start && person && root && right && wrong && back && more.length === 0, "the section has other blocks than this test knows");
  const began = Date.now();

  const first = open();
  await first.start(only(start), /Next, in another terminal[\s\S]*npx sallyport why/);

  const second = open();
  for (const line of person) await second.succeed(line, replies(second, nextCode));
  assert.match(second.latest + second.screen, /Let in as alice\./);
  const inTerminal = seconds(began);

  const rootShell = open();
  let building = 0;
  for (const line of root) {
    const typed = Date.now();
    if (line === "sudo -s") await rootShell.command(line);
    else await rootShell.succeed(line, replies(rootShell, nextCode));
    if (line === "npm run release") building = seconds(typed);
  }
  const third = open();
  await third.command(only(right), replies(third, nextCode));
  assert.match(await third.command("id -un; echo shell of $SSH_CONNECTION"), /\nalice\nshell of (::1|127\.0\.0\.1) /);
  const inSsh = seconds(began);
  await third.command("exit");

  const reference = await refused(third, wrong[0] ?? "");
  const why = await third.succeed((wrong[1] ?? "").replace("REFERENCE", reference));
  assert.match(why, /refused — factor\.code-wrong/);
  // Beside the project's folder of this story, which is thrown away.
  const shown = third.screen.slice(third.screen.lastIndexOf("\nyou$ ssh alice@localhost") + 1);
  drawTerminal(shown.slice(0, shown.indexOf("\n\nWhat the org saw")), "/mnt/project/e2e/shots/refused-logon.png");

  for (const line of back) await rootShell.succeed(line);
  assert.equal(readFileSync("/etc/pam.d/common-auth", "utf8"), sshBefore);
  assert.ok(!existsSync("/var/lib/sallyport"), "nothing of it is left");
  first.interrupt();
  await first.command("");
  process.stdout.write(
    `README, typed word by word: in at the terminal after ${inTerminal} s, in by ssh after ${inSsh} s (of these ${building} s for building the packages), all taken back after ${seconds(began)} s\n`,
  );
  // How fast the packages are built is the machine's affair; the rest is what a person goes through.
  assert.ok(inSsh - building < 180, `a first logon by ssh took ${inSsh - building} s without the building`);
});

/** ssh with a wrong code, until it ends with a reference. */
async function refused(terminal: Terminal, line: string): Promise<string> {
  const code = wrongCode();
  const asked: Replies = replies(terminal, () => code).map(([asks, reply]) => [asks, reply]);
  let left = false;
  const leave: Replies = [
    [
      /Reference: [0-9A-Z-]{9}[\s\S]*Password: $/,
      () => {
        left = true;
        terminal.interrupt();
        return "";
      },
    ],
  ];
  const said = await terminal.command(line, [...leave, ...asked]);
  assert.ok(left || /Permission denied/.test(said), said);
  const reference = /Reference: ([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(said)?.[1];
  assert.ok(reference, said);
  return reference;
}

function only(block: string[]): string {
  assert.equal(block.length, 1);
  return block[0] ?? "";
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
