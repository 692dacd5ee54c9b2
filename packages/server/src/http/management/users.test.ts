/** Tests of users over HTTP: what is made, found, changed and refused, and what the log says of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ORG_URL, openOrg, type TestOrg } from "../org.fixture.ts";

async function make(org: TestOrg, login: string, more: Record<string, unknown> = {}, query = "?activate=true") {
  const { profile = {}, ...rest } = more;
  return org.call("admin", "POST", `/api/v1/users${query}`, { profile: { login, ...(profile as object) }, ...rest });
}

test("a user is created, staged or active, and found by id and by login", async (t) => {
  const org = await openOrg(t);
  const staged = await make(org, "anna", {}, "?activate=false");
  assert.equal(staged.status, 200);
  assert.equal(staged.body.status, "STAGED");
  const alice = await make(org, "Alice@corp.example", { profile: { firstName: "Alice" } }, "");
  assert.equal(alice.body.status, "ACTIVE");
  assert.equal(alice.body.source, "local");
  assert.equal((await org.call("auditor", "GET", `/api/v1/users/${alice.body.id}`)).body.profile.firstName, "Alice");
  assert.equal((await org.call("auditor", "GET", "/api/v1/users/alice%40CORP.example")).body.id, alice.body.id);
  const none = await org.call("auditor", "GET", "/api/v1/users/nobody");
  assert.equal(none.status, 404);
  assert.equal(none.body.errorCode, "E0000007");
});

test("a login that is taken is refused as clients of the public API expect it", async (t) => {
  const org = await openOrg(t);
  await make(org, "alice");
  const again = await make(org, "ALICE");
  assert.equal(again.status, 400);
  assert.equal(again.body.errorCode, "E0000001");
  assert.equal(again.body.errorCauses[0].errorSummary, "login: An object with this field already exists in the current organization");
});

test("S29: the same external id of a source is never overwritten", async (t) => {
  const org = await openOrg(t);
  await make(org, "alice", { source: "hr", externalId: "7" });
  const other = await make(org, "bob", { source: "hr", externalId: "7" });
  assert.equal(other.status, 400);
  assert.equal((await org.call("admin", "GET", "/api/v1/users/alice")).body.externalId, "7");
});

test("S29: a newcomer who shares a name is held back until somebody decides, and takes nothing away before", async (t) => {
  const org = await openOrg(t);
  const first = await make(org, "alice", { profile: { samAccountName: "alice" } });
  const second = await make(org, "alice", { source: "lab", externalId: "1" });
  assert.equal(second.status, 200);
  assert.equal(second.body.status, "STAGED", "in spite of ?activate=true");
  const holders = () => org.store.read((tx) => tx.users.holders([{ kind: "login", folded: "alice" }]));
  assert.deepEqual(
    (await holders()).map((h) => h.userId),
    [first.body.id],
  );
  const [event] = await org.events("user.held-back");
  assert.equal(event?.data["source"], "lab");
  assert.deepEqual(event?.data["others"], [first.body.id]);
  const byLogin = await org.call("admin", "GET", "/api/v1/users/alice");
  assert.equal(byLogin.status, 400);
  assert.match(byLogin.body.errorCauses[0].errorSummary, /2 users have this login; use the id: usr_.*\(l\w+\), usr_.*\(l\w+\)/);
  assert.equal((await org.call("admin", "POST", `/api/v1/users/${second.body.id}/lifecycle/activate`)).status, 200);
  assert.equal((await holders()).length, 2, "the decision makes both findable: the logon is then refused as ambiguous");
});

test("S29: a change of name that would take somebody's name is refused", async (t) => {
  const org = await openOrg(t);
  await make(org, "alice", { profile: { email: "a@corp.example" } });
  const bob = await make(org, "bob");
  const clash = await org.call("admin", "POST", `/api/v1/users/${bob.body.id}`, { profile: { email: "A@corp.example" } });
  assert.equal(clash.status, 400);
  assert.match(clash.body.errorCauses[0].errorSummary, /^profile\.email: /);
  const login = await org.call("admin", "POST", `/api/v1/users/${bob.body.id}`, { profile: { login: "Alice" } });
  assert.match(login.body.errorCauses[0].errorSummary, /^profile\.login: /);
  assert.equal((await org.call("admin", "GET", "/api/v1/users/bob")).body.id, bob.body.id);
  await make(org, "alice", { source: "lab", externalId: "1" });
  const carol = await make(org, "carol", { source: "lab", externalId: "2" });
  const held = await org.call("admin", "POST", `/api/v1/users/${carol.body.id}`, { profile: { login: "alice" } });
  assert.equal(held.status, 400, "nor may the login of somebody who is held back be taken");
});

test("an update changes the named fields, moves the names, and says which fields in the log but not what is in them", async (t) => {
  const org = await openOrg(t);
  const { body } = await make(org, "alice", { profile: { email: "old@corp.example", lastName: "A" } });
  const changed = await org.call("admin", "POST", "/api/v1/users/alice", { profile: { login: "alicia", email: "new@corp.example" } });
  assert.deepEqual(changed.body.profile, { login: "alicia", email: "new@corp.example", lastName: "A" });
  assert.equal((await org.call("admin", "GET", "/api/v1/users/alice")).status, 404);
  assert.equal((await org.call("admin", "GET", "/api/v1/users/alicia")).body.id, body.id);
  const holders = await org.store.read((tx) =>
    tx.users.holders([
      { kind: "email", folded: "old@corp.example" },
      { kind: "email", folded: "new@corp.example" },
    ]),
  );
  assert.deepEqual(
    holders.map((h) => h.folded),
    ["new@corp.example"],
  );
  const [event] = await org.events("user.updated");
  assert.deepEqual(event?.data, { changed: ["login", "email"] });
});

test("lists have pages with absolute links on the org's URL, end where they end, and can be searched", async (t) => {
  const org = await openOrg(t);
  for (const name of ["eve", "adam", "carl", "bert", "dora"]) await make(org, name);
  const seen: string[] = [];
  let url: string | undefined = "/api/v1/users?limit=2";
  while (url !== undefined) {
    const answer = await org.call("auditor", "GET", url);
    seen.push(...answer.body.map((user: { profile: { login: string } }) => user.profile.login));
    const link = String(answer.headers["link"]);
    assert.match(link, new RegExp(`^<${ORG_URL}/api/v1/users\\?limit=2.*>; rel="self"`));
    const next = /<([^>]+)>; rel="next"/.exec(link)?.[1];
    url = next?.slice(ORG_URL.length);
  }
  assert.deepEqual(seen, ["adam", "bert", "carl", "dora", "eve"]);
  const search = await org.call("auditor", "GET", `/api/v1/users?search=${encodeURIComponent('profile.login eq "Carl"')}`);
  assert.deepEqual(
    search.body.map((u: { profile: { login: string } }) => u.profile.login),
    ["carl"],
  );
  assert.equal((await org.call("auditor", "GET", "/api/v1/users?q=Be")).body.length, 1);
  const [found] = search.body;
  const byId = await org.call("auditor", "GET", `/api/v1/users?search=${encodeURIComponent(`id eq "${found.id}" and status pr`)}`);
  assert.deepEqual(
    byId.body.map(({ id }: { id: string }) => id),
    [found.id],
    "an id has capitals",
  );
  const other = await org.call("auditor", "GET", `/api/v1/users?search=${encodeURIComponent("status eq ACTIVE")}`);
  assert.match(other.body.errorCauses[0].errorSummary, /^search: character 11: here a value is missing/);
  for (const limit of ["0", "201", "x", ""])
    assert.equal((await org.call("auditor", "GET", `/api/v1/users?limit=${limit}`)).status, 400, limit);
});

test("a page of a search ends behind a row that may be gone by then, and is not empty while there is more", async (t) => {
  const org = await openOrg(t);
  const names = Array.from({ length: 450 }, (_, i) => `n${String(i).padStart(3, "0")}`);
  await org.store.inTransaction(async (tx) => {
    for (const [i, login] of names.entries()) {
      const profile = { login, title: i >= 440 ? "Head" : "Clerk" };
      const row = {
        id: `usr_${login}`,
        source: "hr",
        externalId: login,
        status: "ACTIVE" as const,
        statusSince: null,
        statusBy: null,
        profile,
      };
      const rest = {
        passwordHash: null,
        passwordChanged: null,
        role: null,
        created: tx.now,
        updated: tx.now,
        linkedTo: null,
        mustChange: false,
      };
      await tx.users.insert({ ...row, ...rest }, [{ kind: "login", folded: login }]);
    }
  });
  const seen: string[] = [];
  for (let url: string | undefined = `/api/v1/users?limit=3&search=${encodeURIComponent('profile.title eq "head"')}`; url !== undefined; ) {
    const answer = await org.call("admin", "GET", url);
    const found = answer.body.map((user: { profile: { login: string } }) => user.profile.login);
    assert.ok(found.length > 0, url);
    seen.push(...found);
    await org.store.inTransaction((tx) => tx.users.remove(`usr_${found.at(-1)}`));
    url = /<([^>]+)>; rel="next"/.exec(String(answer.headers["link"]))?.[1]?.slice(ORG_URL.length);
  }
  assert.deepEqual(seen, names.slice(440));
  for (const after of ["usr_1", "W10", Buffer.from('["a"]').toString("base64url"), Buffer.from('["a","\\u0000"]').toString("base64url")]) {
    const answer = await org.call("admin", "GET", `/api/v1/users?after=${after}`);
    assert.match(answer.body.errorCauses[0].errorSummary, /^after: is no place in this list/, after);
  }
});

test("a mistyped parameter is refused by its name, also where no parameter is taken", async (t) => {
  const org = await openOrg(t);
  for (const url of ["/api/v1/users?lmit=2", "/api/v1/zones?lmit=2", "/api/v1/org?lmit=2", "/api/v1/users/x/factors?lmit=2"]) {
    const answer = await org.call("auditor", "GET", url);
    assert.equal(answer.status, 400, url);
    assert.equal(answer.body.errorCauses[0].errorSummary, "lmit: unknown query parameter");
  }
});

test("the steps of a life are allowed as the table says; each is an event with what was before", async (t) => {
  const org = await openOrg(t);
  await make(org, "alice", {}, "?activate=false");
  const step = async (name: string) => (await org.call("admin", "POST", `/api/v1/users/alice/lifecycle/${name}`)).status;
  const run: [string, number][] = [
    ["suspend", 400],
    ["activate", 200],
    ["activate", 400],
    ["unlock", 400],
    ["suspend", 200],
    ["suspend", 400],
    ["unsuspend", 200],
    ["deactivate", 200],
    ["suspend", 400],
    ["deactivate", 400],
    ["activate", 200],
    ["deactivate", 200],
  ];
  for (const [name, status] of run) assert.equal(await step(name), status, name);
  const events = (await org.events()).filter((event) => event.type.startsWith("user.") && event.type !== "user.created");
  assert.deepEqual(
    events.map((event) => `${event.type} ${String(event.data["before"])}`),
    [
      "user.activated STAGED",
      "user.suspended ACTIVE",
      "user.unsuspended SUSPENDED",
      "user.deactivated ACTIVE",
      "user.activated DEPROVISIONED",
      "user.deactivated ACTIVE",
    ],
  );
  assert.match(
    (await org.call("admin", "POST", "/api/v1/users/alice/lifecycle/suspend")).body.errorCauses[0].errorSummary,
    /DEPROVISIONED cannot be suspended/,
  );
});

test("the first DELETE deactivates, as in the public API; the second one deletes, and the names are free", async (t) => {
  const org = await openOrg(t);
  await make(org, "alice");
  assert.equal((await org.call("admin", "DELETE", "/api/v1/users/alice")).status, 204);
  assert.equal((await org.call("admin", "GET", "/api/v1/users/alice")).body.status, "DEPROVISIONED");
  const gone = await org.call("admin", "DELETE", "/api/v1/users/alice");
  assert.equal(gone.status, 204);
  assert.equal(gone.text, "");
  assert.equal((await make(org, "alice")).body.status, "ACTIVE");
  assert.equal((await org.events("user.deleted")).length, 1);
});

test("S13: a password of a user is judged and hashed; it is in no answer, event or log", async (t) => {
  const org = await openOrg(t);
  const PASSWORD = "seven green bicycles";
  const short = await make(org, "alice", { credentials: { password: { value: "abc" } } });
  assert.match(short.body.errorCauses[0].errorSummary, /^credentials\.password\.value: .*at least 8/);
  const long = await make(org, "alice", { credentials: { password: { value: "x".repeat(1025) } } });
  assert.match(long.body.errorCauses[0].errorSummary, /^credentials\.password\.value: /);
  assert.equal((await org.call("admin", "GET", "/api/v1/users/alice")).status, 404, "nothing was made");
  const made = await make(org, "alice", { credentials: { password: { value: PASSWORD } } });
  assert.ok(made.body.passwordChanged);
  const row = await org.store.read((tx) => tx.users.byId(made.body.id));
  assert.equal(await org.deps.passwords.verify(row?.passwordHash ?? null, PASSWORD), "right");
  const changed = await org.call("admin", "POST", "/api/v1/users/alice", { credentials: { password: { value: `${PASSWORD}!` } } });
  assert.equal(changed.status, 200);
  assert.equal((await org.events("user.password-changed")).length, 1);
  const everything = made.text + changed.text + JSON.stringify(await org.events()) + JSON.stringify(org.logged());
  assert.ok(!everything.includes(PASSWORD) && !everything.includes("argon2id"));
});

test("S14: a full queue for passwords is said as such, and nothing is made", async (t) => {
  const org = await openOrg(t);
  org.deps.passwords.hash = async () => ({ kind: "overloaded" });
  const answer = await make(org, "alice", { credentials: { password: { value: "seven green bicycles" } } });
  assert.equal(answer.status, 503);
  assert.equal(answer.body.cause, "org.overloaded");
  assert.equal((await org.call("admin", "GET", "/api/v1/users/alice")).status, 404);
});

test("S21: a name with line breaks, quotes or HTML stands in the log as one escaped value, or is no name", async (t) => {
  const org = await openOrg(t);
  for (const login of ["a\nb", "a\u202eb", "a\u0000b", "", "  "]) assert.equal((await make(org, login)).status, 400, JSON.stringify(login));
  const odd = `o'brien";</script><b>`;
  assert.equal((await make(org, odd)).status, 200);
  const [event] = await org.events("user.created");
  assert.equal(event?.data["login"], odd);
  assert.equal((await org.call("admin", "GET", `/api/v1/users/${encodeURIComponent(odd)}`)).status, 200);
  assert.equal((await org.call("admin", "GET", `/api/v1/users?q=${encodeURIComponent("' OR 1=1 --")}`)).body.length, 0);
});
