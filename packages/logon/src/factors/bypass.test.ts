/** Where a bypass code counts: at its app, in its time, once, and under a rule that takes one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bypassStatus, judgeBypass, takesBypass } from "./bypass.ts";

const open = { appId: "app_1", expires: 100, usedAt: null, revokedAt: null };
const here = { appId: "app_1", allowed: true, now: 99 };

test("S11: a right code counts at its app, up to its time, until it is used or withdrawn", () => {
  assert.deepEqual(judgeBypass(open, "right", here), { kind: "match" });
  assert.deepEqual(judgeBypass(open, "right", { ...here, now: 100 }), { kind: "ended", at: 100 });
  assert.deepEqual(judgeBypass({ ...open, usedAt: 5 }, "right", here), { kind: "used", usedAt: 5 });
  assert.deepEqual(judgeBypass({ ...open, revokedAt: 6 }, "right", here), { kind: "ended", at: 6 });
});

test("S11: never for console or API, for another app, or where the rule takes none", () => {
  for (const place of [
    { ...here, appId: null },
    { ...here, appId: "app_2" },
    { ...here, allowed: false },
  ])
    assert.deepEqual(judgeBypass(open, "right", place), { kind: "elsewhere" });
  assert.deepEqual([takesBypass(undefined), takesBypass(["totp"]), takesBypass(["totp", "bypass"])], [true, false, true]);
});

test("S16: whatever stands of a code, a wrong secret is only wrong", () => {
  for (const stored of [undefined, open, { ...open, usedAt: 5 }, { ...open, revokedAt: 6 }, { ...open, appId: "app_2" }])
    assert.deepEqual(judgeBypass(stored, "wrong", here), { kind: "wrong" });
});

test("an open code is listed as open; used outranks withdrawn, and withdrawn outranks its time", () => {
  assert.equal(bypassStatus(open, 99), "OPEN");
  assert.equal(bypassStatus(open, 100), "EXPIRED");
  assert.equal(bypassStatus({ ...open, revokedAt: 6 }, 200), "REVOKED");
  assert.equal(bypassStatus({ ...open, usedAt: 5, revokedAt: 6 }, 200), "USED");
});
