/** The transaction under random events, on any store: one code lets in once, nobody gets in without a factor, every path ends, every refusal has a cause. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ERRORS, isCauseId } from "@sallyport/contracts";
import fc from "fast-check";
import { Secret, TOTP } from "otpauth";
import { expireTransactions } from "../src/flows/authn/cancel.ts";
import { PASSWORD } from "./logon-org.ts";
import { make, makeApp, makePerson, TestHost, type TestOrg, type TestPerson, why } from "./test-org.ts";

const which = fc.nat(3);
const code = fc.constantFrom("right" as const, "right" as const, "wrong" as const, "late" as const, "short" as const);
const by = fc.constantFrom("host" as const, "page" as const);
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("logon" as const), drive: fc.constantFrom("agent", "page"), who: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("primary" as const), more: fc.boolean(), who: fc.nat(1) }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant("verify" as const), which, code, by }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("race" as const), which, other: which, by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("whole" as const), which, by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("ticket" as const), which, right: fc.boolean(), by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("enrol" as const), which, by }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("activate" as const), which, code, by }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("step" as const),
      which,
      path: fc.constantFrom("previous", "skip", "introspect", "introspect", "cancel"),
      by,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(1, 31, 120, 290, 700) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("suspend" as const), on: fc.boolean() }) },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

interface Open {
  token: string;
  host: boolean;
  reference: string | undefined;
  who: number;
  /** A right code was sent in it. */
  proved: boolean;
  /** What is being made in it, by the secret that was shown. */
  making?: { id: string; secret: string } | undefined;
}

interface World {
  org: TestOrg;
  host: TestHost;
  /** With a factor; and without one, with a ticket. */
  alice: TestPerson;
  newcomer: { id: string; login: string; ticket: string };
  open: Open[];
  /** Which code let into which transaction. */
  let: Map<string, string>;
  /** Over all runs: how often somebody got in, and through a window. */
  seen: { in: number; enrolled: number };
}

type Answer = { status: number; body: any };

export function transactionProperty(name: string, openOrg: () => Promise<TestOrg>, runs = 40): void {
  test(`S4, S9, S16: the transaction under random events on ${name}`, async () => {
    const org = await openOrg();
    const app = await makeApp(org, "servers", []);
    const host = await TestHost.enrol(org, app);
    let round = 0;
    const seen = { in: 0, enrolled: 0 };
    const property = fc.asyncProperty(fc.array(event, { minLength: 4, maxLength: 30 }), async (events) => {
      const world = await newWorld(org, host, app, round++, seen);
      for (const one of events) await happen(world, one);
      await everythingEnds(world);
    });
    try {
      await fc.assert(property, { numRuns: runs, endOnFailure: true });
      assert.ok(seen.in > 0 && seen.enrolled > 0, "the events are sharp enough to let somebody in");
      process.stdout.write(`${name}: ${runs} runs, ${seen.in} times let in, ${seen.enrolled} factors through a window\n`);
    } finally {
      await org.close();
    }
  });
}

async function newWorld(org: TestOrg, host: TestHost, app: string, round: number, seen: World["seen"]): Promise<World> {
  const alice = await makePerson(org, `alice${round}`, PASSWORD);
  const login = `newcomer${round}`;
  const user = await make(org, "POST", "/api/v1/users?activate=true", {
    profile: { login },
    credentials: { password: { value: PASSWORD } },
  });
  for (const { id } of [alice, user]) await make(org, "POST", `/api/v1/apps/${app}/users`, { id });
  const { ticket } = await make(org, "POST", `/api/v1/users/${user.id}/tickets`, {});
  return { org, host, alice, newcomer: { id: user.id, login, ticket }, open: [], let: new Map(), seen };
}

async function happen(world: World, one: Event): Promise<void> {
  const { org, host } = world;
  switch (one.do) {
    case "logon": {
      const request = host.request(loginOf(world, one.who), { drive: one.drive });
      return began(world, one.who, await host.call("/api/v1/authn/logon", request), request.reference);
    }
    case "primary": {
      const options = { multiOptionalFactorEnroll: one.more };
      const body = { username: loginOf(world, one.who), password: PASSWORD, options };
      return began(world, one.who, await page(org, "", body), undefined);
    }
    case "wait":
      org.clock.now += one.seconds * 1000;
      await expireTransactions(org.deps.store);
      return;
    case "suspend":
      await org.manage("POST", `/api/v1/users/${world.alice.id}/lifecycle/${one.on ? "suspend" : "unsuspend"}`);
      return;
    default:
      return stepIn(world, one);
  }
}

const loginOf = ({ alice, newcomer }: World, who: number) => (who === 0 ? alice.login : newcomer.login);

function began(world: World, who: number, answer: Answer, reference: string | undefined): void {
  judge(answer, reference !== undefined);
  assert.notEqual(answer.body.status, "SUCCESS", "nobody is let in by a password alone");
  if (answer.body.stateToken)
    world.open.push({ token: answer.body.stateToken, host: reference !== undefined, reference, who, proved: false });
}

