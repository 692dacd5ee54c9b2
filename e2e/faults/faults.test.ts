/** The fault matrix: each fault is brought about for real, the doctor must name it and nothing else, and find nothing when it is gone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Fault } from "./fault.ts";
import { judgeBroken, judgeRepaired } from "./judge.ts";
import { NETWORK } from "./network.ts";
import { ON_MACHINE } from "./on-machine.ts";
import { PEOPLE } from "./people.ts";
import { Table } from "./table.ts";
import { type Answer, World } from "./world.ts";

/** `FAULTS_OF=host`: only what is asked so, while somebody works on it. */
const only = process.env["FAULTS_OF"]?.split(" ");
const FAULTS: Fault[] = [...PEOPLE, ...NETWORK, ...ON_MACHINE].filter(({ form }) => only === undefined || only.includes(form));

let world: World;
const table = new Table("fault matrix");

before(async () => {
  world = await World.build();
});
after(async () => {
  process.stdout.write(table.show(FAULTS.length));
  await world?.end();
});

for (const fault of FAULTS) {
  test(`${fault.name}: doctor ${fault.form}: ${fault.root}`, async () => {
    const began = performance.now();
    const complaints = await play(fault);
    table.add(fault, complaints.length === 0, performance.now() - began);
    assert.deepEqual(complaints, []);
  });
}

async function play(fault: Fault): Promise<string[]> {
  const options = { factor: fault.factor !== false, account: fault.form === "ssh" };
  const person = await world.person(options);
  const brought = await fault.bring(world, person);
  let broken: Answer;
  try {
    broken = await world.ask(fault.form, person, brought.typed);
  } finally {
    await brought.repair();
  }
  const next = brought.another ? await world.person(options) : person;
  const repaired = await world.ask(fault.form, next);
  return [...judgeBroken(fault, broken), ...judgeRepaired(repaired)];
}
