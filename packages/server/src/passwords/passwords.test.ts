/** Tests of the rules for passwords, and of how they are hashed and compared. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "@node-rs/argon2";
import fc from "fast-check";
import { judgePassword } from "../flows/management/password-rules.ts";
import { argonPasswords } from "./passwords.ts";

const GOOD = "seven green bicycles";
const alone = { withFactor: false, names: [] };
const withFactor = { withFactor: true, names: ["alice", "alice@corp.example", undefined] };

test("S13: fifteen characters alone, eight with a second factor, counted as people count them", () => {
  assert.match(judgePassword("kaffee-k\u{1F980}nne", alone)?.en ?? "", /has 12 characters; at least 15/);
  assert.equal(judgePassword("kaffee-k\u{1F980}nne", withFactor), undefined);
  assert.match(judgePassword("xkq71zw", withFactor)?.en ?? "", /has 7 characters; at least 8/);
  assert.equal(judgePassword(GOOD, alone), undefined);
});

test("S13: no rules of composition: small letters alone are fine", () => {
  assert.equal(judgePassword("correcthorsebatterystaple", alone), undefined);
});

test("S13: common ones, repetitions and the own name are refused", () => {
  for (const password of [
    "password1",
    "PASSWORD1",
    "sunshine",
    "aaaaaaaaaaaaaaaa",
    "abababababababab",
    "passwordpassword",
    "wxyzwxyzwxyzwxyz",
    "alice@corp.example",
    "corp.example",
  ]) {
    assert.ok(judgePassword(password, withFactor), password);
  }
});

test("S13: 1,024 characters are accepted, one more is refused and never cut", async () => {
  const passwords = argonPasswords();
  const longest = `${"abcdefgh".repeat(127)}12345678`;
  assert.equal(longest.length, 1024);
  assert.equal(judgePassword(longest, alone), undefined);
  assert.match(judgePassword(`${longest}9`, alone)?.en ?? "", /longer than 1024/);
  const made = await passwords.hash(longest);
  assert.ok(made.kind === "hashed");
  assert.equal(await passwords.verify(made.phc, longest), "right");
  assert.equal(await passwords.verify(made.phc, `${longest}9`), "wrong");
  assert.equal(await passwords.verify(made.phc, longest.slice(0, -1)), "wrong");
  await assert.rejects(passwords.hash(`${longest}9`), RangeError);
});

test("S14: the hash is argon2id with at least 19 MiB, two passes, one lane, and a salt of its own", async () => {
  const passwords = argonPasswords();
  const [one, two] = await Promise.all([passwords.hash(GOOD), passwords.hash(GOOD)]);
  assert.ok(one.kind === "hashed" && two.kind === "hashed");
  assert.match(one.phc, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  assert.notEqual(one.phc, two.phc);
});

test("S14: weaker parameters are seen as outdated, today's are not", async () => {
  const passwords = argonPasswords();
  const weak = await hash(GOOD, { memoryCost: 8192, timeCost: 1, parallelism: 1 });
  assert.equal(passwords.outdated(weak), true);
  assert.equal(await passwords.verify(weak, GOOD), "right");
  const made = await passwords.hash(GOOD);
  assert.equal(made.kind === "hashed" && passwords.outdated(made.phc), false);
});

test("S14: beyond its limit the queue computes nothing and says so", async () => {
  const passwords = argonPasswords({ limit: 3 });
  const made = await passwords.hash(GOOD);
  assert.ok(made.kind === "hashed");
  const answers = await Promise.all(Array.from({ length: 8 }, () => passwords.verify(made.phc, GOOD)));
  assert.deepEqual(answers.sort(), [...Array(5).fill("overloaded"), ...Array(3).fill("right")]);
  assert.equal(passwords.waiting(), 0);
  assert.equal(await passwords.verify(made.phc, GOOD), "right", "the queue is free again");
});

test("S14: hashing does not hold up the event loop", async () => {
  const passwords = argonPasswords();
  let turns = 0;
  const timer = setInterval(() => void turns++, 1);
  await Promise.all(Array.from({ length: 8 }, () => passwords.verify(null, GOOD)));
  clearInterval(timer);
  assert.ok(turns >= 3, `the loop turned ${turns} times`);
});

test("S16: nobody's hash is always wrong and costs the time of a real one", async () => {
  const passwords = argonPasswords();
  const made = await passwords.hash(GOOD);
  assert.ok(made.kind === "hashed");
  const time = async (phc: string | null) => {
    const times: number[] = [];
    for (let i = 0; i < 9; i++) {
      // The processor's time, which other programs on the machine do not stretch.
      const before = process.cpuUsage();
      assert.equal(await passwords.verify(phc, "another password"), "wrong");
      const { user, system } = process.cpuUsage(before);
      times.push(user + system);
    }
    return times.sort((a, b) => a - b)[4] ?? 0;
  };
  const [known, unknown] = [await time(made.phc), await time(null)];
  assert.ok(unknown > known / 3 && unknown < known * 3, `known ${known} µs, unknown ${unknown} µs`);
  assert.equal(await passwords.verify(null, "nobody has this password"), "wrong");
});

test("the same letters in two spellings of Unicode are one password", async () => {
  const passwords = argonPasswords();
  const made = await passwords.hash("sch\u00f6nes Wetter heute");
  assert.ok(made.kind === "hashed");
  assert.equal(await passwords.verify(made.phc, "scho\u0308nes Wetter heute"), "right");
});

test("judging a password never throws and never repeats it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1100 }), (password) => {
      const complaint = judgePassword(password, withFactor);
      assert.ok(complaint === undefined || password.length < 4 || !Object.values(complaint).join().includes(password));
    }),
  );
});
