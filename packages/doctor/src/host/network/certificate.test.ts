/** What a host can tell of a certificate depends on what it pinned: what nothing decides is not claimed. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { issue } from "../../../../agent/doubles/certificates.ts";
import { FAULTS } from "./faults.fixture.ts";
import { confirmed, inspection, look, middle, possible, root, said, type World } from "./world.fixture.ts";

const PIN_ONLY = { pin: Buffer.from(root.pin).toString("hex"), anchor: undefined };

describe("a host that is not enrolled", () => {
  const bare = { pin: undefined, time: undefined, issuers: [] };

  it("is healthy where all is well; whose org it is, and whether somebody reads along, is not known", async (t) => {
    const found = await look(t, (world) => Object.assign(world, { trust: bare }));
    assert.equal(found.healthy, true);
    assert.deepEqual(found.findings.flatMap(({ cause, verdict }) => (verdict === "unknown" ? [cause] : [])).sort(), [
      "tls.inspected",
      "url.wrong-org",
    ]);
  });

  for (const name of ["expired", "otherName", "fastClock", "block", "foreign", "gateway"] as const) {
    it(`names ${FAULTS[name].name} as an enrolled one does`, async (t) => {
      const found = await look(t, (world) => Object.assign(FAULTS[name].bring(world), { trust: bare }));
      assert.deepEqual(confirmed(found), FAULTS[name].causes);
    });
  }

  it("is not told the time by an answer to another question", async (t) => {
    const script: World["script"] = async (call, normal) => {
      call.body["nonce"] = "A".repeat(22);
      return normal();
    };
    const found = await look(t, (world) => Object.assign(world, { script, trust: bare }));
    assert.deepEqual(confirmed(found), ["url.wrong-org"]);
    assert.match(said(found, "url.wrong-org"), /for another question/);
  });

  it("does not believe the time of a server that nobody vouches for", async (t) => {
    const found = await look(t, (world) => Object.assign(world, { trust: { ...bare, anchor: undefined }, hostMs: 3_600_000 }));
    assert.deepEqual([confirmed(found), possible(found)], [["tls.untrusted"], ["clock.host"]]);
  });
});

describe("what is missing of a chain", () => {
  const cases: [string, Partial<Omit<World, "leaf">> & { leaf?: object }, RegExp][] = [
    ["everything", { leaf: { issuer: undefined }, sent: [] }, /self-signed/],
    [
      "the root, which is sent",
      { sent: [middle, root], trust: PIN_ONLY },
      /missing root: the server sends the root Org Root, and this host does not trust it/,
    ],
    [
      "the root, which is not sent",
      { trust: { pin: undefined, anchor: undefined, issuers: [] } },
      /missing root: the server sends 2 certificates; Org Root above them is not trusted here/,
    ],
    [
      "the link, by what was seen at enrolment",
      { sent: [] },
      /missing intermediate: the server sends its own certificate alone, and Org CA, which led to the root/,
    ],
    [
      "the link or the root, which nothing decides",
      { sent: [], trust: { pin: undefined, issuers: [] } },
      /missing intermediate or root: .*Org CA, which issued it, is neither sent nor trusted/,
    ],
    ["the link, where another one is sent", { sent: [inspection] }, /missing intermediate/],
  ];
  for (const [what, change, tells] of cases) {
    it(what, async (t) => {
      const found = await look(t, (world) => Object.assign(world, change));
      assert.deepEqual(confirmed(found), ["tls.untrusted"]);
      assert.match(said(found, "tls.untrusted"), tells);
    });
  }
});

describe("a pin", () => {
  const key = issue({ subject: "org" }).key;
  const own = { pin: Buffer.from(issue({ subject: "org", key }).pin).toString("hex"), anchor: undefined, issuers: [] };

  it("of the server's own key holds, whoever signed the certificate", async (t) => {
    for (const issuer of [undefined, inspection])
      assert.equal((await look(t, (world) => Object.assign(world, { leaf: { key, issuer }, sent: [], trust: own }))).healthy, true);
  });

  it("of an intermediate authority holds, although nobody here knows its root", async (t) => {
    const kept = { pin: Buffer.from(middle.pin).toString("hex"), anchor: middle.pem, issuers: ["CN=Org CA"] };
    assert.equal((await look(t, (world) => Object.assign(world, { trust: kept }))).healthy, true);
  });

  it("that is not in the chain: somebody reads along, although this machine trusts the issuer", async (t) => {
    const found = await look(t, (world) => Object.assign(world, { proxy: "inspects", trust: { anchor: inspection.pem } }));
    assert.deepEqual(confirmed(found), ["tls.inspected"]);
    assert.match(said(found, "url.wrong-org"), /its signed time holds/);
  });

  it("is not in a chain of names alone: a certificate that only calls itself the org's authority", async (t) => {
    const forged = issue({ subject: "Org Root", ca: true });
    const found = await look(t, (world) => Object.assign(world, { leaf: { issuer: forged }, sent: [root] }));
    assert.deepEqual(confirmed(found), ["tls.untrusted"]);
  });
});
