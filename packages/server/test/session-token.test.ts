/** The session token of a page's transaction: once, for minutes, and only in the browser that began (S4, S36). */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { hashSecret, redeemSessionToken, sessionTokenOf } from "../src/flows/authn/session-token.ts";
import { openLogonOrg, PASSWORD } from "./logon-org.ts";

const { org, alice, nextStep } = await openLogonOrg();
after(() => org.close());

const { store, keys } = org.deps;
const redeem = (token: string, browser: string | undefined) => store.inTransaction((tx) => redeemSessionToken(tx, keys, token, browser));

/** @param headers `origin` is what every browser sends with a POST, and no program has to. */
async function signIn(headers: Record<string, string>): Promise<{ token: string; cookie: string; browser: string | undefined }> {
  const now = nextStep();
  const post = (url: string, payload: object, more: object = {}) =>
    org.admin.inject({ method: "POST", url: `/api/v1/authn${url}`, payload, headers: { ...headers, ...more } });
  const begun = await post("", { username: "alice", password: PASSWORD });
  const cookie = `${begun.headers["set-cookie"] ?? ""}`;
  const own = cookie === "" ? {} : { cookie: cookie.split(";")[0] };
  const done = await post(`/factors/${alice.factor}/verify`, { stateToken: begun.json().stateToken, passCode: alice.code(now) }, own);
  assert.equal(done.json().status, "SUCCESS");
  return { token: done.json().sessionToken, cookie, browser: /^__Host-sallyport-browser=([^;]+);/.exec(cookie)?.[1] };
}

const BROWSER = { origin: "https://mfa.corp.example" };

test("S36: the token is good once, in the browser that began, which no script and no other site can copy", async () => {
  const { token, cookie, browser } = await signIn(BROWSER);
  for (const part of ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"]) assert.ok(cookie.split("; ").includes(part), part);
  const redeemed = await redeem(token, browser);
  assert.deepEqual(redeemed.kind === "redeemed" && [redeemed.user.id, redeemed.amr], [alice.id, ["pwd", "otp"]]);
  assert.equal((await redeem(token, browser)).kind, "refused", "S4");
});

test("S36: another browser gets nothing for it, and uses it up; so does one without a cookie", async () => {
  for (const other of ["A".repeat(43), undefined]) {
    const { token, browser } = await signIn(BROWSER);
    assert.equal((await redeem(token, other)).kind, "refused");
    assert.equal((await redeem(token, browser)).kind, "refused");
  }
});

test("S36: what a program began signs no browser in, so that nobody is signed in as somebody else by a link", async () => {
  const { token, cookie } = await signIn({});
  assert.equal(cookie, "");
  assert.equal((await redeem(token, "A".repeat(43))).kind, "refused");
});

test("S36: a browser keeps its cookie over several transactions", async () => {
  const { browser } = await signIn(BROWSER);
  const second = await signIn({ ...BROWSER, cookie: `oktaStateToken=x; __Host-sallyport-browser=${browser}` });
  assert.equal(second.browser, browser);
  assert.equal((await redeem(second.token, browser)).kind, "redeemed");
});

test("S36: a sign-in that somebody else began and sent as a link is nothing in its victim's browser, and nothing comes of it", async () => {
  const now = nextStep();
  const post = async (url: string, payload: object, cookie?: string) => {
    const headers = { ...BROWSER, ...(cookie === undefined ? {} : { cookie: `__Host-sallyport-browser=${cookie}` }) };
    const answer = await org.app.inject({ method: "POST", url: `/api/v1/authn${url}`, payload, headers });
    return { status: answer.statusCode, body: answer.json() };
  };
  const [thief, victim] = ["T".repeat(43), "V".repeat(43)];
  const { stateToken } = (await post("", { username: "alice", password: PASSWORD }, thief)).body;
  const proof = { stateToken, passCode: alice.code(now) };
  for (const browser of [victim, undefined]) {
    for (const [url, body] of [
      ["/introspect", { stateToken }],
      [`/factors/${alice.factor}/verify`, proof],
      [`/factors/${alice.factor}/verify/resend`, { stateToken }],
      ["/factors", { stateToken, factorType: "push", provider: "OKTA" }],
      ["/ticket", { stateToken, ticket: "0000-0000-0000-0000-0000" }],
      ["/previous", { stateToken }],
      ["/skip", { stateToken }],
      ["/cancel", { stateToken }],
    ] as const) {
      const { status, body: said } = await post(url, body, browser);
      assert.deepEqual([status, said.errorCode], [401, "E0000011"], url);
    }
  }
  assert.equal((await post("/introspect", { stateToken }, thief)).body.status, "MFA_REQUIRED", "nothing was proved");
  assert.equal((await post(`/factors/${alice.factor}/verify`, proof, thief)).body.status, "SUCCESS", "and the code was not used up");
});

test("S4: of many at once one gets the session", async () => {
  const { token, browser } = await signIn(BROWSER);
  const all = await Promise.all(Array.from({ length: 20 }, () => redeem(token, browser)));
  assert.equal(all.filter(({ kind }) => kind === "redeemed").length, 1);
});

test("S36: a token cannot be made of what the database has, and is none before the good end", async () => {
  const other = await signIn(BROWSER);
  const { token, browser } = await signIn(BROWSER);
  const [id = "", mac = ""] = token.split(".");
  for (const made of [
    "",
    id,
    `${id}.`,
    `${id}.${mac.replace(/^./, (first) => (first === "A" ? "B" : "A"))}`,
    `${id}.${other.token.split(".")[1]}`,
  ])
    assert.equal((await redeem(made, browser)).kind, "refused", made);
  assert.equal((await redeem(token, browser)).kind, "redeemed", "none of them used it up");
  const headers = { ...BROWSER, cookie: `__Host-sallyport-browser=${browser}` };
  const begun = await org.app.inject({ method: "POST", url: "/api/v1/authn", payload: { username: "alice", password: PASSWORD }, headers });
  const open = await store.read((tx) => tx.transactions.byTokenHash(hashSecret(begun.json().stateToken)));
  assert.ok(open);
  assert.equal((await redeem(sessionTokenOf(keys, open.id), browser)).kind, "refused");
});

test("the token dies after five minutes, is not stored, and is of no use to who was suspended", async () => {
  const late = await signIn(BROWSER);
  org.clock.now += 5 * 60_000;
  assert.equal((await redeem(late.token, late.browser)).kind, "refused");
  const { token, browser } = await signIn(BROWSER);
  assert.equal(await store.read((tx) => tx.transactions.byTokenHash(hashSecret(token))), undefined);
  await org.manage("POST", `/api/v1/users/${alice.id}/lifecycle/suspend`);
  assert.equal((await redeem(token, browser)).kind, "refused");
});
