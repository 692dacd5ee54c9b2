/** Whatever becomes of the service's program, a question to it is answered: with what it said, or with why it said nothing. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempFolder } from "../../doubles/rig.ts";
import { NativeKeys } from "./native-keys.ts";

/** A program that answers each line by `body`, a function of it in JavaScript. */
function program(t: { after(work: () => void): void }, body: string): NativeKeys {
  const file = join(tempFolder(t as never), "program.mjs");
  writeFileSync(
    file,
    `import { createInterface } from "node:readline";
const answer = ${body};
createInterface({ input: process.stdin }).on("line", (line) => { const said = answer(line); if (said !== undefined) console.log(said); });`,
  );
  return new NativeKeys([process.execPath, [file]]);
}

const HASH = "ab".repeat(32);
const sign = (hash = HASH) => ({ sign: { kept: "dpapi", handle: "00", hash } });

test("answers come back in the order of the questions, from one process", async (t) => {
  const keys = program(t, "(line) => JSON.stringify({ signed: JSON.parse(line).sign.hash.repeat(2) })");
  const hashes = [HASH, "cd".repeat(32), "ef".repeat(32)];
  const answers = await Promise.all(hashes.map((hash) => keys.ask(sign(hash))));
  assert.deepEqual(
    answers.map(({ signed }) => signed),
    hashes.map((hash) => hash.repeat(2)),
  );
});

test("a program that is not there, ends, or says what is not known is a fault, and the next question starts it anew", async (t) => {
  const missing = await new NativeKeys(["/nowhere/sallyport-relay.exe", []]).ask(sign());
  assert.match(missing.fault ?? "", /ENOENT/);
  const ends = program(t, "() => process.exit(3)");
  for (let again = 0; again < 2; again++) assert.match((await ends.ask(sign())).fault ?? "", /it ended \(3\)/);
  for (const said of ['{"signed":"zz"}', '{"signed":"ab"}', '{"key":"d"}', "no JSON"]) {
    const { fault, signed } = await program(t, `() => ${JSON.stringify(said)}`).ask(sign());
    assert.match(fault ?? "", /not known/, said);
    assert.equal(signed, undefined);
  }
});
