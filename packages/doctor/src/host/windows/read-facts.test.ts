/** The file of facts is read strictly, in every encoding that Windows writes, and refused with the place of what is wrong. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { exitCodeOf } from "../../conclude.ts";
import { diagnoseWindowsFacts } from "./diagnose-windows.ts";
import { HEALTHY } from "./machine.fixture.ts";
import { readWindowsFacts } from "./read-facts.ts";

describe("the file of facts", () => {
  const text = JSON.stringify(HEALTHY, null, 2);
  it("is read in UTF-8 and UTF-16, with and without a byte order mark", () => {
    const swapped = Buffer.from(`\ufeff${text}`, "utf16le").swap16();
    for (const bytes of [Buffer.from(text), Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, "utf16le"), swapped])
      assert.deepEqual(readWindowsFacts(bytes), { ok: true, facts: HEALTHY });
    assert.deepEqual(readWindowsFacts(`\ufeff${text}`), { ok: true, facts: HEALTHY });
  });

  it("is refused with the place of what is wrong", async () => {
    const says = async (wrong: string) => (await diagnoseWindowsFacts(wrong, { file: "srv01.json" })).notLookedAt.map(({ why }) => why);
    assert.deepEqual(await says(text.replace('"version": 1', '"version": 2')), ["srv01.json:2:3: version: Invalid input: expected 1"]);
    assert.match((await says(text.replace('"fDenyTSConnections"', '"fDenyTsConnection"')))[0] ?? "", /:\d+:\d+: terminalServer/);
    assert.match((await says(text.replace('"providers"', '"provider"')))[0] ?? "", /did you mean “providers”/);
    assert.match((await says(text.slice(0, 300)))[0] ?? "", /^srv01\.json:\d+:\d+: /);
    assert.match((await says(text.replace('"listeners"', '"providers"')))[0] ?? "", /providers/);
    assert.equal(exitCodeOf(await diagnoseWindowsFacts("")), 2);
  });

  it("S30: cut and changed never makes the reader fall over", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), fc.string({ maxLength: 6 }), fc.nat(200), async (at, put, cut) => {
        await diagnoseWindowsFacts(text.slice(0, at) + put + text.slice(at + cut), {});
      }),
      { numRuns: 300 },
    );
  });
});
