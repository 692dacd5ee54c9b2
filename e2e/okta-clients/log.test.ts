/** Okta's SDK reads the system log: by time, filter and words, in both orders, page by page. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { all, okta, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-log");
let log: any;
let begin: Date;
let middle: Date;
before(async () => {
  await sdk.start();
  const client = await sdk.client();
  log = (await sdk.client("auditor")).systemLogApi;
  begin = new Date();
  for (let i = 0; i < 8; i++) await client.userApi.createUser({ body: { profile: { login: `user${i}` } }, activate: false });
  const { published } = (await sdk.say("log", "tail", "--lines", "1"))[0];
  // Until the clock has gone on: what comes now is later than what came.
  while (Date.now() <= Date.parse(published)) await new Promise((resolve) => setImmediate(resolve));
  middle = new Date();
  await client.groupApi.createGroup({ group: { profile: { name: "Night shift" } } });
  await client.groupApi.createGroup({ group: { profile: { name: "Day shift" } } });
});
after(() => sdk.org.stop());

const types = (events: any[]) => events.map(({ eventType }) => eventType);
const read = (query: object) => all(log.listLogEvents(query));

test("events are read page by page, oldest first, each once, in the shape of the public API", async () => {
  const before = sdk.exchanges.length;
  const events = await read({ limit: 3 });
  assert.ok(sdk.exchanges.length - before >= 4);
  assert.ok(events.every((event) => event instanceof okta.LogEvent && event.published instanceof Date && event.version === "0"));
  const own = await sdk.say("log", "tail", "--lines", "1000");
  assert.deepEqual(
    events.map(({ uuid }) => uuid),
    own.map(({ id }: any) => id),
  );
  const made = events.find(({ eventType }) => eventType === "user.created");
  assert.deepEqual(
    [made.outcome.result, made.severity, made.target[0].type, made.target[0].displayName],
    ["SUCCESS", "INFO", "user", "user0"],
  );
});

test("since and until bound the time, as a Date, as its text and as ISO 8601", async () => {
  for (const since of [middle, middle.toISOString()])
    assert.deepEqual(types(await read({ since })).slice(-2), ["group.created", "group.created"]);
  assert.deepEqual(types(await read({ since: middle.toISOString() })), ["group.created", "group.created"]);
  const before = types(await read({ since: begin.toISOString(), until: middle.toISOString(), limit: 5 }));
  assert.deepEqual(before, Array(8).fill("user.created"));
  assert.match((await refusal(read({ since: "yesterday" }))).causes[0] ?? "", /^since: is not a date/);
});

test("the newest come first if asked, through all pages", async () => {
  const up = await read({ limit: 1000 });
  const down = await read({ limit: 4, sortOrder: "DESCENDING" });
  assert.deepEqual(
    down.map(({ uuid }) => uuid),
    up.map(({ uuid }) => uuid).reverse(),
  );
});

test("filter compares type, actor, target, outcome and severity", async () => {
  assert.deepEqual(types(await read({ filter: 'eventType eq "group.created"' })), ["group.created", "group.created"]);
  assert.equal((await read({ filter: 'eventType sw "user." and outcome.result eq "SUCCESS"', limit: 3 })).length, 8);
  const [target] = (await read({ filter: 'eventType eq "user.created"', limit: 1 }))[0].target;
  assert.deepEqual(types(await read({ filter: `target.id eq "${target.id}"` })), ["user.created"]);
  assert.equal((await read({ filter: 'target.alternateId eq "USER3" and eventType eq "user.created"' })).length, 1);
  for (const sortOrder of ["ASCENDING", "DESCENDING"])
    assert.equal((await read({ filter: 'eventType eq "token.created" or target.displayName co "shift"', sortOrder, limit: 2 })).length, 4);
  const by = (await read({ filter: 'eventType eq "group.created"' }))[0].actor;
  assert.equal((await read({ filter: `actor.id eq "${by.id}"`, limit: 4 })).length, 10);
  assert.deepEqual(await read({ filter: 'severity eq "ERROR"' }), []);
  const odd = await refusal(read({ filter: 'debugContext.debugData.url eq "x"' }));
  assert.match(odd.causes[0] ?? "", /^filter: character 1: there is no field debugContext/);
  assert.match((await refusal(read({ filter: 'eventType eq "user.craeted"' }))).causes[0] ?? "", /^filter: .*no event type user\.craeted/);
});

test("q finds events that hold every word", async () => {
  assert.equal((await read({ q: "SHIFT" })).length, 2);
  assert.deepEqual((await read({ q: "shift night" }))[0].target[0].displayName, "Night shift");
  assert.deepEqual(await read({ q: "night user3" }), []);
  assert.equal((await read({ q: "shift", filter: 'eventType eq "group.created"', sortOrder: "DESCENDING", limit: 1 })).length, 2);
  assert.match((await refusal(read({ q: "x".repeat(41) }))).causes[0] ?? "", /^q: /);
});
