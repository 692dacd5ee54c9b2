/** The outbox worker: takes what is due, tries again more and more seldom, says when a way out fails and works again, and stops in order. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import { channelStands } from "../flows/delivery.ts";
import { type Message, putOut } from "../flows/outbox.ts";
import { openOrg, type TestOrg } from "../http/org.fixture.ts";
import type { Letter, Sent } from "./deliverer.ts";
import { waitAfterTries } from "./settle.ts";
import { deliver } from "./worker.ts";

const LETTER: Message = { kind: "mail", about: "usr_1", payload: { text: "planted-4711" }, lifeMs: 600_000 };
const BROKEN: Sent = { kind: "later", fault: { server: "mail.corp.test:465", error: "nobody listens there", channel: true } };
const FINE: Sent = { kind: "sent", server: "mail.corp.test:465" };

/** A worker whose deliverer answers what the test says next, and tells each letter that it got. */
async function working(t: TestContext, answers: (Sent | Promise<Sent>)[]) {
  const org = await openOrg(t);
  const got = new PassThrough({ objectMode: true });
  const complaints: string[] = [];
  const worker = deliver({
    store: org.store,
    keys: org.deps.keys,
    deliverers: {
      mail: {
        async send(letter) {
          got.write(letter);
          return answers.shift() ?? FINE;
        },
      },
    },
    say: (_error, sentence) => complaints.push(sentence),
    counted: () => undefined,
  });
  t.after(() => worker.stop());
  const next = async (): Promise<Letter> => (got.read() ?? once(got, "readable").then(() => got.read())) as Promise<Letter>;
  return { org, worker, next, complaints };
}

const post = (org: TestOrg, message: Partial<Message> = {}) =>
  org.store.inTransaction((tx) => putOut(tx, org.deps.keys, { ...LETTER, ...message }));
const row = (org: TestOrg, id: string) => org.store.read((tx) => tx.outbox.byId(id));

/** Awaits what the unit after a try writes. */
async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a message is sent as soon as its unit is committed, and nothing of what stood in it stays", async (t) => {
  const { org, next } = await working(t, []);
  const id = await post(org);
  const letter = await next();
  assert.deepEqual([letter.id, letter.about, letter.payload, letter.tries], [id, "usr_1", { text: "planted-4711" }, 1]);
  const sent = await until(async () => ((await row(org, id))?.doneAt ? row(org, id) : undefined));
  assert.deepEqual([sent.sealed, sent.error], ["", null]);
});

test("a failure is tried again after a growing wait; begin and end of a fault are one event each", async (t) => {
  const { org, next } = await working(t, [BROKEN, BROKEN, FINE]);
  const id = await post(org);
  await next();
  const failed = await until(async () => ((await row(org, id))?.error ? row(org, id) : undefined));
  assert.equal(failed.nextAt, org.clock.now + waitAfterTries(1));
  assert.doesNotMatch(failed.sealed, /planted/);
  for (const [tries, waited] of [
    [2, waitAfterTries(1)],
    [3, waitAfterTries(2)],
  ] as const) {
    org.clock.now += waited;
    // Another message wakes the worker: a test does not wait for its timer.
    await post(org, { kind: "webhook" });
    assert.equal((await next()).tries, tries);
    await until(async () => {
      const now = await row(org, id);
      return now?.doneAt || (now?.tries === tries && now.nextAt === org.clock.now + waitAfterTries(tries));
    });
  }
  await until(async () => (await row(org, id))?.doneAt);
  const [failing, ...more] = await org.events("delivery.failing");
  assert.equal(more.length, 0);
  assert.deepEqual([failing?.cause, failing?.data["server"], failing?.data["waiting"]], ["org.delivery", "mail.corp.test:465", 1]);
  assert.equal((await org.events("delivery.working")).length, 1);
  assert.equal((await channelStands(org.store)).find(({ kind }) => kind === "mail")?.failure, undefined);
});

test("an attempt that was under way when the mail went again does not say that it fails", async (t) => {
  const held = Promise.withResolvers<Sent>();
  const answers = [BROKEN, held.promise, FINE];
  const { org, next } = await working(t, answers);
  const first = await post(org);
  await next();
  await until(async () => (await row(org, first))?.error);
  org.clock.now += waitAfterTries(1);
  const second = await post(org);
  const tried = [await next(), await next()].map(({ id }) => id);
  await until(async () => (await org.events("delivery.working")).length === 1);
  held.resolve(BROKEN);
  const late = tried[0] as string;
  await until(async () => {
    const now = await row(org, late);
    return now?.nextAt === org.clock.now + waitAfterTries(now?.tries ?? 0);
  });
  assert.deepEqual([...tried].sort(), [first, second].sort());
  assert.equal((await org.events("delivery.failing")).length, 1);
  answers.push(BROKEN);
  org.clock.now += waitAfterTries(2);
  await post(org, { kind: "webhook" });
  await next();
  await until(async () => (await org.events("delivery.failing")).length === 2);
});

test("what is refused for good is given up at once, and what nobody could send in its time as well", async (t) => {
  const refused: Sent = { kind: "never", fault: { server: "mail.corp.test:465", error: "550 5.1.1 at RCPT", channel: false } };
  const { org, next } = await working(t, [refused]);
  const id = await post(org);
  await next();
  await until(async () => (await row(org, id))?.doneAt);
  const [event] = await org.events("delivery.given-up");
  assert.deepEqual([event?.data["about"], event?.data["error"], event?.data["tries"]], ["usr_1", "550 5.1.1 at RCPT", 1]);
  assert.deepEqual(await org.events("delivery.failing"), []);
});

test("a deliverer that throws costs no message, and its words stand nowhere but in the org's own log", async (t) => {
  const org = await openOrg(t);
  const complaints: string[] = [];
  const worker = deliver({
    store: org.store,
    keys: org.deps.keys,
    deliverers: { mail: { send: () => Promise.reject(new Error("planted-4711")) } },
    say: (_error, sentence) => complaints.push(sentence),
    counted: () => undefined,
  });
  const id = await post(org);
  const failed = await until(async () => ((await row(org, id))?.error ? row(org, id) : undefined));
  await worker.stop();
  assert.match(failed.error ?? "", /its own log says why/);
  assert.equal(complaints.length, 1);
});

test("a server that stops cuts off what hangs, and the message goes again", async (t) => {
  const org = await openOrg(t);
  let begun: () => void = () => undefined;
  const started = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const worker = deliver({
    store: org.store,
    keys: org.deps.keys,
    deliverers: {
      mail: {
        send: (_letter, signal) =>
          new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason));
            begun();
          }),
      },
    },
    say: () => assert.fail("a stop is no fault"),
    counted: () => undefined,
  });
  const id = await post(org);
  await started;
  await worker.stop();
  const left = await row(org, id);
  assert.deepEqual([left?.doneAt, left?.tries], [null, 1]);
});

test("waits double up to ten minutes", () => {
  assert.deepEqual([1, 2, 3, 9, 10, 100].map(waitAfterTries), [2_000, 4_000, 8_000, 512_000, 600_000, 600_000]);
});
