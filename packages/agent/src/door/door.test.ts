/** The door takes nothing but frames in their order; whatever else comes, it answers once, closes, and the agent lives on. */
import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { AgentFrame } from "@sallyport/contracts";
import fc from "fast-check";
import { RIGHT_CODE } from "../../doubles/org-double.ts";
import type { ProviderDouble } from "../../doubles/provider-double.ts";
import { enrolled, type Rig, rig, tempFolder } from "../../doubles/rig.ts";
import { Refusal } from "../finding.ts";
import { startAgent } from "../run.ts";
import { checkDoorFolder } from "../state/folders.ts";
import { FrameCutter, readFrame } from "./frames.ts";

/** All frames until the agent closes. */
async function untilClosed(provider: ProviderDouble): Promise<AgentFrame[]> {
  const frames: AgentFrame[] = [];
  for (let frame = await provider.next(); frame; frame = await provider.next()) frames.push(frame);
  return frames;
}

async function stillAlive(one: Rig, username: string): Promise<void> {
  const { end } = await one.provider().hello().begin({ username }).talk(RIGHT_CODE);
  assert.ok(end && "end" in end && end.end.result === "allow", "the agent no longer lets anybody in");
}

const HELLO = '{"v":1,"hello":{"provider":"pam","conversation":true,"serial":false}}\n';
const BEGIN = '{"begin":{"username":"alice","password":"verified","scenario":"logon","service":"sshd"}}\n';

describe("S30: what is no frame, or comes out of order", () => {
  const cases: [string, string | Uint8Array][] = [
    ["not JSON", "hello there\n"],
    ["not UTF-8", Uint8Array.of(0xff, 0xfe, 0x0a)],
    ["an empty line", "\n"],
    ["a byte order mark", `\ufeff${HELLO}`],
    ["a frame with an unknown key", '{"v":1,"hello":{"provider":"pam","conversation":true,"serial":false,"root":true}}\n'],
    ["a duplicate key", '{"v":1,"v":1,"hello":{"provider":"pam","conversation":true,"serial":false}}\n'],
    ["deep nesting", `${"[".repeat(60_000)}\n`],
    ["a line of 65,537 bytes", `${" ".repeat(65_536)}\n`],
    ["a line that never ends", "x".repeat(200_000)],
    ["begin before hello", BEGIN],
    ["hello twice", HELLO + HELLO],
    ["begin twice", HELLO + BEGIN + BEGIN],
    ["an input that nobody asked for", `${HELLO}{"input":{"id":1,"values":{"code":"1"}}}\n`],
    ["a cancel before begin", `${HELLO}{"cancel":{}}\n`],
    ["a code as a number", `${HELLO}${BEGIN}{"input":{"id":1,"values":{"code":123456}}}\n`],
  ];
  test("gets one clear error frame and the end; nobody is let in, and the agent is alive afterwards", async (t) => {
    const one = await rig(t);
    for (const [what, bytes] of cases) {
      const provider = one.provider();
      provider.raw(bytes);
      const last = (await untilClosed(provider)).at(-1);
      assert.ok(last && "error" in last, `${what}: ${JSON.stringify(last)}`);
      assert.equal(last.error.cause, "door.malformed", what);
      assert.notEqual(last.error.text, "", what);
    }
    await stillAlive(one, "after");
    assert.ok(one.attempts().every((record) => record["result"] === "deny" || record["username"] === "after"));
  });

  test("another version of the door: one error frame that says both versions", async (t) => {
    const one = await rig(t, { armed: false });
    const provider = one.provider();
    provider.send({ v: 2, hello: { provider: "pam", conversation: true, serial: false } });
    const [frame] = await untilClosed(provider);
    assert.ok(frame && "error" in frame && frame.error.cause === "agent.unreachable");
    assert.match(frame.error.text, /version 2.*1/);
  });

  test("an input with a number that was used or skipped ends the logon", async (t) => {
    const one = await rig(t);
    for (const ids of [[2], [1, 1], [1, 3]]) {
      const provider = one.provider().hello().begin();
      for (const id of ids) {
        await provider.next();
        provider.send({ input: { id, values: { code: "111111" } } });
      }
      const last = (await untilClosed(provider)).at(-1);
      assert.ok(last && "error" in last && last.error.cause === "door.malformed", `${ids}`);
    }
  });

  test("half frames in any cut are put together", async (t) => {
    const one = await rig(t);
    const provider = one.provider();
    for (const byte of Buffer.from(HELLO + BEGIN)) {
      provider.raw(Uint8Array.of(byte));
      await new Promise((done) => setImmediate(done));
    }
    const frame = await provider.next();
    assert.ok(frame && "show" in frame);
    provider.leave();
  });

  test("garbage from 300 callers at once, mutated from real frames: never a crash, never a yes", async (t) => {
    const one = await rig(t);
    const real = HELLO + BEGIN;
    const mutated = fc.tuple(fc.nat(real.length), fc.uint8Array({ maxLength: 40 }), fc.nat(10)).map(([at, bytes, cut]) => {
      const text = Buffer.from(real);
      return Buffer.concat([text.subarray(0, at), bytes, text.subarray(at + cut), Buffer.from("\n")]);
    });
    const noise = fc.sample(fc.oneof(mutated, fc.uint8Array({ maxLength: 4000 })), 300);
    await Promise.all(
      noise.map(async (bytes) => {
        const provider = one.provider();
        provider.raw(bytes);
        provider.finish();
        for (const frame of await untilClosed(provider))
          assert.ok(!("end" in frame && frame.end.result === "allow"), Buffer.from(bytes).toString("hex"));
      }),
    );
    await stillAlive(one, "after");
  });
});

