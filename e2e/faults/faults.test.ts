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
import { type Answer, type Asked, World } from "./world.ts";

/** `FAULTS_OF=host`: only what is asked so, while somebody works on it. */
const only = process.env["FAULTS_OF"]?.split(" ");
const wanted = (form: Asked) => only === undefined || only.includes(form);
const ALL: Fault[] = [...PEOPLE, ...NETWORK, ...ON_MACHINE, ...WAYS_IN, ...LEGACY];
const FAULTS = ALL.map((fault) => ({ ...fault, forms: fault.forms.filter(wanted) })).filter(({ forms }) => forms.length > 0);
/** What the doctor may take on this machine, on which others run as well; `bench/doctor-host.ts` holds the promise itself: 2 s and 8 s. */
const HEALTHY_MS = 10_000;
const BLACK_HOLE_MS = 20_000;
const BLACK_HOLE = "a firewall drops every packet to the org";
const CELLS = FAULTS.flatMap(({ forms }) => forms);
const AT_ONCE = PAIRS.filter(({ form }) => wanted(form));

let world: World;
const singles = new Table("fault matrix");
const pairs = new Table("pairs at once");
const times: string[] = [];

before(async () => {
  world = await World.build();
});
after(async () => {
  process.stdout.write(
    `${FAULTS.length} faults, ${CELLS.length} cells\n${singles.show(CELLS.length)}${pairs.show(AT_ONCE.length)}${times.join("\n")}\n`,
  );
  await world?.end();
});

test("the machine without a fault: nothing is found, and soon", async () => {
  const answer = await world.ask("host", await world.person());
  assert.deepEqual(judgeRepaired(answer), []);
  took("a healthy machine", answer, HEALTHY_MS);
});

for (const fault of FAULTS) {
  test(`${fault.name}: doctor ${fault.forms.join(", ")}: ${fault.root}`, async () => {
    const played = await play(fault);
    for (const { form, complaints, ms } of played) singles.add({ ...fault, form }, complaints.length === 0, ms);
    const host = played.find(({ form }) => form === "host");
    if (host && fault.name === BLACK_HOLE) took("a machine whose packets to the org are dropped", host, BLACK_HOLE_MS);
    assert.deepEqual(
      played.flatMap(({ form, complaints }) => complaints.map((one) => `${form}: ${one}`)),
      [],
    );
  });
}

for (const pair of AT_ONCE) {
  const [first, second] = [found(pair, pair.first), found(pair, pair.second)];
  const root = pair.expect === "both" ? `${first.root}, ${second.root}` : `${first.root}, ${second.root} hidden`;
  const name = `${first.name} + ${second.name}`;
  test(`${name}: doctor ${pair.form}: ${root}`, async () => {
    const { complaints, ms } = await playPair(pair, first, second);
    pairs.add({ name, form: pair.form, root }, complaints.length === 0, ms);
    assert.deepEqual(complaints, []);
  });
}

test("the machine after all of them: nothing is found", async () => {
  assert.deepEqual(judgeRepaired(await world.ask("host", await world.person())), []);
});

interface Played {
  form: Asked;
  complaints: string[];
  /** What the doctor took to name the fault. */
  ms: number;
}

function took(what: string, { ms }: Pick<Answer, "ms">, limitMs: number): void {
  times.push(`doctor host on ${what}: ${(ms / 1000).toFixed(1)} s`);
  assert.ok(ms < limitMs, `${what}: ${ms} ms`);
}

async function play(fault: Fault): Promise<Played[]> {
  const options = { factor: fault.factor !== false, form: fault.forms[0] };
  const person = await world.person(options);
  const brought = await fault.bring(world, person);
  let broken: Answer[];
  try {
    // Side by side, as several people would look.
    broken = await Promise.all(fault.forms.map((form) => world.ask(form, person, brought.typed)));
  } finally {
    await brought.repair();
  }
  const next = brought.another ? await world.person(options) : person;
  const repaired = await Promise.all(fault.forms.map((form) => world.ask(form, next)));
  return fault.forms.map((form, at) => {
    const [before, after] = [broken[at] as Answer, repaired[at] as Answer];
    return { form, complaints: [...judgeBroken(fault, before), ...judgeRepaired(after, fault.beside)], ms: before.ms };
  });
}

/** The second is brought about before the first, which may hide it; what came last is taken away first. */
async function playPair(pair: Pair, first: Fault, second: Fault): Promise<Omit<Played, "form">> {
  const person = await world.person();
  const brought: Brought[] = [];
  world.severalFaults = true;
  try {
    for (const fault of [second, first]) brought.unshift(await fault.bring(world, person));
    const typed = brought.find((one) => one.typed)?.typed;
    const answer = await world.ask(pair.form, person, typed);
    return { complaints: judgePair(pair, first, second, answer), ms: answer.ms };
  } finally {
    for (const { repair } of brought) await repair();
    world.severalFaults = false;
    if (!world.agentRuns) await world.restart();
  }
}

function found({ form }: Pair, name: string): Fault {
  const fault = ALL.find((one) => one.name === name && one.forms.includes(form));
  if (!fault) throw new Error(`no fault ${name} is asked by doctor ${form}`);
  return fault;
}
