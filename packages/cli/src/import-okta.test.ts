/** `sallyport import okta` as a person and as a script call it: the files are only read, what it names exists, its page shows what it says. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { oktaImport } from "@sallyport/contracts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const PAGE = readFileSync(new URL("../../../docs/moving-from-okta.md", import.meta.url), "utf8");
const folder = mkdtempSync(join(tmpdir(), "sallyport-import-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const settings = join(folder, "rdp_app_config.json");
writeFileSync(
  settings,
  '\ufeff{\n  "Url": "https://acme.okta.com",\n  "ClientId": "0oa1bcdefghij0123456",\n  "ClientSecret": "PLANTEDsecretPLANTED",\n  "FilterCredentialProvider": true,\n  "RdpOnly": true,\n  "InternetFailOpenOption": true,\n  "WidgetTimeOutInSeconds": 60,\n  "SslPinningEnabled": true\n}\n',
);
const registry = join(folder, "okta.reg");
writeFileSync(
  registry,
  Buffer.from(
    '\ufeffWindows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication\\Credential Providers\\{6D269AEA-159E-4F45-BC6A-02AA9C14F310}]\r\n@="OktaCredentialProvider"\r\n"Disabled"=dword:00000001\r\n',
    "utf16le",
  ),
);

/** Node lets a process under `--permission` write no file, start no process and load no add-on. */
const sallyport = (...words: string[]) => {
  const args = ["--disable-warning=ExperimentalWarning", "--permission", "--allow-fs-read=*", MAIN, ...words];
  const done = spawnSync(process.execPath, args, { encoding: "utf8", env: { PATH: process.env["PATH"] } });
  return { code: done.status, out: done.stdout, error: done.stderr };
};

test("reads both files without the right to write any, and leaves bytes and times as they were", () => {
  for (const file of [settings, registry]) utimesSync(file, 1_700_000_000, 1_700_000_000);
  const before = [settings, registry].map((file) => ({ bytes: readFileSync(file), times: statSync(file, { bigint: true }) }));
  const { code, out, error } = sallyport("import", "okta", settings, registry);
  assert.deepEqual([code, error], [0, ""]);
  assert.match(out, /^rdp_app_config\.json, okta\.reg: 3 carry over, 3 to be decided, 3 with nothing to\nset\. Nothing was changed\.\n/);
  for (const [at, file] of [settings, registry].entries()) {
    const now = statSync(file, { bigint: true });
    assert.deepEqual(readFileSync(file), before[at]?.bytes);
    assert.deepEqual([now.mtimeNs, now.ctimeNs, now.ino], [before[at]?.times.mtimeNs, before[at]?.times.ctimeNs, before[at]?.times.ino]);
  }
  assert.deepEqual(readdirSync(folder).sort(), ["okta.reg", "rdp_app_config.json"]);
});

test("a folder is looked through; --json gives one value in the shape of the contract, without the secret", () => {
  const { code, out, error } = sallyport("import", "okta", folder, "--json");
  assert.deepEqual([code, error], [0, ""]);
  assert.doesNotMatch(out, /PLANTED/);
  assert.equal(
    oktaImport.parse(JSON.parse(out)).settings.find(({ found }) => found.what === "RdpOnly")?.found.where,
    "rdp_app_config.json:6:3".replace(/^/, `${folder.split("/").at(-1)}/`),
  );
});

test("a bad file is one complaint with its place, and exit code 1; for scripts as JSON", () => {
  const cut = join(folder, "cut.json");
  writeFileSync(cut, '{\n  "RdpOnly": tr');
  const { code, out, error } = sallyport("import", "okta", cut, join(folder, "none.reg"));
  assert.deepEqual([code, out], [1, ""]);
  assert.match(error, /^sallyport: \S*none\.reg: it is not there\n$/);
  const one = sallyport("import", "okta", cut, "--json");
  assert.equal(one.code, 1);
  assert.match(JSON.parse(one.out).complaints[0], /^cut\.json:2:14: JSON: /);
  assert.equal(sallyport("import", "okta").code, 1);
  rmSync(cut);
});

test("each command that it names is one", () => {
  const { out } = sallyport("import", "okta", folder);
  const named = new Set(
    [...out.replaceAll(/\n\s+/g, " ").matchAll(/sallyport ((?:[a-z]+(?=[ `\n]) ?){1,2})/g)].map(([, words = ""]) => words.trim()),
  );
  assert.ok(named.size >= 6, [...named].join());
  for (const words of named) {
    const help = sallyport(...words.split(" "), "--help");
    assert.match(help.out, new RegExp(`^Usage: sallyport ${words}\\b`), words);
  }
});

test("docs/moving-from-okta.md shows what the command says", () => {
  const { out } = sallyport("import", "okta", settings, registry);
  assert.ok(PAGE.includes(`\n$ sallyport import okta rdp_app_config.json okta.reg\n${out}\`\`\`\n`), out);
});
