/** A time before a line is read whatever its form; where a form has two readings, it is left as written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readStamp } from "./timestamps.ts";

const ROWS: [string, string | undefined, ordered?: boolean][] = [
  ["2026-05-06 10:00:00,123 [5] ERROR ", "2026-05-06T10:00:00.123"],
  ["2026-05-06T10:00:00.123Z ", "2026-05-06T10:00:00.123Z"],
  ["<11>1 2026-05-06T10:00:00+02:00 SRV01 ", "2026-05-06T10:00:00+02:00"],
  ["2026/05/06 10:00:00 +0200 ", "2026-05-06T10:00:00+02:00"],
  ["[24-11-2023 09:26:54] ", "2023-11-24T09:26:54"],
  ["06.05.2026 10:00:00: ", "2026-05-06T10:00:00"],
  ["6/May/2026:10:00:00 ", "2026-05-06T10:00:00"],
  ["06 May 2026 10:00:00 ", "2026-05-06T10:00:00"],
  ["5/16/2026 1:02:03 PM\tError\t", "2026-05-16T13:02:03"],
  ["16/5/2026 12:02:03 AM ", "2026-05-16T00:02:03"],
  ["5/6/2026 10:00:00 AM ", "5/6/2026 10:00:00 AM", false],
  ["first 2026-05-06 10:00:00 then 2026-05-06 10:00:01 ", "2026-05-06T10:00:01"],
  ["2026-13-45 10:00:00 ", undefined],
  ["no time ", undefined],
  ["", undefined],
];

for (const [text, expected, ordered = true] of ROWS) {
  test(`“${text}” is ${expected ?? "no time"}`, () => {
    const stamp = readStamp(text);
    assert.equal(stamp?.text, expected);
    if (expected) assert.equal(stamp?.key !== undefined, ordered);
  });
}

test("any time of any year is read back from four forms, to the second", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true }), (date) => {
      const iso = date.toISOString().slice(0, 19);
      const [day = "", time = ""] = iso.split("T");
      const [year, month, date2] = day.split("-");
      for (const text of [`${iso} x`, `${day} ${time},5 x`, `[${date2}-${month}-${year} ${time}] x`, `${date2}.${month}.${year} ${time} x`])
        assert.equal(readStamp(text)?.text.slice(0, 19), iso, text);
    }),
    { numRuns: 300 },
  );
});

test("S30: any text is read or left, never a fall", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      readStamp(text);
    }),
  );
});
