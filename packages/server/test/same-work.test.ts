/** S16, counted: a name that nobody has costs the org the same work as a wrong password does, whatever the reason for the refusal. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";
import { make, makePerson } from "./test-org.ts";

const { org, host, alice } = await openLogonOrg();
after(() => org.close());

/** argon2id in PHC format up to the salt: what a comparison costs. `null` is the hash of nobody, which is made with today's parameters. */
const costOf = (phc: string | null) => (phc === null ? "nobody's" : phc.split("$").slice(1, 4).join("$"));

/** Units of work, and comparisons of a hash by what they cost, while `work` runs. */
async function during(work: () => Promise<unknown>): Promise<{ units: number; compared: string[] }> {
  const { passwords, store } = org.deps;
  const seen = { units: 0, compared: [] as string[] };
  org.deps.passwords = {
    ...passwords,
    verify: (phc, password) => {
      seen.compared.push(costOf(phc));
      return passwords.verify(phc, password);
    },
  };
  org.deps.store = Object.create(store, {
    inTransaction: {
      value: (fn: Parameters<typeof store.inTransaction>[0]) => {
        seen.units += 1;
        return store.inTransaction(fn);
      },
    },
  });
  try {
    await work();
  } finally {
    Object.assign(org.deps, { passwords, store });
  }
  return seen;
}

async function primary(username: string, password: string): Promise<void> {
  const answer = await org.admin.inject({ method: "POST", url: "/api/v1/authn", payload: { username, password } });
  assert.equal(answer.statusCode, 401, answer.body);
}

const TODAY = "argon2id$v=19$m=19456,t=2,p=1";

test("S16: primary authentication: one comparison and as many units of work, of today's cost or of nobody's", async () => {
  await make(org, "POST", "/api/v1/users?activate=true", { profile: { login: "hashless" } });
  const gone = await makePerson(org, "gone", PASSWORD);
  await make(org, "POST", `/api/v1/users/${gone.id}/lifecycle/suspend`);
  const bare = await make(org, "POST", "/api/v1/users?activate=true", {
    profile: { login: "bare" },
    credentials: { password: { value: PASSWORD } },
  });
  assert.ok(bare.id);
  const wrong = await during(() => primary("alice", "wrong"));
  assert.deepEqual(wrong, { units: 2, compared: [TODAY] });
  for (const [login, password, compared] of [
    ["nobody", PASSWORD, "nobody's"],
    ["a name that is none \u200b", PASSWORD, "nobody's"],
    ["hashless", PASSWORD, "nobody's"],
    ["gone", PASSWORD, TODAY],
    ["bare", PASSWORD, TODAY],
  ] as const)
    assert.deepEqual(await during(() => primary(login, password)), { units: wrong.units, compared: [compared] }, login);
  // Five more wrong ones: from now on nothing of hers is looked at, and the time is the same.
  for (let tries = 0; tries < 5; tries++) await primary("alice", "wrong");
  assert.deepEqual(await during(() => primary("alice", PASSWORD)), { units: wrong.units, compared: ["nobody's"] });
});

test("S16: the password step of a machine that proved none: the same for the name of nobody", async () => {
  const step = async (login: string) => {
    const { body } = await host.call("/api/v1/authn/logon", host.request(login, { password: "none" }));
    return during(() => host.call("/api/v1/authn", { stateToken: body.stateToken, password: "wrong" }));
  };
  org.clock.now += 24 * 3_600_000;
  const [known, unknown] = [await step(alice.login), await step("nobody")];
  assert.deepEqual(known.compared, [TODAY]);
  assert.deepEqual(unknown, { ...known, compared: ["nobody's"] });
});

test("S16: the hash of nobody is made with the parameters that a new password gets", async () => {
  const { passwords } = org.deps;
  const made = await passwords.hash(PASSWORD);
  assert.equal(made.kind === "hashed" && costOf(made.phc), TODAY);
  assert.equal(await passwords.verify(null, "nobody has this password"), "wrong", "and is nobody's password");
});
