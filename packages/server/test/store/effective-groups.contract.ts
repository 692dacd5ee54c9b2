/** Effective membership against a plain model, for any graph of groups: part of every store's contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Store } from "../../src/flows/store.ts";
import { addUser, appRow, assignedOf, groupRow } from "./rows.ts";

interface Under {
  unit: Store["inTransaction"];
  read: Store["read"];
}

const DEPARTMENTS = ["Finance", "Sales", "ＳＡＬＥＳ", "Straße"];
const folded = (text: string) => text.normalize("NFKC").trim().toLowerCase();
const index = (most: number) => fc.nat({ max: most - 1 });
/** Edges go anywhere, also to the group itself and round in circles. */
const graph = fc.record({
  edges: fc.array(fc.tuple(index(7), index(7)), { maxLength: 14 }),
  members: fc.array(fc.tuple(index(7), index(5)), { maxLength: 10 }),
  rules: fc.array(fc.option(fc.constantFrom(...DEPARTMENTS), { freq: 3 }), { minLength: 7, maxLength: 7 }),
  departments: fc.array(fc.option(fc.constantFrom(...DEPARTMENTS)), { minLength: 5, maxLength: 5 }),
  assigned: fc.array(index(7), { maxLength: 3 }),
});
type Graph = typeof graph extends fc.Arbitrary<infer T> ? T : never;

/** Who is in which group: put in, or chosen, or in a group in it; until nothing is added any more. */
function model({ edges, members, rules, departments }: Graph): Set<number>[] {
  const groups = rules.map((rule, group) => {
    const chosen = departments.flatMap((department, user) =>
      rule !== null && department !== null && folded(rule) === folded(department) ? [user] : [],
    );
    return new Set([...chosen, ...members.flatMap(([to, user]) => (to === group ? [user] : []))]);
  });
  for (let before = -1, now = 0; before !== now; ) {
    before = now;
    for (const [parent, child] of edges) for (const user of groups[child] ?? []) groups[parent]?.add(user);
    now = groups.reduce((sum, one) => sum + one.size, 0);
  }
  return groups;
}

export function effectiveGroupTests({ unit, read }: Under): void {
  let run = 0;

  test("property: members, groups of a user and assignments are those of the plain model, for any graph with circles and rules", async () => {
    await fc.assert(
      fc.asyncProperty(graph, async (given) => {
        const prefix = `eg-${++run}`;
        const app = appRow(prefix);
        const { groups, users } = await unit(async (tx) => {
          const made = given.rules.map((rule, at) =>
            groupRow(`${prefix}-${at}`, { rule: rule === null ? null : { attribute: "department", value: rule } }),
          );
          for (const one of made) await tx.groups.insert(one);
          const people = [];
          for (const [at, department] of given.departments.entries()) {
            const login = `${prefix}-${at}`;
            people.push(await addUser(tx, login, { profile: { login, ...(department === null ? {} : { department }) } }));
          }
          for (const [parent, child] of given.edges) await tx.groups.addChildren(made[parent]?.id ?? "", [made[child]?.id ?? ""]);
          for (const [group, user] of given.members) await tx.groups.addMembers(made[group]?.id ?? "", [people[user]?.id ?? ""]);
          await tx.apps.insert(app);
          for (const group of given.assigned) await tx.apps.assignGroup(app.id, made[group]?.id ?? "", 1);
          return { groups: made, users: people };
        });
        const wanted = model(given);
        const ids = (all: Iterable<number>) => [...all].map((at) => users[at]?.id).sort();
        for (const [at, group] of groups.entries()) {
          // Rules reach people of earlier runs too: they are others' concern.
          const own = new Set(users.map(({ id }) => id));
          const found = (await read((tx) => tx.groups.members(group.id, { limit: 100_000 })))
            .map(({ id }) => id)
            .filter((id) => own.has(id));
          assert.deepEqual(found, ids(wanted[at] ?? []), `members of ${at}`);
        }
        const mine = new Map(groups.map(({ id }, at) => [id, at]));
        for (const [user, row] of users.entries()) {
          const found = (await read((tx) => tx.groups.ofUser(row.id))).flatMap(({ id }) => mine.get(id) ?? []);
          assert.deepEqual(
            found.sort(),
            groups.flatMap((_, at) => (wanted[at]?.has(user) ? [at] : [])),
            `groups of ${user}`,
          );
        }
        const assigned = given.assigned.flatMap((group) => [...(wanted[group] ?? [])]);
        const everybody = users.map(({ profile }) => profile.login);
        assert.deepEqual(await read((tx) => assignedOf(tx, app.id, ...everybody)), ids(new Set(assigned)));
        const alone = await read(async (tx) => {
          const found = [];
          for (const { id } of users) if ((await tx.apps.forUser(app.id, id))?.assigned) found.push(id);
          return found.sort();
        });
        assert.deepEqual(alone, ids(new Set(assigned)), "asked for one by one");
        await unit(async (tx) => {
          for (const one of groups) await tx.groups.remove(one.id);
          for (const one of users) await tx.users.remove(one.id);
          await tx.apps.remove(app.id);
        });
      }),
      { numRuns: 60 },
    );
  });

  test("a chain of 1,000 groups and a user in 1,000 groups are answered at once", async (t) => {
    const app = appRow("deep");
    const { chain, user } = await unit(async (tx) => {
      const made = Array.from({ length: 1000 }, (_, at) => groupRow(`chain-${String(at).padStart(4, "0")}`));
      for (const one of made) await tx.groups.insert(one);
      for (const [at, one] of made.entries()) await tx.groups.addChildren(one.id, [made[(at + 1) % made.length]?.id ?? ""]);
      const deep = await addUser(tx, "deep");
      await tx.groups.addMembers(made.at(-1)?.id ?? "", [deep.id]);
      const wide = Array.from({ length: 1000 }, (_, at) => groupRow(`wide-${at}`));
      for (const one of wide) {
        await tx.groups.insert(one);
        await tx.groups.addMembers(one.id, [deep.id]);
      }
      await tx.apps.insert(app);
      await tx.apps.assignGroup(app.id, made[0]?.id ?? "", 1);
      return { chain: made, user: deep };
    });
    const began = performance.now();
    assert.deepEqual(await read((tx) => assignedOf(tx, app.id, "deep")), [user.id]);
    const judged = performance.now();
    assert.equal((await read((tx) => tx.groups.ofUser(user.id))).length, 2000);
    assert.deepEqual(
      (await read((tx) => tx.groups.members(chain[0]?.id ?? "", { limit: 5 }))).map(({ id }) => id),
      [user.id],
    );
    assert.equal((await read((tx) => tx.groups.below(chain[0]?.id ?? ""))).length, 999);
    const ended = performance.now();
    t.diagnostic(`assigned through 1,000 groups: ${(judged - began).toFixed(1)} ms; all three lists: ${(ended - judged).toFixed(1)} ms`);
    assert.ok(ended - began < 5000, `${ended - began} ms`);
  });
}
