/** Break-glass by groups of the org: whom a machine's signed list names, by which accounts, and what it never holds (S27). */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { type BreakGlassList, hostPolicyClaims, LIMITS } from "@sallyport/contracts";
import { breakGlassMembers } from "../src/flows/host-link/break-glass-members.ts";
import { createUserIn } from "../src/flows/management/users.ts";
import { type Store, standIn } from "../src/flows/store.ts";
import { openLogonOrg } from "./logon-org.ts";
import { make, payloadOf } from "./test-org.ts";

const OWNER = { role: "owner", actor: { type: "system", id: "test" } } as const;
const { org, host, appId, alice, person } = await openLogonOrg();
after(() => org.close());

const group = async (name: string, ...members: string[]): Promise<string> => {
  const { id } = await make(org, "POST", "/api/v1/groups", { profile: { name } });
  for (const member of members) await make(org, "PUT", `/api/v1/groups/${id}/users/${member}`);
  return id;
};
const setPolicy = async (breakGlass: object) => {
  const { version } = await make(org, "GET", `/api/v1/apps/${appId}/policy`);
  return org.manage("PUT", `/api/v1/apps/${appId}/policy`, { version, document: { rules: [], breakGlass } });
};
async function listed(): Promise<BreakGlassList | undefined> {
  const { body } = await host.selfCheck();
  host.generation = body.generation;
  return hostPolicyClaims.parse(payloadOf(body.policy)).breakGlass;
}
const setRules = (nameRules: unknown[]) => make(org, "PUT", `/api/v1/apps/${appId}`, { label: "servers", settings: { nameRules } });
/** A group of so many new people, made in one unit of work. */
const everybody = async (name: string, count: number, loginOf: (number: number) => string): Promise<{ id: string }> => {
  const id = await group(name);
  await org.deps.store.inTransaction(async (tx) => {
    const made: string[] = [];
    for (let number = 0; number < count; number++) {
      const user = await createUserIn(tx, OWNER, { profile: { login: loginOf(number) } }, true, null);
      if (user.kind === "done") made.push(user.value.id);
    }
    await tx.groups.addMembers(id, made);
  });
  return { id };
};
const logins = async () => (await listed())?.people?.map(({ login }) => login).sort();

