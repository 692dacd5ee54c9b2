/** Each fault of the way to the org, brought about by real servers on loopback, is named, and nothing beside it; a way that is well is healthy. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FAULTS, type Fault } from "./faults.fixture.ts";
import { confirmed, look, possible, ruledOut, said } from "./world.fixture.ts";

describe("a way that is well", () => {
  for (const [what, change] of [
    ["direct", () => ({})],
    ["through a proxy", () => ({ proxy: "opens" as const })],
  ] as const) {
    it(`${what}: healthy in under 2 s, and each cause is ruled out`, async (t) => {
      const found = await look(t, (world) => Object.assign(world, change(), { servers: [0, 0] }));
      assert.deepEqual([found.healthy, confirmed(found), possible(found), found.notLookedAt], [true, [], [], []]);
      const out = ruledOut(found);
      const wanted = new Set<string>(Object.values(FAULTS).flatMap(({ causes }) => causes));
      // Only the org itself names these, and only a proxy that is there can be ruled out.
      for (const cause of ["org.database", ...("proxy" in change() ? [] : ["net.proxy-auth", "net.proxy-block"])]) wanted.delete(cause);
      assert.deepEqual(
        [...wanted].filter((cause) => !out.includes(cause)),
        [],
      );
      assert.ok(found.tookMs < 2000, `${found.tookMs} ms`);
    });
  }
});

it("goes the way once, on one connection, and asks one question that holds nothing of this host", async (t) => {
  const asked: unknown[] = [];
  let opened = 0;
  const found = await look(t, (world) => {
    world.script = (call, normal) => {
      asked.push([call.path, Object.keys(call.body).sort()]);
      return normal();
    };
    world.onConnection = () => opened++;
  });
  assert.deepEqual([found.healthy, opened, asked], [true, 1, [["/api/v1/time", ["decisionKey", "nonce"]]]]);
});

describe("one fault", () => {
  for (const { name, causes, bring, tells } of Object.values(FAULTS) as Fault[]) {
    it(`${name}: ${causes.join(", then ")}`, async (t) => {
      const found = await look(t, (world) => bring(world, t));
      assert.deepEqual(confirmed(found), causes);
      const open = causes[0] === "http.unexpected" ? ["url.wrong-org"] : [];
      assert.deepEqual(possible(found), open);
      if (tells) assert.match(said(found, causes[0] ?? ""), tells);
    });
  }
});
