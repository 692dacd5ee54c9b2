/** The way to the remote desktop port: service, listener, firewall. Rules are read as the registry holds them. Not seen on Windows. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Known, WindowsFacts } from "./facts.ts";
import { readRule } from "./firewall-rules.ts";
import { diagnosed, evidence, faults, missed, told } from "./judge.fixture.ts";
import { but, HEALTHY, NO_POLICY, USER_MODE_IN_TCP } from "./machine.fixture.ts";

type Firewall = Known<"firewall">;
const firewall = (change: (was: Firewall) => Partial<Firewall>): WindowsFacts => but("firewall", (was) => ({ ...was, ...change(was) }));
const rule = (text: string, store: "local" | "policy" | "mdm" = "local", id = "r") => ({ store, id, rule: text });
const withRules = (...texts: string[]) => firewall(() => ({ rules: texts.map((text) => rule(text)) }));
const IN_3389 = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=3389|";
const BLOCK = IN_3389.replace("Allow", "Block");
const CLOSED = ["host.rdp-closed confirmed"];

describe("the remote desktop port", () => {
  it("is closed where the service does not run, the listener is off, or nothing listens for others", async () => {
    assert.deepEqual(await told(but("services", (was) => ({ ...was, TermService: { state: 1, start: 4 } }))), CLOSED);
    assert.deepEqual(await told(but("services", (was) => ({ ...was, TermService: null }))), CLOSED);
    assert.deepEqual(await told(but("terminalServer", (was) => ({ ...was, fEnableWinStation: 0 }))), CLOSED);
    assert.deepEqual(await told(but("listeners", () => [])), CLOSED);
    assert.deepEqual(await told(but("listeners", () => [{ address: "127.0.0.1", port: 3389 }])), CLOSED);
    assert.deepEqual(await told(but("listeners", () => [{ address: "10.0.0.5", port: 3389 }])), []);
  });

  it("may be another one, which needs a rule of its own", async () => {
    const moved = {
      ...but("terminalServer", (was) => ({ ...was, PortNumber: 3390 })),
      listeners: [{ address: "0.0.0.0", port: 3390 }],
    };
    assert.deepEqual(await told(moved), CLOSED);
    assert.match((await evidence(moved, "host.rdp-closed"))[0] ?? "", /no rule that is on lets TCP 3390 in/);
    const opened = { ...moved, firewall: { ...HEALTHY.firewall, rules: [rule(IN_3389.replace("3389", "3380-3395"))] } };
    assert.deepEqual(await told(opened), []);
  });
});

describe("the firewall", () => {
  it("lets in by a rule that is on, by no rule where it is off or open, and by none where exceptions are forbidden", async () => {
    const domain = (values: object) =>
      firewall(({ local }) => ({ rules: [], local: { ...local, domain: { ...local.domain, ...values } } }));
    assert.deepEqual(await told(domain({})), CLOSED);
    assert.deepEqual(await told(domain({ EnableFirewall: 0 })), []);
    assert.deepEqual(await told(domain({ DefaultInboundAction: 0 })), []);
    const forbidden = firewall(({ local }) => ({ local: { ...local, domain: { ...local.domain, DoNotAllowExceptions: 1 } } }));
    assert.deepEqual(await told(forbidden), CLOSED);
  });

  it("names the rule of the group that is off, whatever Windows' language, and the one for other networks", async () => {
    const off = withRules(USER_MODE_IN_TCP.replace("TRUE", "FALSE"));
    assert.deepEqual(await told(off), CLOSED);
    assert.match((await evidence(off, "host.rdp-closed")).join("\n"), /FirewallRules\\r = Active = FALSE/);
    const elsewhere = withRules(USER_MODE_IN_TCP.replace("Protocol=6", "Protocol=6|Profile=Private"));
    assert.deepEqual(await told(elsewhere), CLOSED);
    assert.match((await evidence(elsewhere, "host.rdp-closed")).join("\n"), /rule r is for other networks/);
    const both = "v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|Profile=Domain|Profile=Private|LPort=3389|";
    assert.deepEqual(await told(withRules(both)), []);
  });

  it("follows the group policy before the machine's own settings and rules", async () => {
    const policy = (values: object) => ({ ...HEALTHY.firewall.policy, domain: { ...NO_POLICY, ...values } });
    assert.deepEqual(await told(firewall(() => ({ policy: policy({ AllowLocalPolicyMerge: 0 }) }))), CLOSED);
    const pushed = firewall(() => ({ policy: policy({ AllowLocalPolicyMerge: 0 }), rules: [rule(IN_3389, "policy")] }));
    assert.deepEqual(await told(pushed), []);
    assert.deepEqual(await told(firewall(() => ({ rules: [], policy: policy({ EnableFirewall: 0 }) }))), []);
    const managed = (text: string) => firewall(() => ({ policy: policy({ AllowLocalPolicyMerge: 0 }), rules: [rule(text, "mdm")] }));
    assert.deepEqual(await told(managed(IN_3389)), []);
    assert.deepEqual(await told(managed(IN_3389.replace("3389", "443"))), []);
    assert.match((await missed(managed(IN_3389.replace("3389", "443")))).join(), /MDM has settings of its own/);
  });

  it("blocks by one rule that blocks, whatever others let in", async () => {
    assert.deepEqual(await told(withRules(USER_MODE_IN_TCP, BLOCK)), CLOSED);
    assert.deepEqual(await told(withRules(USER_MODE_IN_TCP, BLOCK.replace("TRUE", "FALSE"))), []);
    assert.deepEqual(await told(withRules(USER_MODE_IN_TCP, BLOCK.replace("3389", "443"))), []);
    assert.deepEqual(await told(withRules(USER_MODE_IN_TCP, BLOCK.replace("Protocol=6", "Protocol=17"))), []);
    assert.deepEqual(await told(withRules(USER_MODE_IN_TCP, `${BLOCK}App=C:\\game.exe|`)), []);
  });

  it("that lets some callers in is neither open nor closed, and says for whom", async () => {
    for (const facts of [withRules(`${IN_3389}RA4=LocalSubnet|`), withRules(USER_MODE_IN_TCP, `${BLOCK}RA4=10.0.0.0/255.0.0.0|`)]) {
      const diagnosis = await diagnosed(facts);
      assert.deepEqual(faults(diagnosis), []);
      assert.ok(!diagnosis.findings.some(({ cause }) => cause === "host.rdp-closed"));
      assert.match((await missed(facts)).join(), /the remote desktop port and the firewall, for each caller: .*only with RA4=/);
    }
  });

  it("of several networks is open or closed only where it is so on all of them", async () => {
    const privately = USER_MODE_IN_TCP.replace("Protocol=6", "Protocol=6|Profile=Private");
    const on = (...active: (1 | 2 | 4)[]) => firewall(() => ({ active, rules: [rule(privately)] }));
    assert.deepEqual(await told(on(2)), []);
    assert.deepEqual(await told(on(1, 4)), CLOSED);
    assert.deepEqual(await told(on(1, 2)), []);
    assert.match((await missed(on(1, 2))).join(), /for each caller/);
    assert.match((await missed(on())).join(), /connected networks: none/);
  });
});

describe("a rule of the registry", () => {
  it("is one for TCP that comes in, or is left out", () => {
    assert.equal(readRule("v2.30|Action=Allow|Active=TRUE|Dir=Out|Protocol=6|"), undefined);
    assert.equal(readRule("v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=17|LPort=3389|"), undefined);
    const any = readRule("v2.30|Action=Allow|Active=TRUE|Dir=In|");
    assert.deepEqual([any?.allow, any?.active, any?.profiles, any?.covers(3389)], [true, true, 7, true]);
  });

  it("covers the ports that it names, alone or in ranges, and no keyword", () => {
    const ports = (text: string) => readRule(`v2.30|Action=Allow|Active=TRUE|Dir=In|Protocol=6|${text}|`)?.covers(3389);
    assert.equal(ports("LPort=80|LPort=3389"), true);
    assert.equal(ports("LPort2_10=3000-4000"), true);
    assert.equal(ports("LPort2_10=3000-3388"), false);
    assert.equal(ports("LPort=RPC"), false);
  });

  it("with a field that is not known here is narrowed down by it", () => {
    const read = readRule(`${IN_3389}RUAuth=O:LSD:(A;;CC;;;S-1-5-21-1)|Name=x|`);
    assert.deepEqual(read?.conditions, ["RUAuth=O:LSD:(A;;CC;;;S-1-5-21-1)"]);
  });

  it("S30: of any text never makes the reader fall over", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        readRule(text)?.covers(3389);
        readRule(`v2|Dir=In|${text}`)?.covers(3389);
      }),
    );
  });
});
