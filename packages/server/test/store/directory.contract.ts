/** How people, groups, apps, zones and hosts are kept and found: part of every store's contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Conflict, type Store } from "../../src/flows/store.ts";
import { addUser, appRow, assignedOf, groupRow, hostRow, userRow } from "./rows.ts";

interface Under {
  unit: Store["inTransaction"];
  read: Store["read"];
}

export function directoryTests({ unit, read }: Under): void {
  test("S29: (source, external id) is the key; the same login in two sources is two users, in one source a conflict", async () => {
    const [north, south] = await unit(async (tx) => [
      await addUser(tx, "twin", { source: "north", externalId: "1" }),
      await addUser(tx, "twin", { source: "south", externalId: "1" }),
    ]);
    assert.deepEqual((await read((tx) => tx.users.byLogin("twin"))).map(({ id }) => id).sort(), [north?.id, south?.id].sort());
    await assert.rejects(
      unit((tx) => addUser(tx, "twin", { source: "north", externalId: "2" })),
      Conflict,
    );
    await assert.rejects(
      unit((tx) => addUser(tx, "other", { source: "north", externalId: "1" })),
      Conflict,
    );
    const holders = await read((tx) => tx.users.holders([{ kind: "login", folded: "twin" }]));
    assert.equal(holders.length, 2);
  });

  test("the people of one source are read by their external ids, a page at a time, and nobody else", async () => {
    await unit(async (tx) => {
      for (const id of ["b", "a", "c"]) await addUser(tx, `sourced-${id}`, { source: "sourced", externalId: id });
      await addUser(tx, "sourced-elsewhere", { source: "sourced.2", externalId: "a" });
    });
    const page = async (after?: string) =>
      (await read((tx) => tx.users.ofSource("sourced", { limit: 2, after }))).map((one) => one.externalId);
    assert.deepEqual([await page(), await page("b"), await page("c")], [["a", "b"], ["c"], []]);
  });

  test("a page of a source skips as many as it is told, says how many there are, and leaves those out who are gone by that word", async () => {
    await unit(async (tx) => {
      for (const id of ["b", "a", "d", "c"]) await addUser(tx, `skipped-${id}`, { source: "skipped", externalId: id });
      await addUser(tx, "skipped-gone", { source: "skipped", externalId: "aa", status: "DEPROVISIONED", statusBy: "skipped/deleted" });
      await addUser(tx, "skipped-ended", { source: "skipped", externalId: "e", status: "DEPROVISIONED", statusBy: "usr_1" });
      await addUser(tx, "skipped-nobody", { source: "skipped", externalId: "f", status: "DEPROVISIONED", statusBy: null });
      await addUser(tx, "skipped-elsewhere", { source: "skipped.2", externalId: "a" });
    });
    const page = async (skip: number, limit: number, without?: string) => {
      const { total, rows } = await read((tx) => tx.users.pageOfSource("skipped", { skip, limit, without }));
      return [total, rows.map((one) => one.externalId).join("")];
    };
    assert.deepEqual(await page(0, 3, "skipped/deleted"), [6, "abc"]);
    assert.deepEqual(await page(3, 3, "skipped/deleted"), [6, "def"]);
    assert.deepEqual(await page(6, 3, "skipped/deleted"), [6, ""]);
    assert.deepEqual(await page(0, 0, "skipped/deleted"), [6, ""]);
    assert.deepEqual(await page(0, 2), [7, "aaa"]);
    const group = groupRow("skipped-group", { source: "skipped", externalId: "1" });
    await unit((tx) => tx.groups.insert(group));
    assert.deepEqual(await read((tx) => tx.groups.pageOfSource("skipped", { skip: 0, limit: 5 })), { total: 1, rows: [group] });
  });

  test("S29: people and groups are found by their source's own id, only in that source, and may get another that is free", async () => {
    const [one, other] = await unit(async (tx) => [
      await addUser(tx, "keyed-1", { source: "keyed", externalId: "1" }),
      await addUser(tx, "keyed-2", { source: "keyed", externalId: "2" }),
      await addUser(tx, "keyed-1", { source: "keyed.else", externalId: "1" }),
    ]);
    const group = groupRow("keyed", { source: "keyed", externalId: "1" });
    await unit((tx) => tx.groups.insert(group));
    assert.deepEqual(await read((tx) => tx.users.byExternalId("keyed", "1")), one);
    assert.equal(await read((tx) => tx.users.byExternalId("keyed", "3")), undefined);
    assert.deepEqual(await read((tx) => tx.groups.byExternalId("keyed", "1")), group);
    const ids = [one?.id ?? "", other?.id ?? "", group.id, "usr_none"];
    assert.deepEqual((await read((tx) => tx.users.ownedBy("keyed", ids))).sort(), [one?.id, other?.id].sort());
    assert.deepEqual(await read((tx) => tx.users.ownedBy("keyed.else", ids)), []);
    assert.deepEqual(await read((tx) => tx.groups.ownedBy("keyed", ids)), [group.id]);
    await assert.rejects(
      unit((tx) => tx.users.rekey(one?.id ?? "", "2")),
      Conflict,
    );
    await unit((tx) => tx.users.rekey(one?.id ?? "", "3"));
    await unit((tx) => tx.groups.rekey(group.id, "3"));
    assert.equal((await read((tx) => tx.users.byExternalId("keyed", "3")))?.id, one?.id);
    assert.equal((await read((tx) => tx.groups.byExternalId("keyed", "3")))?.id, group.id);
  });

  test("a conflict that stands is not tried for long: it holds up the units that share its commit", async () => {
    await unit((tx) => addUser(tx, "taken"));
    let runs = 0;
    const again = unit((tx) => {
      runs += 1;
      return addUser(tx, "taken");
    });
    await assert.rejects(again, Conflict);
    assert.ok(runs <= 2, `${runs} runs`);
  });

  test("a changed name is found under the new one only; a removed user under none", async () => {
    const user = await unit((tx) => addUser(tx, "before"));
    await unit((tx) => tx.users.update(user.id, { profile: { login: "after" } }, [{ kind: "login", folded: "after" }]));
    const find = (folded: string) => read((tx) => tx.users.holders([{ kind: "login", folded }]));
    assert.deepEqual([(await find("before")).length, (await find("after")).length], [0, 1]);
    await unit((tx) => tx.users.remove(user.id));
    assert.equal((await find("after")).length, 0);
  });

  test("lists come in pages that neither repeat nor lose a row", async () => {
    await unit(async (tx) => {
      for (let index = 0; index < 25; index++) await addUser(tx, `page${String(index % 5)}`, { source: `s${index}` });
    });
    const seen: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await read((tx) => tx.users.list({ limit: 7, after, query: "page" }));
      seen.push(...page.map(({ id }) => id));
      if (page.length < 7) break;
      after = page.at(-1)?.id;
    }
    assert.equal(seen.length, 25);
    assert.equal(new Set(seen).size, 25);
  });

  test("a list goes on behind a place although nobody stands there any more", async () => {
    const rows = await unit(async (tx) => {
      const users = [];
      for (let index = 0; index < 6; index++) users.push(await addUser(tx, `past${index % 2}`, { source: `p${index}` }));
      for (const name of ["Past A", "past b", "Past C"]) {
        await tx.groups.insert(groupRow(name, { id: `grp_${name}` }));
        await tx.apps.insert({ ...appRow(name), id: `app_${name}`, label: name });
      }
      return users;
    });
    const sorted = rows.map(({ id, profile }) => ({ login: profile.login, id })).sort((a, b) => (a.login + a.id < b.login + b.id ? -1 : 1));
    const gone = sorted[1] ?? { login: "", id: "" };
    const found = await unit(async (tx) => {
      await tx.users.remove(gone.id);
      await tx.groups.remove("grp_past b");
      await tx.apps.remove("app_past b");
      return {
        users: (await tx.users.list({ limit: 10, query: "past", past: gone })).map(({ id }) => id),
        groups: (await tx.groups.list({ limit: 10, query: "past", past: "past b" })).map(({ name }) => name),
        apps: (await tx.apps.list({ limit: 1, past: "past b" })).map(({ label }) => label),
      };
    });
    assert.deepEqual(found, { users: sorted.slice(2).map(({ id }) => id), groups: ["Past C"], apps: ["Past C"] });
  });

  test("assignments count directly and through groups", async () => {
    const app = appRow("assigned");
    const ids = await unit(async (tx) => {
      await tx.apps.insert(app);
      const [direct, through, neither] = [await addUser(tx, "direct"), await addUser(tx, "through"), await addUser(tx, "neither")];
      await tx.groups.insert(groupRow("Staff", { id: "grp_1" }));
      await tx.groups.addMembers("grp_1", [through.id]);
      await tx.apps.assignGroup(app.id, "grp_1", 1);
      await tx.apps.assignUser(app.id, direct.id, 1);
      return [direct.id, through.id, neither.id];
    });
    const assigned = () => read((tx) => assignedOf(tx, app.id, "direct", "through", "neither"));
    assert.deepEqual(await assigned(), ids.slice(0, 2).sort());
    const oneByOne = () => read((tx) => Promise.all(ids.map((id) => tx.apps.forUser(app.id, id))));
    assert.deepEqual(
      await oneByOne(),
      [true, true, false].map((is) => ({ app, assigned: is })),
    );
    assert.equal(await read((tx) => tx.apps.forUser("app_none", ids[0] ?? "")), undefined);
    assert.equal((await read((tx) => tx.apps.forUser(app.id, "usr_none")))?.assigned, false);
    await unit((tx) => tx.groups.remove("grp_1"));
    assert.equal((await oneByOne())[1]?.assigned, false);
    assert.deepEqual(await assigned(), ids.slice(0, 1));
    await assert.rejects(
      unit((tx) => tx.apps.insert(appRow("ASSIGNED"))),
      Conflict,
    );
  });

  test("a policy is replaced only by who saw its version", async () => {
    const app = appRow("policy");
    await unit((tx) => tx.apps.insert(app));
    const set = (version: number) => unit((tx) => tx.apps.setPolicy(app.id, version, { rules: [{ name: "a", then: "deny" }] }));
    assert.equal(await set(1), 2);
    assert.equal(await set(1), undefined);
    assert.equal((await read((tx) => tx.apps.byLabel("POLICY")))?.policyVersion, 2);
  });

  test("zones are replaced by name, whatever its case", async () => {
    await unit((tx) => tx.zones.put({ name: "Office", cidrs: ["192.0.2.0/24"] }));
    await unit((tx) => tx.zones.put({ name: "office", cidrs: ["198.51.100.0/24"] }));
    assert.deepEqual((await read((tx) => tx.zones.byName("OFFICE")))?.cidrs, ["198.51.100.0/24"]);
    assert.deepEqual([await unit((tx) => tx.zones.remove("office")), await unit((tx) => tx.zones.remove("office"))], [true, false]);
  });

  test("a page of people is in the order of bytes, whatever language the database speaks", async () => {
    await unit(async (tx) => {
      for (const login of ["ord-b", "ord-a_", "ord-ä", "ord-a-", "ord-z", "ord-a"]) await addUser(tx, login);
    });
    const logins = (await read((tx) => tx.users.list({ limit: 10, query: "ord-" }))).map(({ profile }) => profile.login);
    assert.deepEqual(logins, ["ord-a", "ord-a-", "ord-a_", "ord-b", "ord-z", "ord-ä"]);
  });

  test("users, hosts and tokens come back as they went in", async () => {
    const user = userRow("whole", { passwordHash: "$argon2id$", role: "help-desk", profile: { login: "Whole", email: "w@x.example" } });
    await unit((tx) => tx.users.insert(user, []));
    assert.deepEqual(await read((tx) => tx.users.byId(user.id)), user);
    const app = appRow("whole");
    const host = hostRow(app.id, { findings: [{ cause: "clock.host", evidence: "1 s" }], armed: true, offsetMs: -5 });
    await unit(async (tx) => {
      await tx.apps.insert(app);
      await tx.hosts.insert(host);
    });
    assert.deepEqual(await read((tx) => tx.hosts.byId(host.id)), host);
    const token = {
      id: "tok_1",
      name: "t",
      role: "auditor" as const,
      hash: "h",
      created: 1,
      createdBy: "x",
      expires: 9,
      lastUsed: null,
      revoked: null,
      source: null,
    };
    await unit((tx) => tx.secrets.insertToken(token));
    await unit((tx) => tx.secrets.updateToken("tok_1", { revoked: 5 }));
    assert.deepEqual(await read((tx) => tx.secrets.tokenByHash("h")), { ...token, revoked: 5 });
  });
}
