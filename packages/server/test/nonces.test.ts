/** S12: whatever must not be guessed has at least 128 bits, from the org and from those who speak with it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { make, makeApp, makePerson, openTestOrg, TestHost, type TestOrg } from "./test-org.ts";

let org: TestOrg;
let host: TestHost;

before(async () => {
  org = await openTestOrg();
  host = await TestHost.enrol(org, await makeApp(org, "servers", [await makePerson(org, "alice")]));
});
after(() => org.close());

const bitsOf = (text: string) => Buffer.from(text, "base64url").length * 8;
const short = () => randomBytes(15).toString("base64url");

test("S12: a host's nonce, jti or check id below 128 bits is refused, and nothing is opened", async () => {
  const nonce = await host.call("/api/v1/authn/logon", host.request("alice", { nonce: short() }));
  assert.equal(nonce.status, 400);
  const jti = await host.call("/api/v1/authn/logon", host.request("alice"), { jti: short() });
  assert.deepEqual([jti.status, jti.body.cause], [401, "client.assertion-invalid"]);
  assert.equal((await host.selfCheck({ checkId: short() })).status, 400);
  const time = await org.app.inject({ method: "POST", url: "/api/v1/time", payload: { nonce: short() } });
  assert.equal(time.statusCode, 400);
});

test("S12: what the org hands out has 128 bits or more, and is never the same twice", async () => {
  const checked = await host.selfCheck();
  host.generation = checked.body.generation;
  assert.ok(bitsOf(checked.body.generation) >= 128);
  const tokens = new Set<string>();
  for (let count = 0; count < 50; count++) {
    const { body } = await host.call("/api/v1/authn/logon", host.request("alice"));
    assert.ok(bitsOf(body.stateToken) >= 256);
    tokens.add(body.stateToken);
  }
  assert.equal(tokens.size, 50);
  const { token } = await make(org, "POST", "/api/v1/tokens", { name: "t", role: "auditor" });
  assert.ok(token.length >= 43);
  const factor = (await makePerson(org, "bob")).secret;
  assert.ok(factor.length * 5 >= 160, "S7: a shared secret has 160 bits");
});
