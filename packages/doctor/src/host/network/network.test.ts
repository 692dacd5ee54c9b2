/** Each fault of the way to the org, brought about by real servers on loopback, is named, and nothing beside it; a way that is well is healthy. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FAULTS, type Fault } from "./faults.fixture.ts";
import { confirmed, look, possible, ruledOut, said, startTcp } from "./world.fixture.ts";

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

it("a machine that cannot look a name up for want of its own is not told that the name is wrong", async (t) => {
  const { execPath } = process;
  process.execPath = "/nonexistent/node";
  t.after(() => {
    process.execPath = execPath;
  });
  const found = await look(t);
  assert.deepEqual([confirmed(found), possible(found), found.healthy], [[], [], false]);
  assert.match(JSON.stringify(found.notLookedAt), /the name to connect to.*ENOENT/);
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

describe("a handshake that the other side ends by an alert alone", () => {
  /** RFC 8446 §6: a fatal alert of this kind, in a record of TLS 1.2. */
  const alert = (kind: number) => Buffer.of(0x15, 3, 3, 0, 2, 2, kind);
  const cases: [string, number, string[], string[]][] = [
    ["handshake_failure may be the version, and may be something else", 40, [], ["tls.version"]],
    ["protocol_version is the version", 70, ["tls.version"], []],
    ["unrecognized_name may be the name", 112, [], ["tls.name"]],
    ["internal_error says nothing, and is not healthy", 80, [], []],
  ];
  for (const [what, kind, sure, open] of cases) {
    it(what, async (t) => {
      const port = await startTcp(t, (socket) => socket.once("data", () => socket.end(alert(kind))));
      const found = await look(t, (world) => Object.assign(world, { url: `https://localhost:${port}` }));
      assert.deepEqual([confirmed(found), possible(found), found.healthy], [sure, open, false]);
    });
  }
});