describe("break-glass by groups", () => {
  test("a group that is not there is refused with its place and the nearest name", async () => {
    await group("helpdesk", alice.id);
    const refused = await setPolicy({ groups: ["helpdesc"] });
    assert.equal(refused.status, 400);
    assert.match(JSON.stringify(refused.body), /document\.breakGlass\.groups\[0\]: there is no group “helpdesc”; do you mean “helpdesk”/);
  });

  test("the list follows the groups without a new policy: members of groups inside, and none who left or is not active", async () => {
    const [bob, carol] = [await person("bob"), await person("carol")];
    const inner = await group("night shift", carol.id);
    const outer = await group("on call", bob.id);
    await make(org, "PUT", `/api/v1/groups/${outer}/groups/${inner}`);
    assert.equal((await setPolicy({ groups: ["on call", "helpdesk"] })).status, 200);
    assert.deepEqual(await logins(), ["alice", "bob", "carol"]);
    await make(org, "DELETE", `/api/v1/groups/${inner}/users/${carol.id}`);
    await make(org, "POST", `/api/v1/users/${bob.id}/lifecycle/suspend`);
    assert.deepEqual(await logins(), ["alice"]);
  });

  test("somebody who may not log on at the app is on no list", async () => {
    const { id } = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "outsider" } });
    await group("outsiders", id);
    await setPolicy({ groups: ["outsiders"] });
    assert.deepEqual((await listed())?.people, []);
  });

  test("each account is one by which the org itself would find that very person, and a name that two have is none's", async () => {
    const profile = { login: "dora", samAccountName: "dd", domain: "CORP", email: "dora@corp.example" };
    const { id } = await make(org, "POST", "/api/v1/users?activate=true", { profile });
    await make(org, "POST", `/api/v1/apps/${appId}/users`, { id });
    await group("d", id);
    await setPolicy({ groups: ["d"] });
    await make(org, "PUT", `/api/v1/apps/${appId}`, {
      label: "servers",
      settings: { nameRules: ["login", "samAccountName", "domain-sam"] },
    });
    const meant = async (username: string) =>
      (await make(org, "POST", `/api/v1/apps/${appId}/policy/rehearse`, { username, service: "sshd" })).user?.login;
    const [dora] = (await listed())?.people ?? [];
    assert.deepEqual([dora?.login, [...(dora?.accounts ?? [])].sort()], ["dora", ["corp\\dd", "dd", "dora"]]);
    for (const account of dora?.accounts ?? []) assert.equal(await meant(account), "dora", account);
    const other = { login: "dan", samAccountName: "dd", domain: "LAB" };
    const dan = await make(org, "POST", "/api/v1/users?activate=true", { profile: other });
    await make(org, "POST", `/api/v1/users/${dan.id}/lifecycle/activate`).catch(() => undefined);
    await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: dan.id });
    assert.notEqual(await meant("dd"), "dora");
    assert.deepEqual([...((await listed())?.people?.[0]?.accounts ?? [])].sort(), ["corp\\dd", "dora"]);
  });

  test("a list holds two hundred people, and says that it was cut", async () => {
    const members: string[] = [];
    for (let number = 0; number < 201; number++) {
      const { id } = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: `many${number}` } });
      await make(org, "POST", `/api/v1/apps/${appId}/users`, { id });
      members.push(id);
    }
    const many = await group("many", ...members);
    await setPolicy({ groups: ["many"] });
    const cut = await listed();
    assert.deepEqual([cut?.people?.length, cut?.cut], [200, true]);
    await make(org, "DELETE", `/api/v1/groups/${many}/users/${members[0]}`);
    const whole = await listed();
    assert.deepEqual([whole?.people?.length, whole?.cut], [200, undefined]);
  });

  test("an account of a rule with capitals stands folded in the list, as the host compares it", async () => {
    const eve = await person("eve");
    await group("e", eve.id);
    await setPolicy({ groups: ["e"] });
    await setRules(["login", { rule: "mapping", match: "ADM-{name}", look: "{name}", then: "login" }]);
    assert.deepEqual((await listed())?.people, [{ login: "eve", accounts: ["eve", "adm-eve"] }]);
  });

  test("a list whose names are long is cut where its host would take no more of it", async () => {
    await setRules(["login", ...Array.from({ length: 15 }, (_, at) => ({ rule: "prefix", prefix: `администратор${at}-`, then: "login" }))]);
    const { id } = await everybody("long names", 200, (number) => `${"длинное-имя-".repeat(4)}${number}`);
    await make(org, "PUT", `/api/v1/apps/${appId}/groups/${id}`);
    await setPolicy({ groups: ["long names"] });
    const { status, body } = await host.selfCheck();
    host.generation = body.generation;
    assert.equal(status, 200);
    assert.ok(JSON.stringify(body).length < LIMITS.bodyBytes, `${JSON.stringify(body).length} bytes`);
    const list = hostPolicyClaims.parse(payloadOf(body.policy)).breakGlass;
    assert.equal(list?.cut, true);
    assert.ok((list?.people?.length ?? 0) > 20);
    assert.equal(list?.people?.[0]?.accounts.length, 16);
  });

  test("a group of everybody, none of whom may log on here, is read in few statements and up to an end", async () => {
    await setRules(["login", "samAccountName", "domain-sam"]);
    await everybody("everybody", 2400, (number) => `one${number}`);
    await setPolicy({ groups: ["everybody"] });
    const app = await org.deps.store.read((tx) => tx.apps.byId(appId));
    assert.ok(app);
    let asked = 0;
    const counted = <T extends object>(part: T) =>
      new Proxy(part, {
        get: (target, name) => {
          asked += 1;
          return Reflect.get(target, name);
        },
      });
    const { store } = org.deps;
    const counting: Store = {
      ...store,
      read: (fn) => store.read((tx) => fn(standIn(tx, { users: counted(tx.users), groups: counted(tx.groups) }))),
    };
    assert.deepEqual(await breakGlassMembers(counting, app, { domain: "corp.example" }), { people: [], cut: true });
    assert.ok(asked <= 30, `${asked} statements`);
  });
});
