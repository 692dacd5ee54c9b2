/** The installer: silent, disarmed until it is told otherwise, upgraded, repaired, removed; nobody locked out on the way, and every no says why. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { codeOf, ORG_NAME, ORG_PORT, type Org } from "../machine/org.ts";
import { must, ROOT, until } from "../machine/processes.ts";
import { bringScreen, hasKey, msiexec, OLDER, onDriveZ, ourInstallers, registry, VERSION } from "./installer.ts";
import { LogonScreen, readCredential } from "./logon-screen.ts";
import { startOrg } from "./story.ts";
import { HOME, Windows } from "./windows.ts";

const PASSWORD = "Pw-of-somebody-1";
const SETTINGS = "SOFTWARE\\Sallyport\\Provider";
const OURS = "{696F6D96-AB3D-4079-811D-515E4BF386D1}";
const AUTHENTICATION = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication";
const KEYS = [
  `${AUTHENTICATION}\\Credential Providers\\${OURS}`,
  `${AUTHENTICATION}\\Credential Provider Filters\\${OURS}`,
  `SOFTWARE\\Classes\\CLSID\\${OURS}`,
];

let org: Org;
let windows: Windows;
let app: string;
let older: string;
let newer: string;

before(async () => {
  org = await startOrg();
  app = (await org.call("POST", "/api/v1/apps", { label: "servers" })).id;
  windows = await Windows.bare();
  ({ older, newer } = await ourInstallers());
});
after(async () => {
  await windows?.end();
  await org?.stop();
});

/** A file of drive C with one line in it. */
function fileWith(name: string, text: string): string {
  writeFileSync(windows.path(`C:\\${name}`), `${text}\r\n`);
  return `C:\\${name}`;
}

const outcome = () => JSON.parse(readFileSync(windows.data("setup.json"), "utf8"));
const armed = () => registry(windows, SETTINGS, "Armed");
const newCode = async (name: string) => (await org.call("POST", "/api/v1/host-codes", { app, name })).code as string;

let people = 0;

/** Somebody new each time: a code works once, and the next one is half a minute away. */
async function logsOn(): Promise<void> {
  const login = `person${++people}`;
  const person = await org.person(login, PASSWORD);
  await org.call("POST", `/api/v1/apps/${app}/users`, { id: person.id });
  const screen = await LogonScreen.open(windows);
  const asked = await screen.type("edit", login).type("password", PASSWORD).submit();
  assert.equal(asked.response, "not-finished", asked.text);
  const done = await screen.type("edit", codeOf(person)).submit();
  assert.equal(done.response, "credential", done.text);
  const { user, password } = readCredential(done.credential?.bytes ?? "");
  assert.deepEqual([user, password], [login, PASSWORD]);
  await screen.close();
}

for (const [what, properties, sentence] of [
  ["a switch that is none", ["FILTER=yes"], "FILTER must be 1 or 0."],
  ["a secret on the command line", ["CLIENTSECRET=SALLYSECRET-1"], "a command line is logged"],
  ["a code in the place of its file", ["ENROLCODEFILE=sally1-0AB7C"], "are paths of files, not what stands in them."],
  [
    "a secret in the place of its file",
    [`ORGURL=https://${ORG_NAME}`, "CLIENTID=b", "CLIENTSECRETFILE=SALLYSECRET-1"],
    "are paths of files",
  ],
  ["an enrolment that is required without a way to it", ["ENROLMENT=required"], "needs a way to enrol"],
  ["one of three values", [`ORGURL=https://${ORG_NAME}`], "belong together"],
  ["two ways to enrol", ["ENROLCODEFILE=C:\\a", `ORGURL=https://${ORG_NAME}`, "CLIENTID=b", "CLIENTSECRETFILE=C:\\c"], "not by both"],
] as const)
  test(`${what} ends the installation before it begins`, async () => {
    const done = await msiexec(windows, "/i", older, [...properties]);
    assert.notEqual(done.code, 0);
    // Windows Installer writes the sentence into the log, Wine only that it was a condition.
    assert.match(done.log, /Action ended \S+: LaunchConditions\. Return value 0/);
    assert.match(must("msiinfo", ["export", older, "LaunchCondition"]), new RegExp(sentence.replace(".", "\\.")));
    assert.ok(!existsSync(windows.path(HOME)));
    for (const key of [...KEYS, SETTINGS]) assert.equal(await hasKey(windows, key), false, key);
  });

