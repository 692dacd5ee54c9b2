/** What Okta's SDK hears when it may not, when there is too much of it, and when nobody answers to its token. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ORG_URL, okta, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-errors");
before(() => sdk.start());
after(() => sdk.org.stop());

test("a token that is none, or no longer, is 401 E0000011", async () => {
  const unknown = await refusal(sdk.clientWith("00nobodys-token").userApi.getUser({ userId: "x" }));
  assert.deepEqual([unknown.status, unknown.errorCode], [401, "E0000011"]);
  const { id, token } = await sdk.say("token", "create", "short", "--role", "auditor");
  const client = sdk.clientWith(token);
  assert.equal((await refusal(client.userApi.getUser({ userId: "x" }))).status, 404);
  await sdk.say("token", "revoke", id);
  assert.equal((await refusal(client.userApi.getUser({ userId: "x" }))).errorCode, "E0000011");
});

test("what a role may not is 403 E0000006 with the role and the right, and nothing was done", async () => {
  const auditor = await sdk.client("auditor");
  const refused = await refusal(auditor.userApi.createUser({ body: { profile: { login: "eve" } } }));
  assert.deepEqual([refused.status, refused.errorCode], [403, "E0000006"]);
  assert.match(refused.causes[0] ?? "", /auditor may not users\.write/);
  assert.deepEqual(await sdk.say("user", "list"), []);
});

test("each fault of a body is a cause of its own, with its field", async () => {
  const { userApi } = await sdk.client();
  const profile = { login: "", title: "x".repeat(200), shoeSize: 44 };
  const { status, errorCode, causes } = await refusal(userApi.createUser({ body: { profile } }));
  assert.deepEqual([status, errorCode], [400, "E0000001"]);
  assert.deepEqual(causes.map((cause) => cause.split(":")[0]).sort(), ["profile.login", "profile.shoeSize", "profile.title"]);
});

test("answers say how many calls are left, by the names of the public API, and the SDK waits as long as it is told", async () => {
  const client = await sdk.client();
  await client.groupApi.createGroup({ group: { profile: { name: "limits" } } });
  const { headers } = sdk.exchanges.at(-1) ?? { headers: new Headers() };
  const of = (name: string) => Number(headers.get(`x-rate-limit-${name}`));
  assert.ok(of("limit") > 0 && of("remaining") > 0 && of("remaining") < of("limit"));
  const seconds = of("reset") - Date.now() / 1000;
  assert.ok(seconds > -2 && seconds <= 62, `${seconds}`);
  // The password check is slow for whoever asks too often: 20 a minute from an address. The SDK reads the same headers there.
  const login = () =>
    fetch(`${ORG_URL}/api/v1/authn`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ username: "nobody", password: "wrong" }),
    });
  let last = await login();
  for (let i = 0; i < 25 && last.status !== 429; i++) last = await login();
  assert.equal(last.status, 429);
  assert.equal(((await last.json()) as { errorCode?: string }).errorCode, "E0000047");
  const executor = new okta.DefaultRequestExecutor();
  const wait = executor.getRetryDelayMs(last);
  assert.ok(executor.validateRetryResponseHeaders(last));
  assert.ok(wait > 0 && wait <= 63_000, `${wait}`);
});