describe("the reader of frames", () => {
  const FOLDER = new URL("../../../contracts/vectors/door/", import.meta.url);

  test("agrees with every golden frame that a provider may send, or must not", () => {
    let read = 0;
    for (const name of readdirSync(FOLDER).filter((one) => one.endsWith(".frame") && !one.startsWith("agent-"))) {
      const bytes = readFileSync(new URL(name, FOLDER));
      const end = bytes.indexOf(10);
      const malformed = bytes.subarray(end + 1).includes("error = malformed");
      const take = () => readFrame([...new FrameCutter().push(bytes.subarray(0, end + 1))][0] as Buffer);
      if (malformed) assert.throws(take, (error) => error instanceof Refusal && error.finding.cause === "door.malformed", name);
      else assert.doesNotThrow(take, name);
      read += 1;
    }
    assert.ok(read > 60, `${read}`);
  });

  test("S30: throws nothing but door.malformed, and never quotes what stood there", () => {
    const secret = "hunter2hunter2";
    fc.assert(
      fc.property(
        fc.oneof(fc.json(), fc.string({ unit: "binary" }), fc.constant(`{"input":{"id":1,"values":{"code":${secret}}}}`)),
        (text) => {
          try {
            readFrame(Buffer.from(`${text}`));
          } catch (error) {
            assert.ok(error instanceof Refusal && error.finding.cause === "door.malformed");
            assert.ok(!JSON.stringify(error.finding).includes(secret));
          }
        },
      ),
    );
  });

  test("cuts lines the same way however the bytes arrive", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 20 })), fc.array(fc.integer({ min: 1, max: 9 })), (texts, steps) => {
        const lines = texts.map((one) => one.replaceAll("\n", ""));
        const bytes = Buffer.from(lines.map((one) => `${one}\n`).join(""));
        const cutter = new FrameCutter();
        const found: string[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const step = steps[i % (steps.length || 1)] ?? 3;
          for (const line of cutter.push(bytes.subarray(at, at + step))) found.push(line.toString());
          at += step;
        }
        assert.deepEqual(found, lines);
      }),
    );
  });
});

describe("the socket", () => {
  test("is open to its owner alone, and a stale one is replaced", async (t) => {
    const one = await rig(t, { armed: false });
    assert.equal(statSync(one.agent.settings.files.socket).mode & 0o777, 0o600);
    assert.equal(statSync(one.agent.settings.files.control).mode & 0o777, 0o600);
  });

  test("a second agent in the same folder does not start, and the first goes on", async (t) => {
    const one = await rig(t);
    const second = await startAgent({ state: one.state });
    assert.ok(!second.ok && second.finding.cause === "config.invalid", JSON.stringify(second));
    await stillAlive(one, "first");
  });

  test("something else than a socket in its place is not removed: door.untrusted", async (t) => {
    const { state } = await enrolled(t);
    const path = join(state, "agent.sock");
    writeFileSync(path, "mine");
    const started = await startAgent({ state });
    assert.ok(!started.ok && started.finding.cause === "door.untrusted");
    assert.ok(lstatSync(path).isFile());
  });

  test("beyond the limit of connections a caller is refused as own overload, and a place that becomes free is used", async (t) => {
    const one = await rig(t, { settings: { connections: 4 } });
    const held = Array.from({ length: 4 }, () => one.provider().hello().begin());
    await Promise.all(held.map((provider) => provider.next()));
    const [frame] = await untilClosed(one.provider());
    assert.ok(frame && "error" in frame && frame.error.cause === "agent.fault");
    for (const provider of held) provider.leave();
    for (let tries = 0; ; tries++) {
      const provider = one.provider().hello().begin();
      const first = await provider.next();
      provider.leave();
      if (first && "show" in first) break;
      assert.ok(tries < 100, "the places did not become free");
    }
  });

  test("a folder that others can write to, that is a link, or that stands below such a one is not trusted", (t) => {
    const folder = tempFolder(t);
    const own = join(folder, "own");
    mkdirSync(join(own, "inner"), { recursive: true, mode: 0o700 });
    assert.equal(checkDoorFolder(own), undefined);
    symlinkSync(own, join(folder, "link"));
    assert.equal(checkDoorFolder(join(folder, "link"))?.cause, "door.untrusted");
    assert.equal(checkDoorFolder(join(folder, "absent"))?.cause, "door.untrusted");
    chmodSync(own, 0o777);
    assert.equal(checkDoorFolder(own)?.cause, "door.untrusted");
    if (process.geteuid?.() === 0) assert.equal(checkDoorFolder(join(own, "inner"))?.cause, "door.untrusted");
  });
});