test("a broken enrolment code: installed whole, disarmed, no tile, nothing hidden, and the cause is said", async () => {
  const code = await newCode("win01");
  const at = code.length - 3;
  const broken = `${code.slice(0, at)}${code[at] === "7" ? "8" : "7"}${code.slice(at + 1)}`;
  const done = await msiexec(windows, "/i", older, [`ENROLCODEFILE=${fileWith("code.txt", broken)}`, "ARM=1", "ENROLMENT=later"]);
  assert.equal(done.code, 0, done.log.slice(-4000));
  bringScreen(windows);
  const { ok, enrolled, armed: isArmed, steps } = outcome();
  assert.deepEqual({ ok, enrolled, isArmed }, { ok: false, enrolled: false, isArmed: false });
  assert.deepEqual(
    steps.map(({ step, ok: well, cause }: any) => [step, well, cause]),
    [["enrol", false, "client.secret-mangled"]],
  );
  assert.ok(!JSON.stringify(steps).includes(broken.slice(0, 20)), "no code in the outcome");
  assert.ok(existsSync(windows.path("C:\\code.txt")), "what was not used stays");
  assert.equal(await armed(), "0x0");
  await nobodyIsAsked();
});

/** Whether our tile is there, and whom the filter leaves. */
async function look(): Promise<{ served: boolean; left: object }> {
  const screen = await LogonScreen.open(windows);
  const { served, left } = screen;
  await screen.close();
  return { served, left };
}

/** What Windows shows as without ours: its own tiles, all of them. */
async function nobodyIsAsked(): Promise<void> {
  assert.deepEqual(await look(), { served: false, left: { passwords: true, cards: true, ours: true } });
}

test("an installation registers the class at the installed file, the provider and the filter", async () => {
  let found = "";
  for (const key of KEYS) found += await windows.must(["reg", "query", `HKLM\\${key}`, "/s"]);
  assert.ok(found.includes(`${HOME}\\sallyport_provider.dll`), found);
  assert.match(found, /ThreadingModel +REG_SZ +Apartment/);
  assert.equal(found.match(/REG_SZ +Sallyport\r?$/gm)?.length, 3, found);
});

test("a repair, which anybody may begin, takes no property: nothing is opened, enrolled or armed by it", async () => {
  const before = await windows.must(["reg", "query", `HKLM\\${SETTINGS}`]);
  const code = fileWith("code.txt", await newCode("win01"));
  const asked = [`ENROLCODEFILE=${code}`, "ARM=1", "FILTER=0", "RDPONLY=1", `ALLOW=${OTHERS[0]}`, "TRIALUSER=x"];
  const done = await msiexec(windows, "/i", older, ["REINSTALL=ALL", "REINSTALLMODE=omus", ...asked]);
  assert.equal(done.code, 0, done.log.slice(-4000));
  assert.equal(await windows.must(["reg", "query", `HKLM\\${SETTINGS}`]), before);
  assert.deepEqual([outcome().enrolled, outcome().armed, outcome().steps], [false, false, []]);
  assert.ok(existsSync(windows.path("C:\\code.txt")));
});

test("the service starts with Windows, as the system, and is started again after a crash", async () => {
  const service = "SYSTEM\\CurrentControlSet\\Services\\Sallyport";
  assert.equal(await registry(windows, service, "Start"), "0x2");
  assert.equal(await registry(windows, service, "ObjectName"), "LocalSystem");
  // Wine keeps no such actions and answers ERROR_INVALID_LEVEL: only that the installer has asked its own service for them is shown.
  const repair = await msiexec(windows, "/i", older, ["REINSTALL=ALL", "REINSTALLMODE=omus"]);
  assert.match(repair.log, /Sallyport setup: (the service is started again 5, 15 and 60 seconds|.* was not set, error 124)/);
});

