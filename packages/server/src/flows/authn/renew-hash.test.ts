/** Tests of hashing a password anew when the parameters have risen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "@node-rs/argon2";
import { openOrg } from "../../http/org.fixture.ts";
import { primaryAuthentication } from "./primary.ts";
import { renewHash } from "./renew-hash.ts";

const PASSWORD = "seven green bicycles";

test("S14: a right password with a weak hash is hashed anew, unless another was set meanwhile", async (t) => {
  const org = await openOrg(t);
  const { id } = (await org.call("admin", "POST", "/api/v1/users", { profile: { login: "alice" } })).body;
  const stored = async () => (await org.store.read((tx) => tx.users.byId(id)))?.passwordHash ?? null;
  const weak = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1 });
  await org.store.inTransaction((tx) => tx.users.update(id, { passwordHash: weak }));
  await renewHash(org.deps, id, weak, PASSWORD);
  const renewed = await stored();
  assert.match(renewed ?? "", /m=19456,t=2,p=1/);
  assert.equal(await org.deps.passwords.verify(renewed, PASSWORD), "right");
  await renewHash(org.deps, id, renewed, PASSWORD);
  assert.equal(await stored(), renewed, "today's parameters are left alone");
  await renewHash(org.deps, id, weak, PASSWORD);
  assert.equal(await stored(), renewed, "a hash that is no longer the stored one changes nothing");
});

const BEGUN = { offerMore: false, address: "192.0.2.1" };

test("S14: primary authentication renews a weak hash when the password was right, and only then", async (t) => {
  const org = await openOrg(t);
  const { id } = (await org.call("admin", "POST", "/api/v1/users?activate=true", { profile: { login: "bob" } })).body;
  const weak = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1 });
  await org.store.inTransaction((tx) => tx.users.update(id, { passwordHash: weak }));
  const stored = async () => (await org.store.read((tx) => tx.users.byId(id)))?.passwordHash ?? "";
  await primaryAuthentication(org.deps, { username: "bob", password: "wrong", ...BEGUN });
  assert.equal(await stored(), weak);
  await primaryAuthentication(org.deps, { username: "bob", password: PASSWORD, ...BEGUN });
  assert.match(await stored(), /m=19456,t=2,p=1/);
});
