/** Machines judged whole from their facts: the cause first, nothing false confirmed, a healthy one without a finding. Not seen on Windows. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { exitCodeOf } from "../../conclude.ts";
import { type FactName, type WindowsFacts, windowsFacts } from "./facts.ts";
import { diagnosed, evidence, faults, missed, told } from "./judge.fixture.ts";
import { but, HEALTHY, SALLYPORT, SOURCES } from "./machine.fixture.ts";
import { SALLYPORT_CLSID } from "./provider.ts";

const TERMINAL_SERVER = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server";
const AUTHENTICATION = "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication";
const stopped = { state: 1, start: 2 };
const TLS_12_ON = { ...HEALTHY.schannel, "TLS 1.2": { Enabled: 1, DisabledByDefault: 0 } };

describe("a healthy Windows machine", () => {
  it("has no finding, and every cause is ruled out by evidence", async () => {
    const diagnosis = await diagnosed(HEALTHY);
    assert.deepEqual({ ...diagnosis, findings: [] }, { healthy: true, findings: [], incidents: [], notLookedAt: [] });
    assert.deepEqual(
      diagnosis.findings.map(({ cause, verdict }) => `${cause} ${verdict}`).sort(),
      [
        "agent.not-armed",
        "agent.unreachable",
        "clock.host",
        "config.exposed",
        "config.risky",
        "door.untrusted",
        "host.nla",
        "host.not-rdp-user",
        "host.rdp-closed",
        "host.remote-off",
        "provider.filtered",
        "provider.missing",
        "tls.version",
      ].map((cause) => `${cause} ruled-out`),
    );
    for (const finding of diagnosis.findings) assert.ok(finding.evidence.length > 0, finding.cause);
    assert.equal(exitCodeOf(diagnosis), 0);
  });

  it("in German is as healthy: names of groups and providers decide nothing", async () => {
    const facts = {
      ...but("groups", (groups) =>
        groups.map((group, at) => ({ ...group, name: ["Administratoren", "Remotedesktopbenutzer"][at] ?? group.name })),
      ),
      providers: HEALTHY.providers.map((one) => ({ ...one, name: "Anmeldeinformationsanbieter" })),
      machine: { ...HEALTHY.machine, timeZone: "Mitteleuropäische Zeit" },
    };
    assert.equal((await diagnosed(facts)).healthy, true);
  });

  it("has our provider's CLSID, as the DLL registers it", () => {
    const header = readFileSync(new URL("../../../../../native/windows/provider/system.h", import.meta.url), "utf8");
    assert.ok(header.includes(SALLYPORT_CLSID));
  });

  it("has a source for each field", () => {
    assert.deepEqual(Object.keys(SOURCES).sort(), Object.keys(windowsFacts.shape).sort());
    assert.deepEqual(Object.keys(HEALTHY).sort(), Object.keys(windowsFacts.shape).sort());
  });
});

describe("remote desktop", () => {
  it("switched off on the machine", async () => {
    const facts = but("terminalServer", (was) => ({ ...was, fDenyTSConnections: 1 }));
    assert.deepEqual(await told(facts), ["host.remote-off confirmed"]);
    assert.deepEqual(await evidence(facts, "host.remote-off"), [
      `${TERMINAL_SERVER}\\fDenyTSConnections = 1: remote connections are refused (srv01.json: terminalServer.fDenyTSConnections)`,
    ]);
  });

  it("switched off by a group policy, which counts before the machine's own value, in either direction", async () => {
    const off = but("terminalServerPolicy", (was) => ({ ...was, fDenyTSConnections: 1 }));
    assert.deepEqual(await told(off), ["host.remote-off confirmed"]);
    assert.match(
      (await evidence(off, "host.remote-off"))[0] ?? "",
      /^HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows NT\\Terminal Services\\/,
    );
    const on = but("terminalServer", (was) => ({ ...was, fDenyTSConnections: 1 }), {
      ...HEALTHY,
      terminalServerPolicy: { ...HEALTHY.terminalServerPolicy, fDenyTSConnections: 0 },
    });
    assert.deepEqual(await told(on), []);
  });

  it("is not known where the policy could not be read, since it would count", async () => {
    const facts = {
      ...but("terminalServer", (was) => ({ ...was, fDenyTSConnections: 1 })),
      terminalServerPolicy: { unavailable: "access is denied" },
    };
    assert.deepEqual(await told(facts), []);
    assert.deepEqual(await missed(facts), [
      "whether remote connections are allowed: terminalServerPolicy: access is denied",
      "network level authentication: terminalServerPolicy: access is denied",
    ]);
    assert.equal(exitCodeOf(await diagnosed(facts)), 2);
  });

  it("without network level authentication is possible only, since other set-ups work so", async () => {
    assert.deepEqual(await told(but("terminalServer", (was) => ({ ...was, UserAuthentication: 0 }))), ["host.nla candidate"]);
  });

  it("with network level authentication and RDP's own encryption names both values", async () => {
    const facts = but("terminalServer", (was) => ({ ...was, SecurityLayer: 0 }));
    assert.deepEqual(await told(facts), ["host.nla candidate"]);
    assert.equal((await evidence(facts, "host.nla")).length, 2);
  });

  it("without a value follows the default of the build", async () => {
    const absent = but("terminalServer", (was) => ({ ...was, UserAuthentication: null }));
    assert.deepEqual(await told(absent), []);
    const seven = but("machine", (was) => ({ ...was, build: 7601 }), { ...absent, schannel: TLS_12_ON });
    assert.deepEqual(await told(seven), ["host.nla candidate"]);
    assert.match((await evidence(seven, "host.nla"))[0] ?? "", /not there: not asked for by default in build 7601/);
  });
});

describe("the provider", () => {
  it("that is not registered", async () => {
    const facts = but("providers", (all) => all.filter(({ clsid }) => clsid !== SALLYPORT.clsid));
    assert.deepEqual(await told(facts), ["provider.missing confirmed"]);
    assert.deepEqual(await evidence(facts, "provider.missing"), [
      `${AUTHENTICATION}\\Credential Providers\\${SALLYPORT_CLSID} = not registered (1 others are) (srv01.json: providers)`,
    ]);
  });

  it("whose file is gone, or whose class names none", async () => {
    for (const change of [{ dllPresent: false }, { dll: null, dllPresent: null }]) {
      const facts = but("providers", (all) => all.map((one) => (one.clsid === SALLYPORT.clsid ? { ...one, ...change } : one)));
      assert.deepEqual(await told(facts), ["provider.missing confirmed"]);
    }
  });

  it("that is switched off", async () => {
    const facts = but("providers", (all) => all.map((one) => (one.clsid === SALLYPORT.clsid ? { ...one, disabled: 1 } : one)));
    assert.deepEqual(await told(facts), ["provider.filtered confirmed"]);
    assert.match((await evidence(facts, "provider.filtered"))[0] ?? "", /\\Disabled = 1 /);
  });

  it("that a policy excludes, in any case of letters and among others", async () => {
    const list = `{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}, ${SALLYPORT_CLSID.toLowerCase()}`;
    const facts = but("providerPolicy", (was) => ({ ...was, ExcludedCredentialProviders: list }));
    assert.deepEqual(await told(facts), ["provider.filtered confirmed"]);
    const other = but("providerPolicy", (was) => ({ ...was, ExcludedCredentialProviders: "{60b78e88-ead8-445c-9cfd-0b87f74ea6cd}" }));
    assert.deepEqual(await told(other), []);
  });

  it("another product's filter may hide it, and nobody claims that it does; one that is switched off does not", async () => {
    const foreign = { ...SALLYPORT, clsid: "{6D269AEA-159E-4F45-BC6A-02AA9C14F310}", name: "OktaCredentialProvider" };
    const facts = but("filters", (all) => [...all, foreign]);
    assert.deepEqual(await told(facts), ["provider.filtered candidate"]);
    assert.deepEqual(await told(but("filters", (all) => [...all, { ...foreign, disabled: 1 }])), []);
  });
});

describe("the agent", () => {
  it("whose service does not run, is disabled, or is gone while the provider is there", async () => {
    for (const service of [stopped, { state: 1, start: 4 }, null])
      assert.deepEqual(await told(but("services", (was) => ({ ...was, Sallyport: service }))), ["agent.unreachable confirmed"]);
  });

  it("whose service runs without its pipe", async () => {
    assert.deepEqual(await told(but("door", (was) => ({ ...was, pipe: false }))), ["agent.unreachable confirmed"]);
  });

  it("that is not installed at all has one cause: there is no provider", async () => {
    const facts = {
      ...but("services", (was) => ({ ...was, Sallyport: null })),
      providers: [],
      door: { pipe: false, machine: false, sddl: null },
    };
    assert.deepEqual(await told(facts), ["provider.missing confirmed"]);
  });
});

describe("TLS of Windows and .NET", () => {
  const set = (Enabled: number | null, DisabledByDefault: number | null) =>
    but("schannel", (was) => ({ ...was, "TLS 1.2": { Enabled, DisabledByDefault } }));

  it("names the value that switches TLS 1.2 off", async () => {
    assert.deepEqual(await told(set(0, 0)), ["tls.version candidate"]);
    assert.deepEqual(await evidence(set(0, 0), "tls.version"), [
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client\\Enabled = 0: TLS 1.2 is off (srv01.json: schannel.TLS 1.2.Enabled)",
    ]);
    assert.match((await evidence(set(1, 1), "tls.version"))[0] ?? "", /DisabledByDefault = 1: TLS 1.2 is off unless a program asks for it/);
  });

  it("names the values of .NET, of 64 and 32 bit", async () => {
    const facts = but("dotnet", (was) => ({ ...was, bits32: { SchUseStrongCrypto: 0, SystemDefaultTlsVersions: null } }));
    assert.deepEqual(await told(facts), ["tls.version candidate"]);
    assert.match((await evidence(facts, "tls.version"))[0] ?? "", /^HKLM\\SOFTWARE\\Wow6432Node\\.*\\SchUseStrongCrypto = 0/);
  });

  it("without a value is on by default from build 9200, and off before", async () => {
    const build = (number: number) => but("machine", (was) => ({ ...was, build: number }));
    assert.deepEqual(await told(build(9200)), []);
    assert.deepEqual(await told(build(7601)), ["tls.version candidate"]);
    assert.deepEqual(await told({ ...build(7601), schannel: TLS_12_ON }), []);
  });
});

describe("the clock", () => {
  const off = (...offsets: number[]) => but("stripchart", (was) => ({ ...was, offsets }));

  it("far off, by the middle of the samples, with a guess at a time zone", async () => {
    const facts = off(3600.2, 3600.1, -0.001);
    assert.deepEqual(await told(facts), ["clock.host confirmed"]);
    assert.deepEqual(await evidence(facts, "clock.host"), [
      "w32tm /stripchart = 3600.1 s against dc01.corp.example; near a multiple of 15 minutes: a time zone taken for UTC (srv01.json: stripchart.offsets)",
      "time zone = W. Europe Standard Time, 60 min from UTC (srv01.json: machine.timeZone)",
    ]);
    assert.doesNotMatch((await evidence(off(-421), "clock.host"))[0] ?? "", /zone/);
  });

  it("that nothing keeps may be off where nobody measured it; a measurement decides", async () => {
    const unmeasured = { ...HEALTHY, stripchart: { unavailable: "w32tm: 0x800705B4" } };
    const services = { ...HEALTHY.services, W32Time: { state: 1, start: 4 } };
    assert.deepEqual(await told({ ...unmeasured, services }), ["clock.host candidate"]);
    assert.deepEqual(await told({ ...HEALTHY, services }), []);
    assert.deepEqual(await told({ ...unmeasured, timeStatus: { leap: 3, stratum: 0 } }), ["clock.host candidate"]);
  });

  it("of a machine in no domain has a time service that Windows stops by itself", async () => {
    const facts = {
      ...HEALTHY,
      stripchart: { unavailable: "no time source is set" },
      services: { ...HEALTHY.services, W32Time: { state: 1, start: 3 } },
    };
    assert.deepEqual(await told({ ...facts, machine: { ...HEALTHY.machine, domainRole: 2 } }), []);
    assert.deepEqual(await told(facts), ["clock.host candidate"]);
  });
});

describe("two faults at once", () => {
  const remoteOff = but("terminalServer", (was) => ({ ...was, fDenyTSConnections: 1 }));
  const serviceOff = { ...HEALTHY.services, TermService: stopped };

  it("a port that is closed because remote desktop is off stands below it", async () => {
    const diagnosis = await diagnosed({ ...remoteOff, listeners: [] });
    assert.deepEqual(faults(diagnosis), ["host.remote-off confirmed", "host.rdp-closed confirmed"]);
    assert.deepEqual(diagnosis.findings[1]?.dependsOn, ["host.remote-off"]);
  });

  it("faults that have nothing to do with each other are both told", async () => {
    const noProvider = { ...HEALTHY, providers: [] };
    const clock = { against: "dc01", offsets: [-1800] };
    assert.deepEqual(await told({ ...noProvider, stripchart: clock }), ["clock.host confirmed", "provider.missing confirmed"]);
    assert.deepEqual(await told({ ...noProvider, services: { ...HEALTHY.services, Sallyport: stopped } }), [
      "agent.unreachable confirmed",
      "provider.missing confirmed",
    ]);
    assert.deepEqual(await told({ ...HEALTHY, services: { ...serviceOff, Sallyport: stopped }, listeners: [] }), [
      "host.rdp-closed confirmed",
      "agent.unreachable confirmed",
    ]);
    const denied = { ...HEALTHY.rights, SeDenyRemoteInteractiveLogonRight: ["S-1-1-0"] };
    assert.deepEqual(await told({ ...remoteOff, rights: denied }), ["host.remote-off confirmed", "host.not-rdp-user confirmed"]);
    assert.deepEqual(await told({ ...HEALTHY, rights: denied, stripchart: clock }), [
      "clock.host confirmed",
      "host.not-rdp-user confirmed",
    ]);
  });
});

describe("what could not be read", () => {
  const names = Object.keys(HEALTHY).filter((name) => name !== "version" && name !== "collectedAt") as FactName[];
  const some = fc.subarray(names, { minLength: 1 });

  it("is not known: no field that is missing makes a finding", async () => {
    await fc.assert(
      fc.asyncProperty(some, async (gone) => {
        const facts = Object.fromEntries(Object.entries(HEALTHY).filter(([name]) => !gone.includes(name as FactName)));
        const diagnosis = await diagnosed(facts as unknown as WindowsFacts, "alice");
        assert.deepEqual(faults(diagnosis), [], gone.join());
        // The time service's own word is asked for only where nobody measured the clock.
        assert.equal(diagnosis.healthy, gone.join() === "timeStatus", gone.join());
      }),
      { numRuns: 200 },
    );
  });

  it("is not known, with the reason that the machine gave", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), async (name) => {
        const facts = { ...HEALTHY, [name]: { unavailable: "access is denied" } } as WindowsFacts;
        const diagnosis = await diagnosed(facts, "alice");
        assert.deepEqual(faults(diagnosis), [], name);
        const reasons = diagnosis.notLookedAt.map(({ why }) => why).join();
        if (name !== "timeStatus") assert.ok(reasons.includes(`${name}: access is denied`), `${name}: ${reasons}`);
      }),
    );
  });
});
