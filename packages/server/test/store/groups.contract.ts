/** Who is in which group, directly, by a rule and through other groups: part of every store's contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conflict, type Store } from "../../src/flows/store.ts";
import { addUser, appRow, assignedOf, groupRow } from "./rows.ts";

interface Under {
  unit: Store["inTransaction"];
  read: Store["read"];
}

export function groupTests({ unit, read }: Under): void {
  const names = async (userId: string) => (await read((tx) => tx.groups.ofUser(userId))).map(({ name }) => name);

  test("a member of a group in a group is in both, and a cycle ends", async () => {
    const [outer, middle, inner] = [groupRow("n-outer"), groupRow("n-middle"), groupRow("n-inner")];
    const app = appRow("nested");
    const user = await unit(async (tx) => {
      for (const group of [outer, middle, inner]) await tx.groups.insert(group);
      await tx.groups.addChildren(outer.id, [middle.id]);
      await tx.groups.addChildren(middle.id, [inner.id]);
      await tx.groups.addChildren(inner.id, [outer.id, inner.id]);
      const one = await addUser(tx, "nested");
      await tx.groups.addMembers(inner.id, [one.id]);
      await tx.apps.insert(app);
      await tx.apps.assignGroup(app.id, outer.id, 1);
      return one;
    });
    assert.deepEqual(await names(user.id), ["n-inner", "n-middle", "n-outer"]);
    assert.deepEqual(await read((tx) => assignedOf(tx, app.id, "nested")), [user.id]);
    assert.deepEqual(
      (await read((tx) => tx.groups.members(outer.id, { limit: 5 }))).map(({ id }) => id),
      [user.id],
    );
    assert.deepEqual(await read((tx) => tx.groups.below(middle.id)), [inner.id, outer.id].sort());
    await unit((tx) => tx.groups.removeChildren(middle.id, [inner.id]));
    // inner holds outer, not the other way round: who is in inner is in no group above any more.
    assert.deepEqual(await names(user.id), ["n-inner"]);
    assert.deepEqual(await read((tx) => assignedOf(tx, app.id, "nested")), []);
    assert.deepEqual(
      (await read((tx) => tx.groups.directOfUser(user.id))).map(({ name }) => name),
      ["n-inner"],
    );
    assert.deepEqual(
      (await read((tx) => tx.groups.parents(outer.id))).map(({ name }) => name),
      ["n-inner"],
    );
    assert.deepEqual(
      (await read((tx) => tx.groups.children(inner.id))).map(({ name }) => name),
      ["n-inner", "n-outer"],
    );
  });

  test("a rule has everybody of this value, also as it changes, whatever the case", async () => {
    const byValue = groupRow("r-finance", { rule: { attribute: "department", value: "Finance" } });
    const bySource = groupRow("r-source", { rule: { attribute: "source", value: "r-source" } });
    const above = groupRow("r-above");
    const user = await unit(async (tx) => {
      for (const group of [byValue, bySource, above]) await tx.groups.insert(group);
      await tx.groups.addChildren(above.id, [byValue.id]);
      return addUser(tx, "ruled", { source: "r-source", profile: { login: "ruled", department: "FINANCE " } });
    });
    assert.deepEqual(await names(user.id), ["r-above", "r-finance", "r-source"]);
    assert.deepEqual(
      (await read((tx) => tx.groups.members(above.id, { limit: 5 }))).map(({ id }) => id),
      [user.id],
    );
    await unit((tx) => tx.users.update(user.id, { profile: { login: "ruled", department: "Sales" } }));
    assert.deepEqual(await names(user.id), ["r-source"]);
    await unit((tx) => tx.groups.update(byValue.id, { rule: { attribute: "department", value: "sales" } }));
    assert.deepEqual(await names(user.id), ["r-above", "r-finance", "r-source"]);
    await unit((tx) => tx.groups.update(byValue.id, { rule: null }));
    assert.deepEqual(await names(user.id), ["r-source"]);
  });

  test("a source's group is found by the source's own id, and comes back as it went in", async () => {
    const group = groupRow("k-group", { source: "k-corp", externalId: "7", description: "seven" });
    await unit((tx) => tx.groups.insert(group));
    await assert.rejects(
      unit((tx) => tx.groups.insert(groupRow("k-other", { source: "k-corp", externalId: "7" }))),
      Conflict,
    );
    assert.deepEqual(await read((tx) => tx.groups.ofSource("k-corp", { limit: 5 })), [group]);
    assert.deepEqual(await read((tx) => tx.groups.byId(group.id)), group);
    await unit((tx) => tx.groups.insert(groupRow("k-taken")));
    await assert.rejects(
      unit((tx) => tx.groups.update(group.id, { name: "K-Taken" })),
      Conflict,
    );
    await unit((tx) => tx.groups.update(group.id, { name: "K-Group", description: null }));
    assert.deepEqual(await read((tx) => tx.groups.byName("k-group")), { ...group, name: "K-Group", description: null });
  });

  test("many members come and go in one call, twice is once, and pages show each once", async () => {
    const group = groupRow("m-many");
    const ids = await unit(async (tx) => {
      await tx.groups.insert(group);
      const users = [];
      for (let at = 0; at < 1200; at++) users.push((await addUser(tx, `many-${at}`)).id);
      await tx.groups.addMembers(group.id, users);
      await tx.groups.addMembers(group.id, users.slice(0, 3));
      return users.sort();
    });
    const first = await read((tx) => tx.groups.memberIds(group.id, { limit: 1000 }));
    const rest = await read((tx) => tx.groups.memberIds(group.id, { limit: 1000, after: first.at(-1) }));
    assert.deepEqual([...first, ...rest], ids);
    await unit((tx) => tx.groups.removeMembers(group.id, ids.slice(2)));
    assert.deepEqual(await read((tx) => tx.groups.memberIds(group.id, { limit: 9 })), ids.slice(0, 2));
    await unit((tx) => tx.users.remove(ids[0] ?? ""));
    assert.deepEqual(await read((tx) => tx.groups.memberIds(group.id, { limit: 9 })), ids.slice(1, 2));
  });
}