async function stepIn(world: World, one: Exclude<Event, { do: "logon" | "primary" | "wait" | "suspend" }>): Promise<void> {
  const open = world.open[one.which % Math.max(1, world.open.length)];
  if (!open) return;
  switch (one.do) {
    case "verify":
      return verify(world, open, codeFor(world.alice.secret, one.code, world.org.clock.now), one.by);
    case "race": {
      const other = world.open[one.other % world.open.length] ?? open;
      const passCode = codeFor(world.alice.secret, "right", world.org.clock.now);
      await Promise.all([verify(world, open, passCode, one.by), verify(world, other, passCode, one.by)]);
      return;
    }
    case "ticket":
      return went(
        world,
        open,
        await send(world, open, "/ticket", { ticket: one.right ? world.newcomer.ticket : "AAAA-AAAA-AAAA-AAAA-AAAA" }, one.by),
      );
    case "enrol": {
      const answer = await send(world, open, "/factors", { factorType: "token:software:totp", provider: "GOOGLE" }, one.by);
      const factor = answer.body._embedded?.factor;
      if (factor?._embedded) open.making = { id: factor.id, secret: factor._embedded.activation.sharedSecret };
      return went(world, open, answer);
    }
    case "activate": {
      if (!open.making) return;
      const { id, secret } = open.making;
      const { passCode, right } = codeFor(secret, one.code, world.org.clock.now);
      if (right) open.proved = true;
      return went(world, open, await send(world, open, `/factors/${id}/lifecycle/activate`, { passCode }, one.by));
    }
    case "whole":
      // What a newcomer does who makes no mistake; by chance alone it hardly ever happens in this order.
      await stepIn(world, { ...one, do: "ticket", right: true });
      await stepIn(world, { ...one, do: "enrol" });
      return stepIn(world, { ...one, do: "activate", code: "right" });
    case "step":
      return went(world, open, await send(world, open, `/${one.path}`, {}, one.by));
  }
}

async function verify(
  world: World,
  open: Open,
  { passCode, right }: { passCode: string; right: boolean },
  who: "host" | "page",
): Promise<void> {
  if (right && open.who === 0) open.proved = true;
  const answer = await send(world, open, `/factors/${world.alice.factor}/verify`, { passCode }, who);
  went(world, open, answer);
  if (answer.body.status !== "SUCCESS" && answer.body.status !== "MFA_ENROLL") return;
  if (answer.body.status === "MFA_ENROLL" && open.who !== 0) return;
  const before = world.let.get(passCode);
  assert.ok(before === undefined || before === open.token, "S4: one code let in twice");
  world.let.set(passCode, open.token);
}

/** The code of this moment, or one that must not count: a wrong one, one of ten minutes ago, one of five digits. */
function codeFor(secret: string, kind: "right" | "wrong" | "late" | "short", now: number): { passCode: string; right: boolean } {
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  const near = [-1, 0, 1].map((step) => totp.generate({ timestamp: now + step * 30_000 }));
  const wrong = near.includes("000000") ? "111111" : "000000";
  const passCode = { right: near[1], wrong, late: totp.generate({ timestamp: now - 600_000 }), short: "12345" }[kind] as string;
  return { passCode, right: near.includes(passCode) };
}

function went({ seen }: World, open: Open, answer: Answer): void {
  judge(answer, open.host && answer.body.errorCode !== "E0000011");
  if (answer.body.status !== "SUCCESS") return;
  seen.in += 1;
  assert.ok(open.proved, "SUCCESS without a right code in this transaction");
}

/** Every refusal is one of the closed table; a host hears its cause. */
function judge({ status, body }: Answer, toHost: boolean): void {
  assert.ok(status < 500, JSON.stringify(body));
  if (status < 300) return;
  assert.ok(Object.hasOwn(ERRORS, body.errorCode), JSON.stringify(body));
  if (toHost && body.cause !== undefined) assert.ok(isCauseId(body.cause), JSON.stringify(body));
}

async function send({ org, host }: World, open: Open, path: string, body: object, by: "host" | "page"): Promise<Answer> {
  const whole = { stateToken: open.token, ...body };
  if (open.host && by === "host") {
    const answer = await host.call(`/api/v1/authn${path}`, whole);
    if (answer.status >= 300 && !answer.body.errorCauses?.length) assert.ok(isCauseId(answer.body.cause), JSON.stringify(answer.body));
    return answer;
  }
  return page(org, path, whole);
}

/** Behind the admin socket no rate limit is in the way. */
async function page(org: TestOrg, path: string, body: object): Promise<Answer> {
  const answer = await org.admin.inject({ method: "POST", url: `/api/v1/authn${path}`, payload: body });
  return { status: answer.statusCode, body: answer.json() };
}

async function everythingEnds(world: World): Promise<void> {
  const { org, open } = world;
  org.clock.now += 11 * 60_000;
  await expireTransactions(org.deps.store);
  await expireTransactions(org.deps.store);
  assert.deepEqual(await org.deps.store.read((tx) => tx.transactions.expired(Number.MAX_SAFE_INTEGER, 10)), [], "every path ends");
  for (const { reference, proved } of open) {
    if (reference === undefined) continue;
    const logon = await why(org, reference);
    assert.notEqual(logon.result, "open", reference);
    if (logon.result === "allow") assert.ok(proved, "let in without a factor");
    else assert.ok(isCauseId(logon.cause ?? ""), `refused without a cause: ${JSON.stringify(logon)}`);
  }
  const factors = await org.deps.store.read((tx) => tx.enrolments.ofUser(world.newcomer.id));
  assert.ok(
    factors.every(({ status }) => status === "ACTIVE"),
    "nothing half made is left over",
  );
  assert.ok(factors.length <= 1, "one window, one factor");
  world.seen.enrolled += factors.length;
}
