/** What one look-up of names says: holders, links, assignments and the domains, all of one moment; part of every store's contract. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store, Tx } from "../../src/flows/store.ts";
import type { UserName } from "../../src/flows/store-directory.ts";
import { addUser, appRow, groupRow } from "./rows.ts";

interface Under {
  unit: Store["inTransaction"];
  read: Store["read"];
}

const login = (folded: string): UserName => ({ kind: "login", folded });

export function nameLookupTests({ unit, read }: Under): void {
  test("a look-up says who has a name, to whom they are linked, and who is assigned: directly, by a rule, through groups, or not", async () => {
    const [app, other] = [appRow("lu-app"), appRow("lu-other")];
    const [outer, inner, ruled, foreign] = [
      groupRow("lu-outer"),
      groupRow("lu-inner"),
      groupRow("lu-ruled", { rule: { attribute: "department", value: "lu-Finance" } }),
      groupRow("lu-foreign"),
    ];
    const made = await unit(async (tx) => {
      for (const one of [app, other]) await tx.apps.insert(one);
      for (const one of [outer, inner, ruled, foreign]) await tx.groups.insert(one);
      await tx.groups.addChildren(outer.id, [inner.id, ruled.id]);
      await tx.apps.assignGroup(app.id, outer.id, 1);
      await tx.apps.assignGroup(other.id, foreign.id, 1);
      const direct = await addUser(tx, "lu-direct");
      const linked = await addUser(tx, "lu-direct", { source: "hr", linkedTo: direct.id });
      const nested = await addUser(tx, "lu-nested");
      const byRule = await addUser(tx, "lu-ruled", { profile: { login: "lu-ruled", department: "LU-finance" } });
      const elsewhere = await addUser(tx, "lu-elsewhere");
      await tx.apps.assignUser(app.id, direct.id, 1);
      await tx.apps.assignUser(other.id, elsewhere.id, 1);
      await tx.groups.addMembers(inner.id, [nested.id]);
      await tx.groups.addMembers(foreign.id, [elsewhere.id, linked.id]);
      return { direct: direct.id, linked: linked.id, nested: nested.id, byRule: byRule.id, elsewhere: elsewhere.id };
    });
    const logins = ["lu-direct", "lu-nested", "lu-ruled", "lu-elsewhere", "lu-nobody"].map(login);
    const { holders, assigned } = await read((tx) => tx.users.lookUp(app.id, () => logins));
    assert.deepEqual(
      holders.map(({ kind, folded, userId, linkedTo }) => [kind, folded, userId, linkedTo]).sort(),
      [
        ["login", "lu-direct", made.direct, null],
        ["login", "lu-direct", made.linked, made.direct],
        ["login", "lu-elsewhere", made.elsewhere, null],
        ["login", "lu-nested", made.nested, null],
        ["login", "lu-ruled", made.byRule, null],
      ].sort(),
    );
    assert.deepEqual([...assigned].sort(), [made.direct, made.nested, made.byRule].sort());
    const elsewhere = (await read((tx) => tx.users.lookUp(other.id, () => logins))).assigned;
    assert.deepEqual([...elsewhere].sort(), [made.elsewhere, made.linked].sort());
    assert.equal((await read((tx) => tx.users.lookUp("app_none", () => logins))).assigned.size, 0);
    await unit((tx) => tx.groups.removeChildren(outer.id, [inner.id]));
    assert.ok(!(await read((tx) => tx.users.lookUp(app.id, () => logins))).assigned.has(made.nested), "no longer a member");
  });

  test("a look-up takes any number of names, also none, and whoever has several of them has each", async () => {
    const app = appRow("lu-many");
    const user = await unit(async (tx) => {
      await tx.apps.insert(app);
      return addUser(tx, "lu-many", { profile: { login: "lu-many", email: "lu-many@mail.test" } });
    });
    const own = [login("lu-many"), { kind: "email", folded: "lu-many@mail.test" }];
    for (const count of [0, 1, 14, 15, 16, 17, 100]) {
      const names = [...Array.from({ length: count }, (_, at) => login(`lu-nobody-${at}`)), ...own];
      const { holders } = await read((tx) => tx.users.lookUp(app.id, () => names));
      assert.deepEqual(holders.map(({ kind, userId }) => [kind, userId]).sort(), [
        ["email", user.id],
        ["login", user.id],
      ]);
    }
    assert.deepEqual((await read((tx) => tx.users.lookUp(app.id, () => []))).holders, []);
  });

  test("names are always made of the present domains: one that came, changed or went counts at once, also within its own unit", async () => {
    const app = appRow("lu-domains");
    const domain = { name: "lu.example", netbios: "LU", aliases: [] as string[], source: null, created: 1 };
    const user = await unit(async (tx) => {
      await tx.apps.insert(app);
      return addUser(tx, "lu-domains");
    });
    let asked = 0;
    /** Finds the user only where `form` is one of the domain's names. */
    const by = (form: string) => async (tx: Tx) => {
      asked = 0;
      const { holders, domains } = await tx.users.lookUp(app.id, (known) => {
        asked += 1;
        const own = known.find(({ name }) => name === domain.name);
        return own && [own.name, own.netbios, ...own.aliases].includes(form) ? [login("lu-domains")] : [];
      });
      assert.deepEqual(
        domains.map(({ name, netbios, aliases }) => [name, netbios, aliases]),
        (await tx.domains.list()).map(({ name, netbios, aliases }) => [name, netbios, aliases]),
      );
      return holders.map(({ userId }) => userId);
    };
    const put = (change: Partial<typeof domain>) => unit((tx) => tx.domains.put({ ...domain, ...change }));
    assert.deepEqual(await read(by("LU")), []);
    await put({});
    assert.deepEqual(await read(by("LU")), [user.id]);
    assert.equal(asked, 2, "the list had changed");
    assert.deepEqual([await read(by("LU")), asked], [[user.id], 1]);
    await put({ aliases: ["old-lu"] });
    assert.deepEqual([await unit(by("old-lu")), asked], [[user.id], 2]);
    await put({ netbios: "LUX" });
    assert.deepEqual([await read(by("old-lu")), await read(by("LU")), await read(by("LUX"))], [[], [], [user.id]]);
    const undone = unit(async (tx) => {
      await tx.domains.put({ ...domain, aliases: ["undone"] });
      assert.deepEqual(await by("undone")(tx), [user.id]);
      throw new Error("on purpose");
    });
    await assert.rejects(undone, /on purpose/);
    assert.deepEqual([await read(by("undone")), await read(by("LUX"))], [[], [user.id]]);
    await unit((tx) => tx.domains.remove(domain.name));
    assert.deepEqual([await read(by("LUX")), await unit(by("lu.example"))], [[], []]);
  });
}
