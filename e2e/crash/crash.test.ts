/** The org is killed with SIGKILL in the middle of 200 logons: what was answered is in the log, no code works twice, the chain verifies. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { Machine } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import { COMMAND, run } from "../machine/processes.ts";
import type { DoorEnd } from "../machine/provider.ts";

const LOGONS = 200;
const PROCESSES = 4;
/** Answers after which the org is killed. */
const KILL_AFTER = 60;

let machine: Machine;
let people: Person[];

before(async () => {
  machine = await Machine.build([]);
  people = await Promise.all(Array.from({ length: LOGONS }, (_, index) => person(`crash${index}`)));
});
after(() => machine?.end());

/** In the org only: the door does not ask whether the machine has the account. */
async function person(login: string): Promise<Person> {
  const made = await machine.org.person(login, "");
  await machine.org.call("POST", `/api/v1/apps/${machine.app}/users`, { id: made.id });
  return made;
}

type Answer = DoorEnd & { login: string };

async function drive(jobs: { login: string; code: string }[], onAnswer: (count: number) => void): Promise<Answer[]> {
  const answers: Answer[] = [];
  const processes = Array.from({ length: PROCESSES }, (_, part) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "driver.ts")], { stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: child.stdout }).on("line", (line) => {
      answers.push(JSON.parse(line));
      onAnswer(answers.length);
    });
    child.stdin.end(
      jobs
        .filter((_, index) => index % PROCESSES === part)
        .map(({ login, code }) => `${login} ${code}\n`)
        .join(""),
    );
    return once(child, "close");
  });
  await Promise.all(processes);
  return answers;
}

test("S22: kill -9 in the middle of 200 logons loses nothing that was answered, and no code works twice", async () => {
  const jobs = people.map((one) => ({ login: one.login, code: codeOf(one) }));
  let killed: Promise<void> | undefined;
  const first = await drive(jobs, (count) => {
    if (count >= KILL_AFTER) killed ??= machine.org.stop("SIGKILL");
  });
  await killed;
  const allowed = first.filter(({ result }) => result === "allow");
  assert.equal(first.length, LOGONS);
  assert.ok(allowed.length >= 20 && allowed.length < LOGONS, `${allowed.length} were let in before the org died`);

  await machine.org.start();
  const log = await run(process.execPath, [COMMAND, "log", "export", "/run/story/export.jsonl", "--data", machine.org.data]);
  assert.equal(log.code, 0, log.out);
  const events: { type: string; reference?: string }[] = readFileSync("/run/story/export.jsonl", "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const inLog = new Set(events.filter(({ type }) => type === "logon.allowed").map(({ reference }) => reference));
  for (const { reference } of allowed) assert.ok(inLog.has(reference), `${reference} was answered but is not in the log`);

  // Whoever was let in types the same code again; the others the one that is shown now, since theirs may be out of its time by then.
  const wasLetIn = new Set(allowed.map(({ login }) => login));
  const jobsAgain = people.map(
    (one, index) => (wasLetIn.has(one.login) ? jobs[index] : undefined) ?? { login: one.login, code: codeOf(one) },
  );
  const again = await drive(jobsAgain, () => {});
  const byLogin = new Map(again.map((answer) => [answer.login, answer]));
  for (const { login } of allowed) assert.notEqual(byLogin.get(login)?.result, "allow", `the code of ${login} worked twice`);
  const freshAfter = again.filter(({ result }) => result === "allow").length;
  assert.ok(freshAfter > 0, "codes that were never taken still work");
  const verified = await run(process.execPath, [COMMAND, "log", "verify", "--data", machine.org.data, "--json"]);
  assert.equal(verified.code, 0, verified.out);
  process.stdout.write(
    `crash: ${allowed.length} let in before, ${freshAfter} after, none twice; ${JSON.parse(verified.out).events} events verified\n`,
  );
});
