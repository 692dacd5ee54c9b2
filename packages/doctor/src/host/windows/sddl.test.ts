/** Who may use a thing by its access list: what is not understood lets somebody in rather than nobody. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { othersIn, readSddl } from "./sddl.ts";

const others = (sddl: string, mayRead = false) => othersIn(readSddl(sddl), mayRead);

test("denied entries let nobody in; those for what is made inside do not count here; reading is allowed where that is said", () => {
  assert.deepEqual(others("O:SYG:SYD:P(D;;FA;;;WD)(A;;FA;;;SY)"), []);
  assert.deepEqual(others("O:SYG:SYD:P(A;OICIIO;GA;;;BU)(A;;FA;;;SY)"), []);
  assert.deepEqual(others("O:SYG:SYD:P(A;;FR;;;AU)(A;;FX;;;AU)"), ["AU"]);
  assert.deepEqual(others("O:SYG:SYD:AI(A;;0x1200a9;;;BU)", true), []);
  for (const right of ["FA", "FW", "GA", "GW", "WD", "WO", "SD", "0x1301bf", "FRSD"])
    assert.deepEqual(others(`O:SYG:SYD:(A;;${right};;;BU)`, true), ["BU"], right);
});

test("no list, one without entries, and one with conditions", () => {
  assert.deepEqual(others("O:SYG:SY"), ["WD"]);
  assert.deepEqual(others("O:SYG:SYD:NO_ACCESS_CONTROL"), ["WD"]);
  assert.deepEqual(others("O:SYG:SYD:P"), [], "an empty list lets nobody in");
  assert.deepEqual(others('O:SYG:SYD:(XA;;FX;;;SY;(WIN://SYSAPPID Exists "x"))'), ["WD"]);
  assert.deepEqual(others("O:SYG:SYD:P(A;;FA;;;SY)S:(AU;SAFA;FA;;;WD)"), [], "an audit lets nobody in");
});

test("S30: whatever stands in an entry, its trustee is not lost", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 12 }), (junk) => {
      readSddl(junk);
      const rights = junk.replace(/[();]/g, "");
      if (rights !== "" && !/^0x0+$/i.test(rights)) assert.deepEqual(others(`O:SYD:P(A;;${rights};;;AU)`), ["AU"]);
    }),
  );
});
