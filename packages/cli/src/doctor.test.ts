/** `sallyport doctor` as a person and as a script call it: exit code, one JSON shape, a page for a ticket, nothing on a wire. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { diagnosis } from "@sallyport/contracts";

const MAIN = new URL("./main.ts", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "sallyport-doctor-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const log = join(folder, "OktaWidget.log");
writeFileSync(
  log,
  "2026-05-06 10:00:00 exception thrown is = System.Net.WebException: Der Remoteserver hat einen Fehler zurückgegeben: (401) Nicht autorisiert.<CR><LF>   bei System.Net.HttpWebRequest.GetResponse()<CR><LF>   bei OktaWidget.JwtService.GetStateTokenUsingJwt(String username)\r\n",
);
const settings = join(folder, "rdp_app_config.json");
writeFileSync(settings, '{"Url": "https://acme.okta.com/", "ClientSecret": "PLANTED-secret-PLANTED"}');
const healthy = join(folder, "healthy");
const doctor = (words: string[], env: Record<string, string> = {}, form = "okta") => {
  const done = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "doctor", form, ...words], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], ...env },
  });
  return { code: done.status, out: done.stdout, error: done.stderr };
};

test("exit code 1 for findings; the JSON has the one shape, the root cause first", () => {
  const { code, out, error } = doctor([log, settings, "--json"]);
  assert.deepEqual([code, error], [1, ""]);
  const found = diagnosis.parse(JSON.parse(out));
  assert.equal(found.findings[0]?.cause, "url.trailing-slash");
  assert.equal(found.incidents[0]?.kind, "http-401");
});

test("exit code 0 for healthy, 2 where it could not look", () => {
  writeFileSync(healthy, "OktaWidget: widget shown\n");
  const json = join(folder, "good.json");
  writeFileSync(json, '{"Url": "https://acme.okta.com", "FilterCredentialProvider": true}');
  assert.deepEqual([doctor([json]).code, doctor([join(folder, "nowhere")]).code], [0, 2]);
  assert.match(doctor([join(folder, "nowhere")]).out, /^Could not look: it is not there\./);
});

test("text off a terminal is plain and without progress, in 80 columns, also where colours are wanted", () => {
  const { out, error } = doctor([log, settings], { TERM: "xterm-256color", COLUMNS: "200" });
  assert.equal(error, "");
  assert.doesNotMatch(out, new RegExp(String.fromCharCode(27)));
  for (const line of out.split("\n")) assert.ok([...line].length <= 80, line);
  assert.match(out, /^1 × http-401: url\.trailing-slash\. Also found: client\.secret-mangled\.\n\nConfirmed\n/);
});

test("--html writes one private file, never over another", () => {
  const page = join(folder, "ticket.html");
  assert.equal(doctor([log, settings, "--html", page]).code, 1);
  const html = readFileSync(page, "utf8");
  assert.match(html, /url\.trailing-slash/);
  assert.equal(statSync(page).mode & 0o777, 0o600);
  const again = doctor([log, "--html", page]);
  assert.deepEqual([again.code, readFileSync(page, "utf8") === html], [2, true]);
  assert.match(again.error, /ticket\.html: EEXIST/);
});

test("a secret of the settings stands in none of the three", () => {
  const page = join(folder, "secret.html");
  const told = [doctor([settings, "--json"]).out, doctor([settings, "--html", page]).out, readFileSync(page, "utf8")];
  for (const text of told) {
    assert.match(text, /client\.secret-mangled/);
    assert.doesNotMatch(text, /PLANTED/);
  }
});

test("doctor logon explains a logon from a copy of the agent's log, and takes the reference as it was read aloud", () => {
  const copy = join(folder, "agent.log");
  writeFileSync(
    copy,
    '{"level":"warn","time":"2026-05-06T10:00:00.000Z","event":"logon","reference":"K7QF-3M2P","result":"deny","cause":"net.dns","evidence":{"name":"mfa.corp.example"},"username":"alice"}\n',
  );
  const { code, out } = doctor(["k7qf 3m2p", copy, "--json"], {}, "logon");
  assert.equal(code, 1);
  const found = diagnosis.parse(JSON.parse(out));
  assert.deepEqual([found.findings[0]?.cause, found.incidents[0]?.users], ["net.dns", ["alice"]]);
  assert.deepEqual([doctor(["AAAA-BBBB", copy], {}, "logon").code, doctor(["no reference", copy], {}, "logon").code], [2, 2]);
});

test("doctor host --windows judges another machine by its facts alone, and says what is wrong with a file that is none", () => {
  const facts = join(folder, "srv01.json");
  const service = (state: number) => ({ state, start: 2 });
  const services = { TermService: service(4), Sallyport: service(1), W32Time: service(4) };
  writeFileSync(facts, JSON.stringify({ version: 1, collectedAt: "2026-11-25T09:30:00Z", services }));
  const { code, out } = doctor(["--windows", facts, "--user", "alice", "--json"], {}, "host");
  const { findings, notLookedAt } = diagnosis.parse(JSON.parse(out));
  assert.equal(code, 1);
  assert.deepEqual(
    findings.filter(({ verdict }) => verdict === "confirmed").map(({ cause, evidence: [one] }) => [cause, one?.where]),
    [["agent.unreachable", "srv01.json: services.Sallyport"]],
  );
  assert.ok(notLookedAt.some(({ why }) => why === "terminalServerPolicy was not collected"));
  writeFileSync(facts, '\ufeff{ "version": 1 }', "utf16le");
  const wrong = doctor(["--windows", facts], {}, "host");
  assert.deepEqual([wrong.code, wrong.out.includes("srv01.json:1:1: collectedAt: is missing")], [2, true], wrong.out);
  for (const words of [
    ["--user", "alice"],
    ["--windows", facts, "--state", folder],
    ["--windows", join(folder, "nowhere.json")],
  ])
    assert.equal(doctor(words, {}, "host").code, 2, words.join(" "));
});

test("a doctor that was called wrongly has found nothing: exit code 2", () => {
  for (const [words, form] of [
    [[], "okta"],
    [[], "okat"],
    [[log, "--jsno"], "okta"],
    [[], "logon"],
  ] as const) {
    const { code, out, error } = doctor([...words], {}, form);
    assert.deepEqual([code, /"healthy"/.test(out)], [2, false], `${form} ${words.join(" ")}: ${error}`);
    assert.match(error, /^(error|sallyport): /);
  }
  assert.equal(doctor(["--help"]).code, 0);
  const file = join(folder, "no-token");
  const blind = doctor(["K7QF-3M2P", "--org", "https://mfa.corp.example", "--token-file", file, "--json"], {}, "logon");
  assert.equal(blind.code, 2, blind.error);
  assert.match(JSON.stringify(diagnosis.parse(JSON.parse(blind.out)).notLookedAt), /no-token: there is no such file/);
});

test("docs/doctor.md shows what the command really says", () => {
  const stack = [
    "System.Net.HttpWebRequest.GetResponse()",
    "OktaWidget.JwtService.GetStateTokenUsingJwt(String username)",
    "OktaWidget.OktaWidgetForm..ctor(String username, Int64 parent, Int64 widgetFlow)",
    "OktaWidget.OktaWidgetClass.displayWidget(Int64 parent, String username, Int64 flow)",
  ];
  const refusals: [number, string, string][] = [
    [4, "alice", "(401) Unauthorized"],
    [4, "bob", "(401) Unauthorized"],
    [5, "alice", "(401) Unauthorized"],
    [6, "carol", "(401) Unauthorized"],
    [6, "dave", "(403) Forbidden"],
  ];
  const lines = refusals.map(
    ([day, user, said]) =>
      `2026-05-0${day} 08:1${day}:02,431 [7] INFO  displayWidget for user CORP\\${user}\r\n2026-05-0${day} 08:1${day}:03,002 [7] ERROR exception thrown is = System.Net.WebException: The remote server returned an error: ${said}.${stack.map((frame) => `<CR><LF>   at ${frame}`).join("")}\r\n`,
  );
  const where = mkdtempSync(join(folder, "docs-"));
  writeFileSync(join(where, "OktaWidget.log"), lines.join(""));
  const options = {
    Url: "https://acme.okta.com/",
    ClientId: "0oa1bcdefghij0123456",
    ClientSecret: `${"QUJDRA".repeat(28)}Zz8=`,
    FilterCredentialProvider: true,
    RdpOnly: false,
    InternetFailOpenOption: true,
    WidgetTimeOutInSeconds: 60,
    SslPinningEnabled: true,
  };
  writeFileSync(join(where, "rdp_app_config.json"), JSON.stringify(options, null, 2));
  const { out } = doctor([join(where, "OktaWidget.log"), join(where, "rdp_app_config.json")]);
  const page = readFileSync(new URL("../../../docs/doctor.md", import.meta.url), "utf8");
  const shown = /^\$ sallyport doctor okta .*\n([\s\S]*?)^```$/m.exec(page)?.[1];
  assert.equal(shown, out);
});