test("no program is started by the installer itself: a window of the system would stand on the desktop of whoever began a repair", () => {
  const rows = must("msiinfo", ["export", older, "CustomAction"]).split(/\r?\n/).slice(3).filter(Boolean);
  const types = rows
    .map((row) => row.split("\t"))
    .map(([id, type]) => ({ id, kind: Number(type) & 7, rights: (Number(type) & 0x800) !== 0 }));
  // learn.microsoft.com, Custom Action Types and In-Script Execution Options: 1 is a DLL's, 3 sets a property.
  assert.ok(types.filter(({ rights }) => rights).length >= 6);
  for (const { id, kind, rights } of types) assert.equal(kind, rights ? 1 : 3, id);
  for (const [id, , , target = ""] of rows.map((row) => row.split("\t"))) assert.ok(target.length <= 255, `${id}: ${target.length}`);
});

test("enrolled by a file, tried and armed by the installer: the tile asks, and the right code lets in", async () => {
  const code = await newCode("win01");
  const properties = [
    `ENROLCODEFILE=${fileWith("code.txt", code)}`,
    "ARM=1",
    "TRIALUSER=somebody",
    "FILTER=1",
    "RDPONLY=0",
    `ALLOW=${OTHERS.join(";")}`,
  ];
  assert.equal((await msiexec(windows, "/x", older)).code, 0);
  const done = await msiexec(windows, "/i", older, properties);
  assert.equal(done.code, 0, done.log.slice(-4000));
  bringScreen(windows);
  const { ok, steps } = outcome();
  assert.ok(ok, JSON.stringify(steps));
  assert.deepEqual(
    steps.map(({ step }: any) => step),
    ["enrol", "service", "doctor", "trial", "arm"],
  );
  assert.equal(readFileSync(windows.path("C:\\code.txt"), "utf8"), "", "the code is used up");
  assert.equal(await armed(), "0x1");
  assert.match((await registry(windows, SETTINGS, "AllowProviders")) ?? "", new RegExp(OTHERS.join("\\\\0").replace(/[{}]/g, "\\$&")));
  await logsOn();
});
const OTHERS = ["{60B78E88-EAD8-445C-9CFD-0B87F74EA6CD}", "{8FD7E19C-3BF7-489B-A72C-846AB3678C96}"];

/** Looks until the work is done whether Windows still has our provider, its filter, its class and its file; says what was missing, and how often it looked. */
async function watchTile(work: Promise<unknown>): Promise<{ missing: string[]; looks: number }> {
  const file = windows.path(`${HOME}\\sallyport_provider.dll`);
  const missing = new Set<string>();
  let looks = 0;
  let working = true;
  void work.finally(() => {
    working = false;
  });
  while (working) {
    for (const key of KEYS) if (!(await hasKey(windows, key))) missing.add(key);
    if ((await armed()) !== "0x1") missing.add("Armed");
    if (!existsSync(file)) missing.add(file);
    looks++;
  }
  return { missing: [...missing], looks };
}

test("an upgrade keeps enrolment, settings and arming, the tile is there all the while, and the new agent serves", async () => {
  await windows.must(["reg", "add", `HKLM\\${SETTINGS}`, "/v", "Filter", "/t", "REG_DWORD", "/d", "0", "/f"]);
  const kept = readFileSync(windows.data("host.json"), "utf8");
  const upgrading = msiexec(windows, "/i", newer);
  const { missing, looks } = await watchTile(upgrading);
  const done = await upgrading;
  assert.equal(done.code, 0, done.log.slice(-4000));
  assert.ok(looks > 1, "it was looked at meanwhile");
  console.log(`${looks} looks during the upgrade`);
  assert.deepEqual(missing, []);
  assert.equal(readFileSync(windows.data("host.json"), "utf8"), kept);
  assert.equal(await armed(), "0x1");
  assert.equal(await registry(windows, SETTINGS, "Filter"), "0x0");
  assert.match((await registry(windows, SETTINGS, "AllowProviders")) ?? "", /60B78E88/);
  const products = await windows.must(["reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall", "/s"]);
  assert.deepEqual(
    [...products.matchAll(/DisplayVersion\s+REG_SZ\s+(\S+)/g)].map((found) => found[1]).filter((one) => one === OLDER || one === VERSION),
    [VERSION],
  );
  assert.equal((await windows.agent("status")).running, true);
  await logsOn();
});

