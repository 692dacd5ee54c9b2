/** What the one field for codes lets through: digits as enrolled, and long codes; and what it says of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { AgentFrame } from "@sallyport/contracts";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { type Rig, rig } from "../doubles/rig.ts";
import { error } from "../doubles/scripted-server.ts";

const LONG = "K7QF-3M2P-0000-ABCD-WXYZ";

const verified = ({ org }: Rig) => org.calls.filter((call) => call.path.endsWith("/verify"));
const result = (frame: AgentFrame | undefined) => (frame && "end" in frame ? frame.end.result : undefined);
const fieldsOf = (shows: AgentFrame[]) => shows.map((one) => ("show" in one ? one.show.fields?.[0] : undefined));

describe("the field for codes", () => {
  test("S16: speaks of recovery codes only to whom has some, and never of a bypass code", async (t) => {
    const one = await rig(t);
    const label = async (...kinds: ("totp" | "recovery")[]) => {
      one.org.kinds = kinds;
      const { shows } = await one.provider().hello().begin().talk();
      return fieldsOf(shows)[0];
    };
    const field = { id: "code", kind: "code" };
    assert.deepEqual(await label("totp"), { ...field, label: "Code from your app", digits: 6 });
    assert.deepEqual(await label("totp", "recovery"), { ...field, label: "Code from your app, or a recovery code", digits: 6 });
    assert.deepEqual(await label("recovery"), { ...field, label: "Recovery code" });
  });

  test("S16: takes a long code with or without a recovery set, in either case, and hands it to the factor of the app", async (t) => {
    const one = await rig(t);
    for (const kinds of [["totp"], ["totp", "recovery"]] as const) {
      one.org.kinds = [...kinds];
      for (const typed of [LONG, LONG.toLowerCase(), LONG.replaceAll("-", ""), LONG.replaceAll("-", " ")]) {
        one.org.rightCode = "none";
        await one.provider().hello().begin().talk(typed, typed, typed);
      }
    }
    const sent = verified(one);
    assert.equal(sent.length, 24);
    assert.deepEqual([...new Set(sent.map(({ path }) => path))], ["/api/v1/authn/factors/f1/verify"]);
  });

  test("knows how many digits the person's app shows", async (t) => {
    const one = await rig(t);
    one.org.rightCode = "12345678";
    const { end, shows } = await one.provider().hello().begin().talk(RIGHT_CODE, "12345678");
    assert.equal(result(end), "allow");
    assert.deepEqual(
      fieldsOf(shows).map((field) => field?.digits),
      [8, 8],
    );
    assert.equal(verified(one).length, 1, "six digits of eight do not leave the machine");
  });

  test("what is no code of either shape never leaves the machine", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "recovery"];
    const { end } = await one.provider().hello().begin().talk(LONG.slice(0, -1), `${LONG}0`, "correct horse battery");
    assert.equal(result(end), "deny");
    assert.equal(verified(one).length, 0);
  });

  test("a provider that cannot ask hands over digits only", async (t) => {
    const one = await rig(t);
    await one.provider().hello({ conversation: false, serial: true }).begin({ service: "xrdp" }).talk(LONG);
    assert.equal(verified(one).length, 0);
    assert.equal(one.attempts().at(-1)?.["cause"], "factor.code-malformed");
  });

  test("S5: wrong, used and ended long codes read alike, and the org hears of a wrong code when the person gives up", async (t) => {
    const one = await rig(t);
    const texts = new Set<unknown>();
    for (const cause of ["factor.recovery-wrong", "factor.code-used", "factor.bypass-used", "factor.bypass-expired", "factor.code-wrong"]) {
      one.org.scripts["/api/v1/authn/factors/:id/verify"] = () => error(403, "E0000068", cause, { ended: false });
      const { shows, end } = await one.provider().hello().begin().talk(LONG, LONG, LONG);
      texts.add("show" in (shows[1] as object) && (shows[1] as { show: { text: string } }).show.text);
      assert.ok(end && "end" in end && end.end.result === "deny");
      texts.add(end.end.text.replace(/[0-9A-Z]{4}-[0-9A-Z]{4}/, ""));
    }
    assert.equal(texts.size, 2);
    while (one.org.calls.filter(({ path }) => path.endsWith("/cancel")).length < 5) await new Promise((done) => setTimeout(done, 10));
    const causes = one.org.calls.filter(({ path }) => path.endsWith("/cancel")).map(({ body }) => body["cause"]);
    assert.deepEqual(new Set(causes), new Set(["factor.code-wrong"]));
  });
});
