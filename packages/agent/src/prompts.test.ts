/** What a terminal writes of a show: its title, its text, then each label; no line of them twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { breakGlassShow, offerOfflineShow, offlineShow, passwordShow } from "./prompts.ts";

test("no show says the same line twice: not Password above Password", () => {
  const glass = { host: "hst_1", name: "srv01", account: "alice", challenge: "K7QF-3M2P-0000-ABCD" };
  for (const show of [
    passwordShow(undefined),
    passwordShow("Again."),
    offlineShow([], undefined),
    offerOfflineShow(),
    breakGlassShow(glass, undefined),
  ]) {
    const lines = [show.title, ...(show.text?.split("\n") ?? []), ...(show.fields ?? []).map(({ label }) => label)];
    const said = lines.flatMap((line) => (line === undefined ? [] : [line.toLowerCase()]));
    assert.deepEqual(said, [...new Set(said)]);
    assert.ok((show.fields ?? []).every(({ label }) => label !== ""));
  }
});
