/** Two faults at once: both are found, or the one that hides the other is named alone, and nothing else with it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Diagnosis } from "@sallyport/contracts";
import { FAULTS, type Fault } from "./faults.fixture.ts";
import { confirmed, look } from "./world.fixture.ts";

type Name = keyof typeof FAULTS;
const dependsOn = ({ findings }: Diagnosis, cause: string) => findings.find((one) => one.cause === cause)?.dependsOn;

/** What is confirmed, root first. */
const PAIRS: readonly [Name, Name, string[]][] = [
  // Both are seen.
  ["slash", "name", ["net.dns", "url.trailing-slash"]],
  ["slash", "closed", ["net.refused", "url.trailing-slash"]],
  ["slash", "expired", ["tls.expired", "url.trailing-slash"]],
  ["slash", "stranger", ["url.wrong-org", "url.trailing-slash"]],
  ["slash", "proxyAuth", ["net.proxy-auth", "url.trailing-slash"]],
  ["expired", "otherName", ["tls.expired", "tls.name"]],
  ["expired", "noMiddle", ["tls.untrusted", "tls.expired"]],
  ["expired", "selfSigned", ["tls.untrusted", "tls.expired"]],
  ["notYet", "otherName", ["tls.not-yet", "tls.name"]],
  ["selfSigned", "otherName", ["tls.untrusted", "tls.name"]],
  ["noMiddle", "otherName", ["tls.untrusted", "tls.name"]],
  ["fastClock", "otherName", ["clock.host", "tls.name"]],
  ["fastClock", "noMiddle", ["clock.host", "tls.untrusted"]],
  ["fastClock", "inspects", ["clock.host", "tls.inspected", "tls.untrusted"]],
  ["orgClock", "otherName", ["clock.org", "tls.name"]],
  ["orgClock", "noMiddle", ["clock.org", "tls.untrusted"]],
  ["gateway", "expired", ["tls.expired", "http.server-error"]],
  ["gateway", "otherName", ["tls.name", "http.server-error"]],
  ["database", "noMiddle", ["tls.untrusted", "org.database"]],
  ["rate", "otherName", ["tls.name", "http.rate-limited"]],
  ["block", "expired", ["net.captive", "tls.expired"]],
  ["stranger", "expired", ["url.wrong-org", "tls.expired"]],
  ["inspects", "stranger", ["url.wrong-org"]],
  // One hides the other.
  ["path", "otherName", ["url.malformed"]],
  ["name", "proxyAuth", ["net.proxy-auth"]],
  ["closed", "proxyBlock", ["net.proxy-block"]],
  ["proxyAuth", "expired", ["net.proxy-auth"]],
  ["proxyBlock", "oldTls", ["net.proxy-block"]],
  ["oldTls", "expired", ["tls.version"]],
  ["oldTls", "captive", ["tls.version"]],
  ["captive", "stranger", ["net.captive"]],
  ["captive", "expired", ["net.captive"]],
  ["captive", "inspects", ["net.captive"]],
  ["closed", "fastClock", ["net.refused"]],
  ["gateway", "stranger", ["http.server-error"]],
];

describe("two faults at once", () => {
  for (const [one, other, wanted] of PAIRS) {
    it(`${FAULTS[one].name}, and ${FAULTS[other].name}: ${wanted.join(", ")}`, async (t) => {
      const found = await look(t, async (world) => {
        await (FAULTS[one] as Fault).bring(world, t);
        await (FAULTS[other] as Fault).bring(world, t);
      });
      assert.deepEqual(confirmed(found), wanted);
    });
  }

  it("a clock that makes a good certificate look out of date: the clock, and the certificate is ruled out", async (t) => {
    const found = await look(t, (world) => Object.assign(world, { hostMs: 400 * 86_400_000 }));
    assert.deepEqual(confirmed(found), ["clock.host"]);
    assert.match(JSON.stringify(found.findings), /"tls\.expired","verdict":"ruled-out".*only this machine's clock finds it out of date/);
  });

  it("a clock that makes an old certificate look good: both", async (t) => {
    const found = await look(t, (world) => {
      FAULTS.expired.bring(world);
      world.hostMs = -30 * 86_400_000;
    });
    assert.deepEqual(confirmed(found), ["clock.host", "tls.expired"]);
    assert.deepEqual(dependsOn(found, "tls.expired"), undefined, "the right clock does not renew a certificate");
  });

  it("a fault of the org's own certificate does not go away with a page that stands behind it; one of a proxy's goes with the proxy", async (t) => {
    const behind = await look(t, (world) => {
      FAULTS.block.bring(world);
      FAULTS.otherName.bring(world);
    });
    assert.deepEqual([confirmed(behind), dependsOn(behind, "tls.name")], [["net.captive", "tls.name"], undefined]);
    const inspects = await look(t, (world) => FAULTS.inspects.bring(world));
    assert.deepEqual(dependsOn(inspects, "tls.untrusted"), ["tls.inspected"]);
  });

  it("tells at least twenty pairs", () => assert.ok(PAIRS.length >= 20));
});
