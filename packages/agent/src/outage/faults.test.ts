/** What happens to a disk, a clock or a door while the org is away: each ends in its cause, and in no pass (S22, S27). */
import assert from "node:assert/strict";
import fs, { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { answerTo, change, fileOf, freshCode, GLASS, last, next, OFFLINE, proofOf, setUp, tryOffline } from "../../doubles/away.ts";
import { rig, runHere } from "../../doubles/rig.ts";
import { machineClocks } from "../clock.ts";
import { codeAt } from "./totp.ts";

const BOTH = { ...OFFLINE, ...GLASS };

/** From the n-th on no new file fits into this folder of the agent; answers what makes room again. */
function fillDisk(t: TestContext, folder: string, from = 1): () => void {
  const real = fs.openSync;
  let files = 0;
  const mock = t.mock.method(fs, "openSync", (path: fs.PathLike, ...more: [fs.OpenMode, fs.Mode?]) => {
    if (String(path).includes(`/${folder}/`) && String(path).endsWith(".new") && ++files >= from)
      throw Object.assign(new Error("ENOSPC: no space left on device, open"), { code: "ENOSPC" });
    return real(path, ...more);
  });
  const empty = () => {
    mock.mock.restore();
    syncBuiltinESMExports();
  };
  syncBuiltinESMExports();
  t.after(empty);
  return empty;
}

/** How each way of being broken is named: half of it is there, others may read it, or it is no file. */
const BROKEN: [string, (file: string) => void][] = [
  ["config.invalid", (file) => writeFileSync(file, readFileSync(file, "utf8").slice(0, 40))],
  ["config.exposed", (file) => chmodSync(file, 0o644)],
  ["config.unreadable", beFolder],
];

function beFolder(file: string): void {
  rmSync(file, { force: true });
  mkdirSync(file);
}

describe("S22: a file that is half-written, exposed or not to be read is a refusal by its cause", () => {
  for (const [cause, breakFile] of BROKEN) {
    test(`${cause}: offline codes, and a logon with the org stands all the same`, async (t) => {
      const one = await rig(t, { policy: BOTH });
      const secret = await setUp(one);
      breakFile(fileOf(one.state, "offline"));
      one.org.rightCode = "654321";
      await one.provider().hello().begin().talk("654321");
      assert.deepEqual(last(one), ["allow", undefined]);
      const noted = one.log().find((line) => line["event"] === "offline.not-kept");
      assert.equal(noted?.["cause"], cause, JSON.stringify(noted));
      await one.org.stop();
      assert.equal(await tryOffline(one, freshCode(secret)), "deny");
      assert.deepEqual(last(one), ["deny", cause]);
    });

    test(`${cause}: the key of break-glass, and the tries that were counted`, async (t) => {
      const one = await rig(t, { policy: GLASS });
      await one.org.stop();
      const person = one.provider().hello().begin();
      const wrong = await next(person);
      person.input({ code: answerTo(one, wrong.text, { user: "bob" }) });
      const { text } = await next(person);
      breakFile(fileOf(one.state, "break-glass"));
      person.input({ code: answerTo(one, text) });
      assert.equal((await next(person)).end, "deny");
      assert.deepEqual(last(one), ["deny", cause]);
      breakFile(join(one.state, "break-glass.json"));
      assert.equal((await next(one.provider().hello().begin())).end, "deny");
      assert.deepEqual(last(one), ["deny", cause]);
    });
  }
});

describe("S27: a disk that is full lets nobody in", () => {
  test("at the count of the try, at the use of the step, and at the record of the logon", async (t) => {
    const one = await rig(t, { policy: OFFLINE });
    const secret = await setUp(one);
    await one.org.stop();
    const code = freshCode(secret);
    for (const written of [1, 2]) {
      const empty = fillDisk(t, "offline", written);
      assert.equal(await tryOffline(one, code), "deny");
      assert.deepEqual(last(one), ["deny", "host.disk"]);
      empty();
      assert.deepEqual([proofOf(one.state)["failures"], proofOf(one.state)["used"]], [written - 1, 0]);
    }
    const reports = join(one.state, "reports.jsonl");
    beFolder(reports);
    assert.equal(await tryOffline(one, code), "deny");
    assert.deepEqual(last(one), ["deny", "host.disk"]);
    rmSync(reports, { recursive: true });
    assert.equal(await tryOffline(one, code, code, code), "deny", "what was used up stays used up");
    assert.deepEqual(last(one), ["deny", "factor.code-used"]);
  });

  test("at the count of a break-glass answer, right as it is", async (t) => {
    const one = await rig(t, { policy: GLASS });
    await one.org.stop();
    for (const written of [1, 2]) {
      const person = one.provider().hello().begin();
      const { text } = await next(person);
      const empty = fillDisk(t, "break-glass", written);
      person.input({ code: answerTo(one, text) });
      assert.equal((await next(person)).end, "deny");
      assert.deepEqual(last(one), ["deny", "host.disk"]);
      empty();
    }
  });
});

test("S22: a key that the disk will not give up leaves the right to it no longer than the policy says", async (t) => {
  const one = await rig(t, { policy: GLASS });
  const key = join(one.state, "break-glass.json");
  const kept = readFileSync(key, "utf8");
  beFolder(key);
  one.org.policy = { version: 2 };
  assert.deepEqual(
    (await one.agent.checked()).map(({ cause }) => cause),
    ["host.disk"],
  );
  rmSync(key, { recursive: true });
  writeFileSync(key, kept, { mode: 0o600 });
  await one.org.stop();
  assert.equal((await next(one.provider().hello().begin())).end, "deny");
  assert.deepEqual(last(one), ["deny", "net.refused"]);
});

test("S27: who leaves at the prompt has used nothing up, and who leaves after the code has", async (t) => {
  const one = await rig(t, { policy: OFFLINE });
  const secret = await setUp(one);
  await one.org.stop();
  const ended = async (count: number) => {
    while (one.attempts().length < count) await new Promise((done) => setTimeout(done, 10));
  };
  const before = one.attempts().length;
  const left = one.provider().hello().begin();
  await next(left);
  left.leave();
  await ended(before + 1);
  assert.deepEqual([last(one), proofOf(one.state)["failures"]], [["deny", "logon.cancelled"], 0]);
  const code = freshCode(secret);
  const typed = one.provider().hello().begin();
  await next(typed);
  typed.input({ code });
  typed.leave();
  await ended(before + 2);
  assert.equal(await tryOffline(one, code, code, code), "deny");
  assert.deepEqual(last(one), ["deny", "factor.code-used"]);
});

test("S27: under a clock that was set back no code of then counts, and a wait ends", async (t) => {
  const one = await rig(t, { policy: OFFLINE });
  const secret = await setUp(one);
  await one.agent.stop();
  await one.org.stop();
  // As after a start of the machine: what the agent knew of the time was of the run before.
  const file = join(one.state, "state.json");
  const kept = JSON.parse(readFileSync(file, "utf8"));
  writeFileSync(file, JSON.stringify({ ...kept, time: { ...kept.time, bootId: "before" } }), { mode: 0o600 });
  const monthAgo = Date.now() - 30 * 86_400_000;
  t.mock.method(machineClocks, "wall", () => monthAgo);
  await runHere(t, one.state);
  assert.equal(await tryOffline(one, codeAt(secret, Math.floor(monthAgo / 30_000)), "000000", "111111"), "deny");
  assert.equal(await tryOffline(one, freshCode(secret), freshCode(secret), freshCode(secret)), "deny");
  assert.deepEqual(last(one), ["deny", "factor.throttled"]);
  const monotonic = machineClocks.monotonic;
  t.mock.method(machineClocks, "monotonic", () => monotonic() + 31_000);
  assert.equal(await tryOffline(one, freshCode(secret)), "allow");
});

test("S15: a logon with the org brings its time, in the place of one that this machine's clock had run ahead to", async (t) => {
  const one = await rig(t, { policy: OFFLINE });
  const secret = await setUp(one);
  change(one.state, { latest: Date.now() + 86_400_000 });
  one.org.rightCode = "654321";
  await one.provider().hello().begin().talk("654321");
  await one.org.stop();
  assert.equal(await tryOffline(one, freshCode(secret)), "allow");
});
