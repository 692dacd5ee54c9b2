/** Every cause that an incident can name has, for the other product, its own words, its own fix and the look that decides it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CAUSES, type CauseId } from "@sallyport/contracts";
import { tableText } from "../conclude.ts";
import { candidatesOf, KNOWN_KINDS, MANY_USERS } from "./candidates.ts";
import { SAMPLES } from "./samples.fixture.ts";
import { decidedBy, oktaText } from "./texts.ts";

const kinds = [...KNOWN_KINDS, "http-400", "http-500", "exception-X"];

describe("candidates", () => {
  it("have a title and a fix of the other product, and a look that decides them", () => {
    for (const cause of new Set(kinds.flatMap((kind) => candidatesOf(kind, 0)))) {
      assert.notEqual(decidedBy(cause), "no look is known", cause);
      assert.notEqual(oktaText(cause).fix, tableText(cause).fix, cause);
      assert.equal(oktaText(cause).who, CAUSES[cause].who, cause);
    }
  });

  it("are the same set for many people, in another order", () => {
    for (const kind of kinds) assert.deepEqual([...candidatesOf(kind, MANY_USERS)].sort(), [...candidatesOf(kind, 0)].sort(), kind);
  });

  it("cover every cause that the table says the other product shows as 401, 403 or 404", () => {
    for (const [number, kind] of [
      ["401", "http-401"],
      ["403", "http-403"],
      ["404", "http-404"],
    ] as const) {
      for (const { id, okta } of Object.values(CAUSES)) {
        // Sub-states of the account, and what the table itself calls the same thing twice, stand behind their general cause.
        if (
          !okta?.includes(`(${number})`) ||
          /^user\.(?:password-expired|account-disabled|hours|workstation)$|^address\.|^factor\.enrol/.test(id)
        )
          continue;
        assert.ok(candidatesOf(kind, 0).includes(id as CauseId), `${id} is not listed for ${kind}`);
      }
    }
  });

  it("leave no kind of the samples without a row", () => {
    for (const { kind } of SAMPLES) assert.ok(KNOWN_KINDS.includes(kind) || /^(?:http-(?:4|5)\d\d|exception-\w+)$/.test(kind), kind);
  });

  it("are all described in the page for operators", () => {
    const page = readFileSync(new URL("../../../../docs/doctor.md", import.meta.url), "utf8");
    for (const text of ["http-401", "config.risky", "client.secret-mangled", "notLookedAt", "decided by"])
      assert.ok(page.includes(text), text);
  });
});
