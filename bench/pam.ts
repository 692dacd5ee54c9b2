/** What the module adds to pam_unix: the same real pamtester, with and without the module's lines, in one run. Needs a machine of its own. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { Machine, STACKS } from "../e2e/machine/machine.ts";
import { codeOf, type Person } from "../e2e/machine/org.ts";

const LOGONS = 40;

function logon(service: string, person: Person, answers: string[]): number {
  const began = performance.now();
  const done = spawnSync("pamtester", [service, person.login, "authenticate"], { input: `${answers.join("\n")}\n`, encoding: "utf8" });
  const took = performance.now() - began;
  if (done.status !== 0) throw new Error(`${service} ${person.login}: ${done.stdout}${done.stderr}`);
  return took;
}

const median = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

const machine = await Machine.build([]);
try {
  writeFileSync("/etc/pam.d/bench-unix", "auth required pam_unix.so\n");
  writeFileSync("/etc/pam.d/bench-sallyport", STACKS["sshd"] ?? "");
  const people: Person[] = [];
  for (let index = 0; index < LOGONS + 3; index++) people.push(await machine.addPerson(`bench${index}`));
  for (const person of people.splice(0, 3)) logon("bench-sallyport", person, [person.password, codeOf(person)]);
  const floor: number[] = [];
  const ours: number[] = [];
  for (const person of people) {
    floor.push(logon("bench-unix", person, [person.password]));
    ours.push(logon("bench-sallyport", person, [person.password, codeOf(person)]));
  }
  const [unix, both] = [median(floor), median(ours)];
  process.stdout.write(
    `pam_unix alone p50 ${unix.toFixed(1)} ms   with Sallyport p50 ${both.toFixed(1)} ms   added ${(both - unix).toFixed(1)} ms\n`,
  );
} finally {
  await machine.end();
  process.exit();
}
