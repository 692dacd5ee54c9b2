/** What is taken away between two steps of a logon counts at the next one: on any store. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { PASSWORD } from "./logon-org.ts";
import { make, makeApp, makePerson, TestHost, type TestOrg, type TestPerson, why } from "./test-org.ts";

interface World {
  org: TestOrg;
  host: TestHost;
  app: string;
  who: TestPerson;
}

/** What an administrator does while the prompt is open, and the cause with which the next step ends. */
const TAKEN: [what: string, cause: string, act: (world: World) => Promise<unknown>][] = [
  ["the person is suspended", "user.suspended", ({ org, who }) => make(org, "POST", `/api/v1/users/${who.id}/lifecycle/suspend`)],
  ["the assignment is taken away", "app.not-assigned", ({ org, app, who }) => make(org, "DELETE", `/api/v1/apps/${app}/users/${who.id}`)],
  ["the app is deactivated", "client.revoked", ({ org, app }) => make(org, "POST", `/api/v1/apps/${app}/lifecycle/deactivate`)],
  ["a rule denies", "policy.denies", (world) => setRules(world, [{ name: "nobody", then: "deny" }])],
  [
    "a rule denies this service",
    "policy.denies",
    (world) => setRules(world, [{ name: "no ssh", then: "deny", if: { services: ["sshd"] } }]),
  ],
  [
    "a rule takes another factor",
    "factor.not-allowed",
    (world) => setRules(world, [{ name: "key", then: "factor", factors: ["passkey"] }]),
  ],
];

async function setRules({ org, app }: World, rules: object[]): Promise<void> {
  const { version, document } = await make(org, "GET", `/api/v1/apps/${app}/policy`);
  await make(org, "PUT", `/api/v1/apps/${app}/policy`, { version, document: { ...document, rules } });
}

