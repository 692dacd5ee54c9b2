/** Files as an administrator would hand them in, and the verdict that each set must get: the table is the promise. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { exitCodeOf } from "../conclude.ts";
import { diagnoseFiles, log, removeFiles } from "./files.fixture.ts";
import { encode, joinSample } from "./log.fixture.ts";
import { LIKELY, SAMPLES, TRANSLATED, VERBATIM } from "./samples.fixture.ts";

after(removeFiles);

const by = (user: string, name: string) => `2026-05-06 10:00:00 displayWidget for user CORP\\${user}\r\n${log(name)}`;
const SECRET = `${"QUJDRA".repeat(28)}Zz8=`;
const config = (change: Record<string, unknown> = {}) =>
  JSON.stringify(
    {
      Url: "https://acme.okta.com",
      ClientId: "0oa1bcdefghij0123456",
      ClientSecret: SECRET,
      FilterCredentialProvider: true,
      RdpOnly: false,
      InternetFailOpenOption: false,
      SslPinningEnabled: true,
      ...change,
    },
    null,
    2,
  );
const BASE = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Provider";
const CLSID = "{6D269AEA-159E-4F45-BC6A-02AA9C14F310}";
const registry = (disabled: number, filter = true) =>
  encode(
    `Windows Registry Editor Version 5.00\r\n\r\n[${BASE}s]\r\n\r\n[${BASE}s\\${CLSID}]\r\n@="OktaCredentialProvider"\r\n"Disabled"=dword:0000000${disabled}\r\n\r\n[${BASE} Filters]\r\n\r\n${filter ? `[${BASE} Filters\\${CLSID}]\r\n@="OktaCredentialProvider"\r\n` : ""}`,
    "utf-16le with mark",
  );

interface Row {
  name: string;
  files: Record<string, string | Buffer>;
  /** Confirmed causes in order, the root first. */
  confirmed: string[];
  /** First candidate, where nothing is confirmed. */
  likeliest?: string;
  kinds?: string[];
  ruledOut?: string[];
  exit: 0 | 1 | 2;
}

