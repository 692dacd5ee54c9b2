/** The fault matrix: each fault is brought about for real, the doctor must name it and nothing else, and find nothing when it is gone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Brought, Fault, Pair } from "./fault.ts";
import { judgeBroken, judgePair, judgeRepaired } from "./judge.ts";
import { LEGACY } from "./legacy.ts";
import { NETWORK } from "./network.ts";
import { ON_MACHINE } from "./on-machine.ts";
import { PAIRS } from "./pairs.ts";
import { PEOPLE } from "./people.ts";
import { Table } from "./table.ts";
import { WAYS_IN } from "./ways-in.ts";
import { type Answer, World } from "./world.ts";

/** `FAULTS_OF=host`: only what is asked so, while somebody works on it. */
const only = process.env["FAULTS_OF"]?.split(" ");
const wanted = ({ form }: { form: string }) => only === undefined || only.includes(form);
const ALL: Fault[] = [...PEOPLE, ...NETWORK, ...ON_MACHINE, ...WAYS_IN, ...LEGACY];
const FAULTS = ALL.filter(wanted);
const AT_ONCE = PAIRS.filter(wanted);

let world: World;
const singles = new Table("fault matrix");
const pairs = new Table("pairs at once");

before(async () => {
  world = await World.build();
});
after(async () => {
  process.stdout.write(singles.show(FAULTS.length) + pairs.show(AT_ONCE.length));
  await world?.end();
});

test("the machine without a fault: nothing is found", async () => {
  assert.deepEqual(judgeRepaired(await world.ask("host", await world.person())), []);
});

for (const fault of FAULTS) {
  test(`${fault.name}: doctor ${fault.form}: ${fault.root}`, async () => {
    const began = performance.now();
    const complaints = await play(fault);
    singles.add(fault, complaints.length === 0, performance.now() - began);
    assert.deepEqual(complaints, []);
  });
}

for (const pair of AT_ONCE) {
  const [first, second] = [found(pair, pair.first), found(pair, pair.second)];
  const root = pair.expect === "both" ? `${first.root}, ${second.root}` : `${first.root}, ${second.root} hidden`;
  const name = `${first.name} + ${second.name}`;
  test(`${name}: doctor ${pair.form}: ${root}`, async () => {
    const began = performance.now();
    const complaints = await playPair(pair, first, second);
    pairs.add({ name, form: pair.form, root }, complaints.length === 0, performance.now() - began);
    assert.deepEqual(complaints, []);
  });
}

test("the machine after all of them: nothing is found", async () => {
  assert.deepEqual(judgeRepaired(await world.ask("host", await world.person())), []);
});

async function play(fault: Fault): Promise<string[]> {
  const options = { factor: fault.factor !== false, form: fault.form };
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
  return [...judgeBroken(fault, broken), ...judgeRepaired(repaired, fault.beside)];
}

/** The second is brought about before the first, which may hide it; what came last is taken away first. */
async function playPair(pair: Pair, first: Fault, second: Fault): Promise<string[]> {
  const person = await world.person();
  const brought: Brought[] = [];
  world.severalFaults = true;
  try {
    for (const fault of [second, first]) brought.unshift(await fault.bring(world, person));
    const typed = brought.find((one) => one.typed)?.typed;
    return judgePair(pair, first, second, await world.ask(pair.form, person, typed));
  } finally {
    for (const { repair } of brought) await repair();
    world.severalFaults = false;
    await world.restart();
  }
}

function found({ form }: Pair, name: string): Fault {
  const fault = ALL.find((one) => one.name === name && one.form === form);
  if (!fault) throw new Error(`no fault ${name} is asked by doctor ${form}`);
  return fault;
}
