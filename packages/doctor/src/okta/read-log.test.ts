/** What a log says must not hang on how it was written: separators, prefixes, encodings, line ends, cuts. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { incident } from "@sallyport/contracts";
import fc from "fast-check";
import { candidatesOf } from "./candidates.ts";
import { ENCODINGS, type Encoding, encode, joinSample, LINE_ENDS, PREFIXES, readLogBytes, SEPARATORS, verdictOf } from "./log.fixture.ts";
import type { Sample } from "./sample.fixture.ts";
import { LIKELY, ORDINARY, SAMPLES, TRANSLATED, VERBATIM } from "./samples.fixture.ts";

const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values);
const read = (text: string) => readLogBytes(Buffer.from(text));

describe("each sample of the other product's log", () => {
  for (const sample of SAMPLES) {
    it(`${sample.name}: ${sample.kind}`, async () => {
      const [found, ...more] = await read(joinSample(sample, "<CR><LF> "));
      assert.equal(more.length, 0);
      assert.equal(found?.kind, sample.kind);
      assert.equal(found.count, 1);
      const proved = found.candidates.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause);
      assert.deepEqual(proved, sample.proved);
      if (sample.likeliest) assert.equal(found.candidates[0]?.cause, sample.likeliest);
      for (const { evidence, decidedBy } of found.candidates) {
        assert.ok(evidence.length > 0 && evidence.every(({ where }) => where === "OktaWidget.log:1"));
        assert.ok(decidedBy.length > 5 && decidedBy !== "no look is known");
      }
    });
  }

  it("are all there", () => {
    assert.deepEqual([VERBATIM.length, TRANSLATED.length, LIKELY.length], [13, 10, 21]);
  });
});

describe("a 401", () => {
  const causes = candidatesOf("http-401", 0);

  it("names all six reasons of the vendor's article, and claims none", async () => {
    const [found] = await read(joinSample(VERBATIM[0] as Sample, "<CR><LF> "));
    for (const cause of [
      "user.password",
      "client.unknown",
      "client.secret-wrong",
      "url.trailing-slash",
      "host.remote-off",
      "host.not-rdp-user",
      "app.not-assigned",
      "user.ambiguous",
      "clock.host",
    ])
      assert.ok(causes.includes(cause as (typeof causes)[number]), cause);
    assert.ok(found?.candidates.every(({ verdict }) => verdict === "candidate"));
    assert.deepEqual(
      found?.candidates.map(({ cause }) => cause),
      causes,
    );
  });

  it("in German is a 401", async () => {
    const verdicts = [VERBATIM[0], TRANSLATED[0]].map(async (sample) => verdictOf(await read(joinSample(sample as Sample, "<CR><LF>   "))));
    const [english, german] = await Promise.all(verdicts);
    assert.deepEqual(german, english);
  });

  it("that hits three people speaks for the machine: the machine's causes come first", async () => {
    const line = (user: string) =>
      `2026-05-06 10:00:00 logon of username = CORP\\${user}\n2026-05-06 10:00:01 ${joinSample(VERBATIM[0] as Sample, "<CR><LF> ")}\n`;
    const two = (await read(["ann", "bob"].map(line).join("")))[0];
    const three = (await read(["ann", "bob", "cem"].map(line).join("")))[0];
    assert.deepEqual(two?.users, ["CORP\\ann", "CORP\\bob"]);
    assert.equal(two.candidates[0]?.cause, "user.password");
    assert.deepEqual(three?.users, ["CORP\\ann", "CORP\\bob", "CORP\\cem"]);
    assert.ok(
      ["url.trailing-slash", "client.secret-wrong", "clock.host"].every((id) =>
        three.candidates.slice(0, 9).some(({ cause }) => cause === id),
      ),
    );
    assert.equal(new Set(three.candidates.map(({ cause }) => cause)).size, causes.length);
  });

  it("has the times of its first and last line, and its line in the evidence", async () => {
    const [found] = await read(
      `a\nb\n2026-05-06 10:00:00,120 ${joinSample(VERBATIM[0] as Sample, "\n   ")}\nx\n[7] 2026-05-07T11:00:00Z ${joinSample(VERBATIM[0] as Sample, "\n   ")}\n`,
    );
    assert.deepEqual([found?.count, found?.first, found?.last], [2, "2026-05-06T10:00:00.120", "2026-05-07T11:00:00Z"]);
    assert.equal(found?.candidates[0]?.evidence[0]?.where, "OktaWidget.log:3");
  });
});

describe("the form of a log", () => {
  const item = fc.oneof({ weight: 3, arbitrary: oneOf(SAMPLES) }, { weight: 2, arbitrary: oneOf(ORDINARY) });
  const form = fc.record({
    items: fc.array(item, { minLength: 1, maxLength: 12 }),
    separator: oneOf(SEPARATORS),
    prefix: oneOf(PREFIXES),
    lineEnd: oneOf(LINE_ENDS),
    encoding: oneOf(ENCODINGS),
    chunk: fc.integer({ min: 1, max: 5000 }),
  });
  const write = (items: (Sample | string)[], how: { separator: string; prefix: string; lineEnd: string; encoding: Encoding }) =>
    encode(
      items.map((one) => `${how.prefix}${typeof one === "string" ? one : joinSample(one, how.separator)}${how.lineEnd}`).join(""),
      how.encoding,
    );
  const PLAIN = { separator: "<CR><LF>   ", prefix: "2026-05-06 10:00:00 ", lineEnd: "\n", encoding: "utf-8" as const };

  it("does not change the verdict: separators, prefixes, line ends, encodings, chunks", async () => {
    let cases = 0;
    await fc.assert(
      fc.asyncProperty(form, async ({ items, chunk, ...how }) => {
        cases += 1;
        const plain = verdictOf(await readLogBytes(write(items, PLAIN)));
        assert.deepEqual(verdictOf(await readLogBytes(write(items, how), chunk)), plain);
        assert.equal(
          plain.reduce((sum, line) => sum + Number(line.split(" ")[0]), 0),
          items.filter((one) => typeof one !== "string").length,
        );
      }),
      { numRuns: 400 },
    );
    console.log(`forms of a log with the same verdict: ${cases} of ${cases}`);
  });

  it("does not change the verdict: every separator × prefix × encoding × line end, for all samples at once", async () => {
    const expected = verdictOf(await readLogBytes(write([...SAMPLES], PLAIN)));
    let cells = 0;
    for (const separator of SEPARATORS)
      for (const prefix of PREFIXES)
        for (const encoding of ENCODINGS)
          for (const lineEnd of LINE_ENDS) {
            cells += 1;
            const got = verdictOf(await readLogBytes(write([...SAMPLES], { separator, prefix, encoding, lineEnd })));
            assert.deepEqual(got, expected, JSON.stringify({ separator, prefix, encoding, lineEnd }));
          }
    console.log(`separator × prefix × encoding × line end: ${cells} cells, ${SAMPLES.length} samples each`);
  });

  it("does not change the verdict where the stack has no separator at all, as the older generation writes it", async () => {
    const items = SAMPLES.filter(({ parts }) => !parts.some((part) => /^-|>$/.test(part)));
    const expected = verdictOf(await readLogBytes(write(items, PLAIN)));
    const glued = items.map(({ parts: [message = "", ...stack], ...rest }) => ({
      ...rest,
      parts: [message + (stack.length > 0 ? ` ${stack.join("")}` : "")],
    }));
    assert.deepEqual(verdictOf(await readLogBytes(write(glued, PLAIN))), expected);
  });

  it("with its line ends written out, as one line of gigabytes, is read just so", async () => {
    const expected = verdictOf(await readLogBytes(write([...SAMPLES], PLAIN)));
    const one = SAMPLES.map((sample) => `[2026-05-06 10:00:00] ${joinSample(sample, "\\r\\n   ")}\\r\\n`).join("");
    assert.deepEqual(verdictOf(await read(one)), expected);
  });

  it("with a time before every single line of a stack is read just so", async () => {
    const time = "2026-05-06 10:00:00,123 [5] ERROR ";
    const expected = verdictOf(await readLogBytes(write([...SAMPLES], PLAIN)));
    assert.deepEqual(
      verdictOf(await read(SAMPLES.map((sample) => `${time}${joinSample(sample, `\r\n${time}   `)}\r\n`).join(""))),
      expected,
    );
  });

  it("with only ordinary lines and those of other products has no incident", async () => {
    for (const encoding of ENCODINGS) assert.deepEqual(await readLogBytes(encode(ORDINARY.join("\r\n"), encoding)), []);
  });

  it("leaves another program's exceptions alone", async () => {
    const text =
      "2026-05-06 exception System.Net.WebException: The remote server returned an error: (401) Unauthorized.\r\n   at System.Net.HttpWebRequest.GetResponse()\r\n   at Billing.Invoices.Send(String to)\r\n";
    assert.deepEqual(await read(text), []);
  });
});

describe("a log that is cut", () => {
  const whole = joinSample(VERBATIM[0] as Sample, "\r\n   ");

  it("in its head still shows the number in brackets and the stack", async () => {
    const text = whole.slice(whole.indexOf("an error: (401)"));
    assert.deepEqual(
      (await read(text)).map(({ kind, count }) => [kind, count]),
      [["http-401", 1]],
    );
  });

  it("before the number claims nothing about it", async () => {
    for (let end = whole.indexOf("System.Net.WebException") + 23; end < whole.indexOf("(401)") + 5; end++) {
      const kinds = (await read(whole.slice(0, end))).map(({ kind, candidates }) => [kind, candidates.length]);
      assert.deepEqual(kinds, [["cut-off", 0]], whole.slice(0, end));
    }
  });

  it("at any place behind the number is a 401 and nothing else, once", async () => {
    for (let end = whole.indexOf("(401)") + 5; end <= whole.length; end++)
      assert.deepEqual(
        (await read(whole.slice(0, end))).map(({ kind, count }) => [kind, count]),
        [["http-401", 1]],
        whole.slice(0, end),
      );
  });

  it("at any place of its head is no other status", async () => {
    for (let start = 0; start < whole.length; start++) {
      const found = await read(whole.slice(start));
      assert.ok(found.length <= 1);
      for (const { kind, candidates } of found)
        assert.ok(kind === "http-401" || (kind === "cut-off" && candidates.length === 0), whole.slice(start));
    }
  });

  it("between two bytes of UTF-16 is read all the same", async () => {
    for (const encoding of ["utf-16le", "utf-16be"] as const) {
      const bytes = encode(`some line before\r\n${whole}\r\n`, encoding).subarray(1);
      assert.deepEqual(
        (await readLogBytes(bytes)).map(({ kind, count }) => [kind, count]),
        [["http-401", 1]],
        encoding,
      );
    }
  });
});

describe("S30: a log that means harm", () => {
  const text = SAMPLES.map((sample) => joinSample(sample, "<CR><LF> ")).join("\n");

  it("mutated and cut at random never makes the reader fall over, and what it says keeps its shape", async () => {
    const bytes = Buffer.from(text);
    const change = fc.record({ at: fc.nat(bytes.length - 1), put: fc.uint8Array({ maxLength: 6 }), drop: fc.nat(40) });
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 12 }),
        fc.nat(bytes.length),
        fc.integer({ min: 1, max: 4096 }),
        async (changes, end, chunk) => {
          let log: Buffer = bytes;
          for (const { at, put, drop } of changes) log = Buffer.concat([log.subarray(0, at), put, log.subarray(at + drop)]);
          for (const found of await readLogBytes(log.subarray(0, end), chunk)) incident.parse(found);
          runs += 1;
        },
      ),
      { numRuns: 700 },
    );
    console.log(`mutated and cut logs read without a fall: ${runs}`);
  });

  it("of random bytes is no incident and no fall", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 20_000 }), fc.integer({ min: 1, max: 9000 }), async (bytes, chunk) => {
        await readLogBytes(bytes, chunk);
      }),
      { numRuns: 300 },
    );
  });

  it("that only speaks of exceptions, without an end of its line, is passed over once", async () => {
    const started = process.cpuUsage();
    assert.deepEqual(await readLogBytes(Buffer.from("Exception handling, ".repeat(500_000)), 1 << 20), []);
    const { user, system } = process.cpuUsage(started);
    assert.ok(user + system < 5e6, `${(user + system) / 1e6} s for 10 MB`);
  });

  it("whose lines are made to be looked at again and again is read in one go", async () => {
    const lines = ["(", "OktaWidget.", "OktaWidget.a.", "System.", " at ", "a.", "Exception", "HS256 ", "\\nA", " 401 ("].map(
      (part) => `System.Net.WebException: ${part.repeat(60_000 / part.length)}`,
    );
    for (const line of lines) {
      const started = process.cpuUsage();
      await readLogBytes(Buffer.from(`${line}\n${line}`), 1 << 20);
      const { user, system } = process.cpuUsage(started);
      assert.ok(user + system < 0.5e6, `${(user + system) / 1e6} s for 120 kB of ${line.slice(0, 60)}`);
    }
  });

  it("without a line end, with ever new types and people, stays in bounded memory and bounded lists", async () => {
    const before = process.memoryUsage().rss;
    const { logReader } = await import("./read-log.ts");
    const { Tally } = await import("./tally.ts");
    const tally = new Tally();
    async function* endless() {
      for (let block = 0; block < 64; block++) {
        const parts = Array.from(
          { length: 5000 },
          (_, i) => `user: u${block}x${i} Some.Name.T${block}x${i}Exception: (401) ${"a.b".repeat(60)} `,
        );
        yield Buffer.from(parts.join(""));
      }
    }
    await logReader(tally).read("x.log", endless());
    const incidents = tally.incidents();
    assert.ok(incidents.length <= 65 && incidents.every(({ users }) => users.length <= 200));
    assert.ok(process.memoryUsage().rss - before < 200e6, `${(process.memoryUsage().rss - before) / 1e6} MB more`);
  });
});