export function judgeAnewSuite(name: string, openOrg: () => Promise<TestOrg>): void {
  let round = 0;
  let opened: Promise<TestOrg> | undefined;
  const newWorld = async (): Promise<World> => {
    opened ??= openOrg();
    const org = await opened;
    const who = await makePerson(org, `judged${++round}`, PASSWORD);
    const app = await makeApp(org, `judged ${round}`, [who]);
    return { org, app, who, host: await TestHost.enrol(org, app, `judged${round}`) };
  };
  const begin = async ({ host, who }: World, change: object = {}) => {
    const request = host.request(who.login, change);
    return { reference: request.reference, ...(await host.call("/api/v1/authn/logon", request)) };
  };

  describe(`judged anew at each step, on ${name}`, () => {
    for (const [what, cause, act] of TAKEN)
      test(`${what} while the code is typed: ${cause}, and the code is not looked at`, async () => {
        const world = await newWorld();
        const { org, host, who } = world;
        const { body, reference } = await begin(world);
        assert.equal(body.status, "MFA_REQUIRED");
        await act(world);
        const answer = await host.verify(body.stateToken, who.factor, who.code(org.clock.now));
        assert.equal(answer.status, 403, JSON.stringify(answer.body));
        assert.equal(answer.body.decision, undefined);
        const { result, cause: kept } = await why(org, reference);
        assert.deepEqual([result, kept], ["deny", cause]);
        const again = await host.verify(body.stateToken, who.factor, who.code(org.clock.now));
        assert.equal(again.status, 403, "it is over");
        const [factor] = await org.deps.store.read((tx) => tx.enrolments.ofUser(who.id));
        assert.equal(factor?.failures, 0);
      });

    test("a page that drives for the host is judged alike, and hears no cause (S16)", async () => {
      const world = await newWorld();
      const { org, app, who } = world;
      const { body, reference } = await begin(world, { drive: "page" });
      await make(org, "DELETE", `/api/v1/apps/${app}/users/${who.id}`);
      const payload = { stateToken: body.stateToken, passCode: who.code(org.clock.now) };
      const answer = await org.admin.inject({ method: "POST", url: `/api/v1/authn/factors/${who.factor}/verify`, payload });
      assert.equal(answer.statusCode, 403);
      assert.doesNotMatch(answer.body, /assign/);
      assert.equal((await why(org, reference)).cause, "app.not-assigned");
    });

    test("somebody assigned through a group within a group goes on until the inner one is taken out", async () => {
      const world = await newWorld();
      const { org, host, app, who } = world;
      const [inner, outer] = await Promise.all(
        ["inner", "outer"].map((group) => make(org, "POST", "/api/v1/groups", { profile: { name: `${group} ${who.login}` } })),
      );
      await make(org, "PUT", `/api/v1/groups/${inner.id}/users/${who.id}`);
      await make(org, "PUT", `/api/v1/groups/${outer.id}/groups/${inner.id}`);
      await make(org, "PUT", `/api/v1/apps/${app}/groups/${outer.id}`, {});
      await make(org, "DELETE", `/api/v1/apps/${app}/users/${who.id}`);
      const first = await begin(world);
      assert.equal((await host.verify(first.body.stateToken, who.factor, who.code(org.clock.now))).body.status, "SUCCESS");
      org.clock.now += 60_000;
      const second = await begin(world);
      await make(org, "DELETE", `/api/v1/groups/${outer.id}/groups/${inner.id}`);
      assert.equal((await host.verify(second.body.stateToken, who.factor, who.code(org.clock.now))).status, 403);
      assert.equal((await why(org, second.reference)).cause, "app.not-assigned");
    });

    test("a rule that takes some of the offered factors leaves those, and refuses the others", async () => {
      const world = await newWorld();
      const { org, host, app, who } = world;
      const set = await make(org, "POST", `/api/v1/users/${who.id}/factors`, { factorType: "recovery_codes" });
      const bypass = await make(org, "POST", `/api/v1/users/${who.id}/bypass-codes`, { app, reason: "phone left at home" });
      const { body, reference } = await begin(world);
      await setRules(world, [{ name: "drawer", then: "factor", factors: ["recovery"] }]);
      const totp = await host.verify(body.stateToken, who.factor, who.code(org.clock.now));
      assert.deepEqual([totp.status, totp.body.cause], [403, "factor.not-allowed"]);
      const byCode = await host.verify(body.stateToken, set.id, bypass.code);
      assert.equal(byCode.status, 403, "an administrator's code is not among them");
      assert.equal((await why(org, reference)).result, "open");
      org.clock.now += 60_000;
      const done = await host.verify(body.stateToken, set.id, set._embedded.activation.codes[0]);
      assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
    });

    test("a rule that lets in without a factor by now does not: what was begun is finished", async () => {
      const world = await newWorld();
      const { org, host, who } = world;
      const { body } = await begin(world);
      await setRules(world, [{ name: "everybody", then: "allow" }]);
      const wrong = who.code(org.clock.now) === "000000" ? "111111" : "000000";
      assert.equal((await host.verify(body.stateToken, who.factor, wrong)).status, 403);
      assert.equal((await host.verify(body.stateToken, who.factor, who.code(org.clock.now))).body.status, "SUCCESS");
    });

    test("S18: a first factor at a logon is not finished after the right to the app is gone, nor of a kind that no rule takes any more", async () => {
      for (const [cause, act] of [
        ["app.not-assigned", ({ org, app, who }: World) => make(org, "DELETE", `/api/v1/apps/${app}/users/${who.id}`)],
        ["factor.not-allowed", (world: World) => setRules(world, [{ name: "key", then: "factor", factors: ["passkey"] }])],
      ] as const) {
        const world = await newWorld();
        const { org, host, app } = world;
        const login = `new-${round}`;
        const user = await make(org, "POST", "/api/v1/users?activate=true", { profile: { login } });
        await make(org, "POST", `/api/v1/apps/${app}/users`, { id: user.id });
        const { ticket } = await make(org, "POST", `/api/v1/users/${user.id}/tickets`, {});
        const newcomer = { ...world.who, id: user.id, login };
        const { body, reference } = await begin({ ...world, who: newcomer });
        const { stateToken } = body;
        await host.call("/api/v1/authn/ticket", { stateToken, ticket });
        const begun = await host.call("/api/v1/authn/factors", { stateToken, factorType: "token:software:totp", provider: "GOOGLE" });
        const { id, _embedded } = begun.body._embedded.factor;
        const secret = Secret.fromBase32(_embedded.activation.sharedSecret);
        await act({ ...world, who: newcomer });
        const passCode = new TOTP({ secret }).generate({ timestamp: org.clock.now });
        const answer = await host.call(`/api/v1/authn/factors/${id}/lifecycle/activate`, { stateToken, passCode });
        assert.equal(answer.status, 403, JSON.stringify(answer.body));
        assert.equal((await why(org, reference)).cause, cause);
        assert.deepEqual(await org.deps.store.read((tx) => tx.enrolments.ofUser(user.id)), []);
      }
    });

    test("the suite closes its org", async () => (await opened)?.close());
  });
}