test("a repair puts back what is missing, and stays armed", async () => {
  await windows.stopService();
  rmSync(windows.path(`${HOME}\\sallyport_provider.dll`));
  await windows.must(["reg", "delete", `HKLM\\${KEYS[2]}`, "/f"]);
  // What `msiexec /fa` stands for (learn.microsoft.com, REINSTALLMODE); Wine's msiexec fails at the short form.
  const done = await msiexec(windows, "/i", newer, ["REINSTALL=ALL", "REINSTALLMODE=amus"]);
  assert.equal(done.code, 0, done.log.slice(-4000));
  assert.equal(await armed(), "0x1");
  await logsOn();
});

/** The lines of a page that are to be typed on the machine itself or at another one: here there is only the one. */
function typed(page: string, pattern: RegExp): string[] {
  const lines = readFileSync(join(ROOT, "docs", page), "utf8").split("\n");
  return lines.filter((line) => pattern.test(line)).map((line) => line.replace(/\\\\SRV01[\\ ]/, "").trim());
}

test("the switch of the page about getting back in: set, nobody is asked and nothing is hidden; taken back, the tile asks", async () => {
  const [on, ...more] = typed("windows-getting-back-in.md", /^reg add (\\\\SRV01\\)?HKLM\\SOFTWARE/);
  const off = typed("windows-getting-back-in.md", /^reg delete /);
  assert.ok(on && more.every((line) => line === on) && off.length === 2 && new Set(off).size === 1, "near or far, it is one switch");
  await windows.must(on.split(" "));
  await nobodyIsAsked();
  // Broken in every other way as well.
  await windows.stopService();
  await nobodyIsAsked();
  await windows.must(off[0]?.split(" ") ?? []);
  assert.ok((await look()).served, "the tile is there, and refuses without its agent");
  await windows.startService();
  await logsOn();
});

test("the lines of that page about the service: it is asked, stopped and started, and stopping it opens nothing", async () => {
  const [query, stop, start] = typed("windows-getting-back-in.md", /^sc\.exe \\\\SRV01 \w+ Sallyport$/);
  const type = (line = "") => windows.must(line.split(" "));
  assert.match(await type(query), /RUNNING/);
  await type(stop);
  await windows.serviceEnds();
  assert.ok((await look()).served, "the tile is there, and refuses");
  await type(start);
  await until("its agent answers", async () => (await windows.agent("status")).running === true);
});

test("the policy's switch wins over the machine's own", async () => {
  const policy = "SOFTWARE\\Policies\\Sallyport\\Provider";
  await windows.must(["reg", "add", `HKLM\\${policy}`, "/v", "Disable", "/t", "REG_DWORD", "/d", "1", "/f"]);
  await nobodyIsAsked();
  await windows.must(["reg", "delete", `HKLM\\${policy}`, "/f"]);
  assert.ok((await look()).served);
});

test("removed: no key, no service, no file of ours, the identity kept and disarmed; installed again it is enrolled and asks nobody", async () => {
  // By the id below Uninstall, as the page about getting back in finds it.
  const products = await windows.must(["reg", "query", "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall", "/s"]);
  const keys = products.replaceAll("\r", "").split(/\n(?=HKEY)/);
  const own = keys.find((one) => /DisplayName\s+REG_SZ\s+Sallyport agent$/m.test(one)) ?? "";
  const id = /^.*\\(\{[0-9A-F-]{36}\})$/im.exec(own)?.[1] ?? assert.fail(products);
  await serviceEnds();
  assert.equal((await windows.wine(["msiexec", "/x", id, "/qn", "/norestart"], { timeout: 240_000 })).code, 0);
  await nothingStandsInTheWay();
  assert.equal(await armed(), undefined);
  assert.ok(existsSync(windows.data("host.json")));
  assert.equal((await msiexec(windows, "/i", newer)).code, 0);
  bringScreen(windows);
  const { enrolled, armed: isArmed } = outcome();
  assert.deepEqual([enrolled, isArmed, await armed()], [true, false, "0x0"]);
  assert.equal(await registry(windows, SETTINGS, "AllowProviders"), undefined, "what somebody had set for another installation");
  await nobodyIsAsked();
});

