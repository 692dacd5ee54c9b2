/** An export of the registry says whether the provider is on, as far as the export reaches and no further. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Encoding, encode, inChunks } from "./log.fixture.ts";
import { readRegistry } from "./read-registry.ts";

const AUTHENTICATION = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication";
const PROVIDERS = `${AUTHENTICATION}\\Credential Providers`;
const FILTERS = `${AUTHENTICATION}\\Credential Provider Filters`;
const CLSID = "{6D269AEA-159E-4F45-BC6A-02AA9C14F310}";
const key = (path: string, ...values: string[]) => [`[${path}]`, ...values, ""].join("\r\n");
const file = (...keys: string[]) => `Windows Registry Editor Version 5.00\r\n\r\n${keys.join("\r\n")}`;
const OTHER = key(`${PROVIDERS}\\{01A30791-40AE-4653-AB2E-FD210019AE88}`, '@="Automatic Redeployment Credential Provider"');
const REGISTERED = [
  key(AUTHENTICATION),
  key(PROVIDERS),
  OTHER,
  key(`${PROVIDERS}\\${CLSID}`, '@="OktaCredentialProvider"'),
  key(FILTERS),
  key(`${FILTERS}\\${CLSID}`, '@="OktaCredentialProvider"'),
];

const read = async (text: string, encoding: Encoding = "utf-16le with mark", chunk = 700) =>
  readRegistry("okta.reg", inChunks(encode(text, encoding), chunk));
const found = async (text: string, encoding?: Encoding) =>
  (await read(text, encoding)).seen.map(
    ({ cause, verdict, evidence: [one] }) => `${cause} ${verdict}: ${one?.what} ${one?.value} (${one?.where})`,
  );
const faults = async (text: string) => (await found(text)).filter((line) => !line.includes(" ruled-out:"));

describe("an export of the registry", () => {
  it("with provider and filter registered and on has no finding, and rules out both", async () => {
    assert.deepEqual(await found(file(...REGISTERED)), [
      "provider.missing ruled-out: the other product's provider registered (okta.reg:10)",
      "provider.filtered ruled-out: the other product's provider no value Disabled, or 0 (okta.reg:10)",
      "provider.missing ruled-out: the other product's filter registered (okta.reg:15)",
      "provider.filtered ruled-out: the other product's filter no value Disabled, or 0 (okta.reg:15)",
    ]);
  });

  it("says the same in UTF-16, UTF-8 and the code page", async () => {
    const text = file(...REGISTERED, key(`${PROVIDERS}\\${CLSID}`, '"Disabled"=dword:00000001'));
    const expected = await found(text);
    assert.ok(expected.some((line) => line.startsWith("provider.filtered confirmed")));
    for (const encoding of ["utf-8", "utf-8 with mark", "utf-16le", "utf-16be with mark", "windows-1252"] as const)
      assert.deepEqual(await found(text, encoding), expected, encoding);
    assert.deepEqual(await found(text.replace("Windows Registry Editor Version 5.00", "REGEDIT4"), "windows-1252"), expected);
    assert.deepEqual(await found(text.replaceAll("\r\n", "\n")), expected);
  });

  for (const [where, path] of [
    ["provider", PROVIDERS],
    ["filter", FILTERS],
  ] as const) {
    it(`with the ${where} switched off says where`, async () => {
      const text = file(...REGISTERED, key(`${path}\\${CLSID}`, '"Disabled"=dword:00000001'));
      assert.deepEqual(await faults(text), [`provider.filtered confirmed: the other product's ${where} Disabled = 1 (okta.reg:19)`]);
    });
  }

  it("with Disabled at 0 has no finding", async () => {
    assert.deepEqual(await faults(file(...REGISTERED, key(`${PROVIDERS}\\${CLSID}`, '"Disabled"=dword:00000000'))), []);
  });

  it("without the filter, in a branch that it holds, says that it is not registered", async () => {
    assert.deepEqual(await faults(file(...REGISTERED.slice(0, 5))), [
      "provider.missing confirmed: the other product's filter not registered (0 others are) (okta.reg:13)",
    ]);
    assert.deepEqual(await faults(file(key(PROVIDERS), OTHER, key(FILTERS))), [
      "provider.missing confirmed: the other product's provider not registered (1 others are) (okta.reg:3)",
      "provider.missing confirmed: the other product's filter not registered (0 others are) (okta.reg:8)",
    ]);
    assert.match((await faults(file(...REGISTERED, `[-${FILTERS}\\${CLSID}]\r\n`))).join(), /filter the file takes it away/);
    assert.match((await faults(file(`[-${FILTERS}\\${CLSID}]\r\n`))).join(), /filter the file takes it away/);
  });

  it("of one key only claims nothing about the branch that it does not hold", async () => {
    const { seen, missed } = await read(file(key(`${PROVIDERS}\\${CLSID}`, '@="OktaCredentialProvider"')));
    assert.deepEqual([...new Set(seen.map(({ verdict }) => verdict))], ["ruled-out"]);
    assert.deepEqual(missed, [
      { what: "whether the filter is registered", why: "okta.reg does not hold the key “credential provider filters”" },
    ]);
  });

  it("finds the provider by its name where it has another id", async () => {
    assert.deepEqual(await faults(file(...REGISTERED).replaceAll(CLSID, "{11111111-2222-3333-4444-555555555555}")), []);
  });

  it("with TLS 1.2 kept from .NET names each value", async () => {
    const text = file(
      ...REGISTERED,
      key(
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319",
        '"SchUseStrongCrypto"=dword:00000000',
        '"SystemDefaultTlsVersions"=dword:00000001',
      ),
      key(
        "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Client",
        '"Enabled"=dword:00000000',
      ),
      key(
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Internet Settings\\WinHttp",
        '"DefaultSecureProtocols"=dword:000000a0',
      ),
    );
    const { seen } = await read(text);
    assert.deepEqual(
      seen
        .filter(({ cause }) => cause === "tls.version")
        .flatMap(({ verdict, evidence }) => evidence.map(({ what }) => `${verdict} ${what}`)),
      ["candidate SchUseStrongCrypto", "candidate Enabled", "candidate DefaultSecureProtocols"],
    );
    assert.deepEqual(await faults(text.replaceAll("00000000", "00000001").replace("000000a0", "00000a00")), []);
  });

  it("with remote desktop switched off says so", async () => {
    const server = "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server";
    assert.deepEqual(await faults(file(...REGISTERED, key(server, '"fDenyTSConnections"=dword:00000001'))), [
      "host.remote-off confirmed: fDenyTSConnections 1 (okta.reg:19)",
    ]);
    assert.deepEqual(await faults(file(...REGISTERED, key(server, '"fDenyTSConnections"=dword:00000000'))), []);
  });

  it("S30: mutated and cut never makes the reader fall over; of gigabytes it keeps the asked keys only", async () => {
    const bytes = encode(file(...REGISTERED), "utf-16le with mark");
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.uint8Array({ maxLength: 8 }), fc.nat(bytes.length), async (at, put, end) => {
        await readRegistry("x", inChunks(Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at)]).subarray(0, end), 100));
      }),
      { numRuns: 300 },
    );
    async function* large() {
      yield Buffer.from("REGEDIT4\r\n");
      for (let i = 0; i < 40; i++) yield Buffer.from(`[HKEY_LOCAL_MACHINE\\SOFTWARE\\K${i}]\r\n"v"=hex:${"00,".repeat(350_000)}\r\n`);
      yield Buffer.from(`\r\n${REGISTERED.join("\r\n")}`);
    }
    assert.equal((await readRegistry("x", large())).seen.length, 4);
  });
});