const CLEAN = ["config.invalid", "client.id-mangled", "url.malformed", "url.trailing-slash"];
const ROWS: Row[] = [
  ...SAMPLES.map(
    (sample): Row => ({
      name: `log with ${sample.name}`,
      files: { "OktaWidget.log": joinSample(sample, "<CR><LF> ") },
      confirmed: sample.proved,
      ...(sample.likeliest ? { likeliest: sample.likeliest } : {}),
      kinds: [sample.kind],
      exit: 1,
    }),
  ),
  {
    name: "log and settings without a fault",
    files: { "logs/OktaWidget.log": "widget shown\r\n", "config/rdp_app_config.json": config() },
    confirmed: [],
    ruledOut: CLEAN,
    exit: 0,
  },
  { name: "settings alone, without a fault", files: { "rdp_app_config.json": config() }, confirmed: [], ruledOut: CLEAN, exit: 0 },
  {
    name: "401 and a slash",
    files: { "OktaWidget.log": log("S1: 401"), "rdp_app_config.json": config({ Url: "https://acme.okta.com/" }) },
    confirmed: ["url.trailing-slash"],
    kinds: ["http-401"],
    exit: 1,
  },
  {
    name: "German 401 and a slash",
    files: { "OktaWidget.log": encode(log("401 in German"), "utf-16le"), "rdp_app_config.json": config({ Url: "https://acme.okta.com/" }) },
    confirmed: ["url.trailing-slash"],
    kinds: ["http-401"],
    exit: 1,
  },
  {
    name: "401 and a mangled id",
    files: { "OktaWidget.log": log("S1: 401"), "rdp_app_config.json": config({ ClientId: "0oa1bcdefghij\u200b0123456" }) },
    confirmed: ["client.id-mangled"],
    exit: 1,
  },
  {
    name: "401 and a path in the URL",
    files: { "OktaWidget.log": log("S1: 401"), "rdp_app_config.json": config({ Url: "https://acme.okta.com/oauth2/default" }) },
    confirmed: ["url.malformed"],
    exit: 1,
  },
  {
    name: "404 and a path in the URL",
    files: { "OktaWidget.log": log("S3a: 404"), "rdp_app_config.json": config({ Url: "https://acme.okta.com/app" }) },
    confirmed: ["url.malformed"],
    kinds: ["http-404"],
    exit: 1,
  },
  {
    name: "401 and good settings: rules out, claims nothing",
    files: { "OktaWidget.log": log("S1: 401"), "rdp_app_config.json": config() },
    confirmed: [],
    likeliest: "user.password",
    ruledOut: CLEAN,
    exit: 1,
  },
  {
    name: "401 of three people",
    files: { "OktaWidget.log": ["ann", "bob", "cem"].map((user) => by(user, "S1: 401")).join("") },
    confirmed: [],
    likeliest: "url.trailing-slash",
    exit: 1,
  },
  {
    name: "401 of three people, and good settings",
    files: { "OktaWidget.log": ["ann", "bob", "cem"].map((user) => by(user, "S1: 401")).join(""), "rdp_app_config.json": config() },
    confirmed: [],
    likeliest: "url.wrong-org",
    ruledOut: CLEAN,
    exit: 1,
  },
  {
    name: "401 and the Admin Console's URL",
    files: { "OktaWidget.log": log("S1: 401"), "rdp_app_config.json": config({ Url: "https://acme-admin.okta.com" }) },
    confirmed: [],
    likeliest: "url.wrong-org",
    exit: 1,
  },
  {
    name: "secret in clear, and the exception that it causes",
    files: { "OktaWidget.log": log("S4: secret is no Base64"), "rdp_app_config.json": config({ ClientSecret: "aB3-_".repeat(8) }) },
    confirmed: ["client.secret-mangled"],
    kinds: ["secret-unusable"],
    exit: 1,
  },
  {
    name: "secret in clear, and a 401 from before",
    files: { "OktaWidget.log": log("S1: 401"), "rdp_app_config.json": config({ ClientSecret: "aB3-_".repeat(8) }) },
    confirmed: ["client.secret-mangled"],
    exit: 1,
  },
  {
    name: "TLS, and pinning off",
    files: { "OktaWidget.log": log("S6: the whole TLS exception"), "rdp_app_config.json": config({ SslPinningEnabled: false }) },
    confirmed: [],
    likeliest: "tls.version",
    ruledOut: ["tls.inspected"],
    exit: 1,
  },
  {
    name: "TLS, and .NET kept from TLS 1.2",
    files: {
      "OktaWidget.log": log("S6: the whole TLS exception"),
      "tls.reg":
        'REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\.NETFramework\\v4.0.30319]\r\n"SchUseStrongCrypto"=dword:00000000\r\n',
    },
    confirmed: [],
    likeliest: "tls.version",
    exit: 1,
  },
  {
    name: "settings with a comma too many",
    files: { "rdp_app_config.json": '{"RdpOnly": true,}' },
    confirmed: ["config.invalid"],
    exit: 1,
  },
  {
    name: "settings as PowerShell 5 writes them, without a fault",
    files: { "rdp_app_config.json": encode(config(), "utf-16le with mark") },
    confirmed: [],
    ruledOut: CLEAN,
    exit: 0,
  },
  {
    name: "settings with a byte order mark, without a fault",
    files: { "rdp_app_config.json": encode(config(), "utf-8 with mark") },
    confirmed: [],
    ruledOut: CLEAN,
    exit: 0,
  },
  {
    name: "fail open",
    files: { "rdp_app_config.json": config({ InternetFailOpenOption: true }) },
    confirmed: [],
    likeliest: "config.risky",
    exit: 1,
  },
  { name: "provider switched off", files: { "okta.reg": registry(1) }, confirmed: ["provider.filtered"], exit: 1 },
  { name: "filter missing", files: { "okta.reg": registry(0, false) }, confirmed: ["provider.missing"], exit: 1 },
  {
    name: "registry without a fault",
    files: { "okta.reg": registry(0) },
    confirmed: [],
    ruledOut: ["provider.missing", "provider.filtered"],
    exit: 0,
  },
  {
    name: "the generic dialog alone",
    files: { "OktaCP.log": "Multi Factor Authentication Failed\r\n" },
    confirmed: [],
    kinds: ["dialog-failed"],
    exit: 1,
  },
  {
    name: "rotated logs, one of them packed",
    files: {
      "OktaWidget.log": log("S1: 401"),
      "OktaWidget.log.1": log("S1: 401"),
      "OktaWidget.log.2.gz": gzipSync(log("S1: 401", "S2: 403")),
    },
    confirmed: [],
    likeliest: "user.password",
    kinds: ["http-401", "http-403"],
    exit: 1,
  },
  {
    name: "two faults at once",
    files: {
      "OktaWidget.log": log("S1: 401", "S5: no common algorithm"),
      "rdp_app_config.json": config({ Url: "https://acme.okta.com/" }),
    },
    confirmed: ["url.trailing-slash", "tls.version"],
    exit: 1,
  },
  { name: "a folder with nothing of it", files: { "readme.md": "hello", "a.exe": Buffer.alloc(100, 1) }, confirmed: [], exit: 2 },
  { name: "an empty log", files: { "OktaWidget.log": "" }, confirmed: [], exit: 2 },
];

describe("the verdict on files of the other product", () => {
  let right = 0;
  for (const row of ROWS) {
    it(row.name, async () => {
      const found = await diagnoseFiles(row.files);
      const of = (verdict: string) => found.findings.filter((one) => one.verdict === verdict).map(({ cause }) => cause as string);
      assert.deepEqual(of("confirmed"), row.confirmed);
      if (row.likeliest) assert.equal(of("candidate")[0], row.likeliest);
      if (row.kinds) assert.deepEqual(found.incidents.map(({ kind }) => kind).sort(), row.kinds);
      for (const cause of row.ruledOut ?? []) assert.ok(of("ruled-out").includes(cause), cause);
      assert.equal(exitCodeOf(found), row.exit);
      for (const { fix } of found.findings) assert.doesNotMatch(fix, /agent\.json|sallyport (?:host|user|policy|agent)/);
      right += 1;
    });
  }
  after(() =>
    console.log(
      `golden verdicts: ${right} of ${ROWS.length} (${VERBATIM.length} verbatim, ${TRANSLATED.length} translated, ${LIKELY.length} likely samples, ${ROWS.length - SAMPLES.length} sets of files)`,
    ),
  );
});