/** Wine's installer leaves the file of a program that has not ended yet. */
async function serviceEnds(): Promise<void> {
  if (await windows.serviceIs("RUNNING")) await windows.askServiceToStop();
  await windows.serviceEnds();
}

async function nothingStandsInTheWay(): Promise<void> {
  for (const key of [...KEYS, "SYSTEM\\CurrentControlSet\\Services\\Sallyport"]) assert.equal(await hasKey(windows, key), false, key);
  // A program that is still ending is left to the next start of Windows.
  const later = (await registry(windows, "SYSTEM\\CurrentControlSet\\Control\\Session Manager", "PendingFileRenameOperations")) ?? "";
  for (const name of ["sallyport_provider.dll", "sallyport-relay.exe", "sallyport-agent.exe"])
    assert.ok(!existsSync(windows.path(`${HOME}\\${name}`)) || later.includes(name), `${name} is left for ever`);
}

test("removed with PURGE=1, nothing is left", async () => {
  await serviceEnds();
  const done = await msiexec(windows, "/x", newer, ["PURGE=1"]);
  assert.equal(done.code, 0, done.log.slice(-4000));
  await nothingStandsInTheWay();
  assert.equal(await hasKey(windows, "SOFTWARE\\Sallyport"), false);
  assert.equal(existsSync(windows.path("C:\\ProgramData\\Sallyport")), false);
});

test("a fleet's three values register the machine; the file with the secret is only read, and the secret is in no log", async () => {
  const { id, secret } = await org.call("POST", "/api/v1/clients", { app, name: "image", cap: 5 });
  const values = [`ORGURL=https://${ORG_NAME}:${ORG_PORT}`, `CLIENTID=${id}`, `CLIENTSECRETFILE=${fileWith("secret.txt", secret)}`];
  const done = await msiexec(windows, "/i", newer, [...values, `ORGCAFILE=${onDriveZ(join(org.folder, "chain.pem"))}`, "ARM=1"]);
  assert.equal(done.code, 0, done.log.slice(-4000));
  bringScreen(windows);
  assert.ok(outcome().ok, JSON.stringify(outcome().steps));
  assert.ok(existsSync(windows.path("C:\\secret.txt")));
  const kept = ["setup.json", "agent.log", "agent.json"].map((name) => readFileSync(windows.data(name), "utf8")).join("\n");
  assert.doesNotMatch(`${done.log}${kept}`, new RegExp(secret));
  await logsOn();
});

/** Not after the upgrade: with the old product Wine forgets the code by which all versions are one product, where Windows forgets the old one's. */
test("an older version is refused over a newer one", async () => {
  const done = await msiexec(windows, "/i", older);
  assert.notEqual(done.code, 0);
  assert.match(done.log, /Action ended \S+: LaunchConditions\. Return value 0/);
  assert.equal(await armed(), "0x1");
});

test("what must not be given on a command line is hidden in Windows Installer's log should somebody do so", () => {
  assert.match(
    must("msiinfo", ["export", newer, "Property"]),
    /^MsiHiddenProperties\s+ENROLCODE;CLIENTSECRET;ENROLCODEFILE;CLIENTSECRETFILE;ORGCAFILE;Setup\r?$/m,
  );
});

test("all parts carry the project's one version", async () => {
  for (const name of ["sallyport_provider.dll", "sallyport-relay.exe", "sallyport-agent.exe"])
    assert.deepEqual(versionsIn(readFileSync(windows.path(`${HOME}\\${name}`))), [`${VERSION}.0`, VERSION], name);
  assert.equal((await windows.agent("status")).version, VERSION);
});

/** VS_FIXEDFILEINFO's file version, and the text beside `ProductVersion`. */
function versionsIn(file: Buffer): [string, string] {
  const at = file.indexOf(Buffer.from("bd04effe00000100", "hex"));
  assert.ok(at > 0, "no version resource");
  const [high, low] = [file.readUInt32LE(at + 8), file.readUInt32LE(at + 12)];
  const name = Buffer.from("ProductVersion\0", "utf16le");
  const value = file.indexOf(name, at) + name.length;
  const text = file.toString("utf16le", value, value + 64).replace(/^\0+/, "");
  return [[high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join("."), text.slice(0, text.indexOf("\0"))];
}
