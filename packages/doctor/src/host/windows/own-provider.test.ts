/** What is wrong with our own provider, filter, folder and pipe is found by its cause. Not seen on Windows. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { evidence, missed, told } from "./judge.fixture.ts";
import { but, HEALTHY, OURS_ALONE, SALLYPORT } from "./machine.fixture.ts";

const KEY = "HKLM\\SOFTWARE\\Sallyport\\Provider";
const settings = (local: object, policy: object = {}) =>
  but("settings", (was) => ({ local: { ...was.local, ...local }, policy: { ...was.policy, ...policy } }));

describe("the values of the provider", () => {
  it("not armed: said once, whatever else stands open until then", async () => {
    assert.deepEqual(await told(settings({ Armed: 0, Filter: 0 })), ["agent.not-armed confirmed"]);
  });

  for (const [name, value] of [
    ["Disable", 1],
    ["RdpOnly", 1],
    ["Filter", 0],
    ["Scenarios", 1],
    ["Scenarios", 4],
  ] as const) {
    it(`${name} = ${value} opens a way past the factor, and is named`, async () => {
      const facts = settings({ [name]: value });
      assert.deepEqual(await told(facts), ["config.risky confirmed"]);
      assert.match((await evidence(facts, "config.risky")).join(), new RegExp(`\\\\${name} = ${value}: `));
    });
  }

  it("what is not there counts as the provider takes it: armed, with its filter, everywhere", async () => {
    assert.deepEqual(await told(settings({ Armed: null, Filter: null, RdpOnly: null, Disable: null })), []);
    const text = readFileSync(new URL("../../../../../native/windows/provider/system.cpp", import.meta.url), "utf8");
    for (const [name, value] of Object.entries({ Armed: 1, Filter: 1, RdpOnly: 0, Disable: 0 }))
      assert.ok(text.includes(`(L"${name}", ${value})`), name);
  });

  it("providers that stay beside ours are listed", async () => {
    const facts = settings({ AllowProviders: "{6F45DC1E-5384-457A-BC13-2CD81B0D28ED}" });
    assert.deepEqual(await told(facts), ["config.risky confirmed"]);
    assert.match((await evidence(facts, "config.risky"))[0] ?? "", /AllowProviders = \{6F45DC1E/);
  });

  it("group policy wins, in either direction, and is named as the place", async () => {
    assert.deepEqual(await told(settings({ Disable: 1 }, { Disable: 0 })), []);
    const facts = settings({}, { RdpOnly: 1 });
    assert.deepEqual(await told(facts), ["config.risky confirmed"]);
    assert.match((await evidence(facts, "config.risky")).join(), /HKLM\\SOFTWARE\\Policies\\Sallyport\\Provider\\RdpOnly = 1/);
  });

  it("a filter that is wanted and not there, or switched off, or without its file", async () => {
    for (const change of [undefined, { disabled: 1 }, { dllPresent: false }]) {
      const facts = but("filters", (all) =>
        all.flatMap((one) => (one.clsid !== SALLYPORT.clsid ? [one] : change ? [{ ...one, ...change }] : [])),
      );
      assert.deepEqual(await told(facts), ["config.risky confirmed"], JSON.stringify(change));
    }
    assert.ok(!(await evidence(settings({ Filter: 0 }), "config.risky")).join().includes(KEY.concat("\\Armed")));
  });

  it("are not asked for where no provider of ours is", async () => {
    const without = { ...HEALTHY, providers: HEALTHY.providers.filter(({ clsid }) => clsid !== SALLYPORT.clsid) };
    assert.deepEqual(await told(without), ["provider.missing confirmed"]);
  });
});

describe("the agent's folder and pipe", () => {
  const folder = (change: object) => but("folder", (was) => ({ ...was, ...change }));
  const door = (change: object) => but("door", (was) => ({ ...was, ...change }));

  it("a folder that others may look into, that is somebody's own, or that leads elsewhere", async () => {
    for (const sddl of [
      `${OURS_ALONE}(A;OICI;0x1200a9;;;BU)`,
      OURS_ALONE.replace("O:BA", "O:S-1-5-21-1-2-3-1001"),
      "O:BAG:BAD:NO_ACCESS_CONTROL",
      "O:BAG:BA",
    ])
      assert.deepEqual(await told(folder({ sddl })), ["config.exposed confirmed"], sddl);
    assert.deepEqual(await told(folder({ link: true })), ["config.exposed confirmed"]);
  });

  it("an entry that denies, and the owner's own right, let in nobody", async () => {
    assert.deepEqual(await told(folder({ sddl: `${OURS_ALONE}(D;;FA;;;WD)(A;OICIIO;GA;;;CO)` })), []);
  });

  it("a pipe that somebody else has made, or that others may open", async () => {
    assert.deepEqual(await told(door({ sddl: "O:S-1-5-21-1-2-3-1001G:BAD:(A;;FA;;;SY)" })), ["door.untrusted confirmed"]);
    assert.deepEqual(await told(door({ sddl: `${OURS_ALONE}(A;;FR;;;WD)` })), ["door.untrusted confirmed"]);
  });

  it("the pipe for passwords is gone though the service runs", async () => {
    assert.deepEqual(await told(door({ machine: false })), ["agent.unreachable confirmed"]);
  });

  it("not known where nobody could look, with what to do", async () => {
    assert.deepEqual(await told(folder({ sddl: null })), []);
    assert.match((await missed(folder({ sddl: null }))).join(), /run collect\.ps1 as administrator/);
  });
});
