/** The setup that the installer runs: an enrolment that fails is heard of, the doctor keeps a sick machine disarmed, and an org that is away stops no upgrade. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ORG_NAME, ORG_PORT, type Org } from "../machine/org.ts";
import { must, ROOT } from "../machine/processes.ts";
import { bringScreen, hasKey, installedWindows, msiexec, ourInstallers, registry } from "./installer.ts";
import { LogonScreen } from "./logon-screen.ts";
import { startOrg } from "./story.ts";
import { HOME, Windows } from "./windows.ts";

const OURS = "{696F6D96-AB3D-4079-811D-515E4BF386D1}";
const LOGON = "SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication";
const SETTINGS = "SOFTWARE\\Sallyport\\Provider";
/** ERROR_INSTALL_FAILURE; Linux keeps eight bits of an exit code. */
const FAILED = 1603 % 256;

let org: Org;
let app: string;
let older: string;
let newer: string;
let windows: Windows;

before(async () => {
  org = await startOrg();
  app = (await org.call("POST", "/api/v1/apps", { label: "servers" })).id;
  ({ older, newer } = await ourInstallers());
});
after(async () => {
  await windows?.end();
  await org?.stop();
});

const newCode = async (name: string) => (await org.call("POST", "/api/v1/host-codes", { app, name })).code as string;
const armed = () => registry(windows, SETTINGS, "Armed");
const outcome = () => JSON.parse(readFileSync(windows.data("setup.json"), "utf8"));

/** Windows' own tiles, all of them, and none of ours. */
async function nobodyIsAsked(): Promise<void> {
  mkdirSync(windows.path(HOME), { recursive: true });
  bringScreen(windows);
  const screen = await LogonScreen.open(windows);
  assert.deepEqual([screen.served, screen.left], [false, { passwords: true, cards: true, ours: true }]);
  await screen.close();
}

test("an enrolment that fails ends a new installation: 1603, the cause and what to do in the installer's log, no code in it, people log on", async () => {
  windows = await Windows.bare();
  const code = await newCode("win03");
  const broken = `${code.slice(0, -3)}${code.at(-3) === "7" ? "8" : "7"}${code.slice(-2)}`;
  writeFileSync(windows.path("C:\\code.txt"), broken);
  const allow = "ALLOW={60B78E88-EAD8-445C-9CFD-0B87F74EA6CD}";
  const done = await msiexec(windows, "/i", newer, ["ENROLCODEFILE=C:\\code.txt", "ARM=1", allow]);
  assert.equal(done.code, FAILED, done.log.slice(-4000));
  assert.match(done.log, /Sallyport setup: enrol \(client\.secret-mangled\): .* What to do: \w/);
  assert.ok(!done.log.includes(broken.slice(0, 20)));
  assert.equal(outcome().enrolled, false);
  // All is taken back: Windows has no provider of ours to show, and no filter that hides another's.
  for (const kind of ["Credential Providers", "Credential Provider Filters"])
    assert.equal(await hasKey(windows, `${LOGON}\\${kind}\\${OURS}`), false);
  assert.equal(await hasKey(windows, "SYSTEM\\CurrentControlSet\\Services\\Sallyport"), false);
  assert.deepEqual([await armed(), await hasKey(windows, "SOFTWARE\\Sallyport")], [undefined, false]);
  await windows.end();
});

test("with ENROLMENT=later it stays, disarmed: an org that is away at the installation is said, and enrols another time", async () => {
  windows = await Windows.bare();
  writeFileSync(windows.path("C:\\code.txt"), await newCode("win04"));
  await org.stop();
  const done = await msiexec(windows, "/i", older, ["ENROLCODEFILE=C:\\code.txt", "ARM=1", "ENROLMENT=later"]);
  assert.equal(done.code, 0, done.log.slice(-4000));
  assert.match(done.log, /Sallyport setup: enrol \(net\.\w+\): /);
  const { ok, steps } = outcome();
  assert.deepEqual([ok, steps.length, steps[0].step, typeof steps[0].fix], [false, 1, "enrol", "string"]);
  assert.equal(await armed(), "0x0");
  const status = await windows.agent("status");
  assert.match(status.setup.told, /^enrol \(net\.\w+\): .* What to do: /);
  await nobodyIsAsked();
  await org.start();
});

test("set up later by hand, also where the service runs already; then no upgrade or repair fails because the org is away", async () => {
  // As after a restart of Windows.
  await windows.runService();
  const properties = ["--code-file", "C:\\code.txt", "--arm", "1"];
  const done = JSON.parse(await windows.must([`${HOME}\\sallyport-agent.exe`, "setup", ...properties], { timeout: 240_000 }));
  assert.ok(done.ok, JSON.stringify(done.steps));
  assert.equal(await armed(), "0x1");
  await org.stop();
  const { id, secret } = { id: "SALLYID-none", secret: "SALLYSECRET-none" };
  writeFileSync(windows.path("C:\\secret.txt"), secret);
  const fleet = [`ORGURL=https://${ORG_NAME}:${ORG_PORT}`, `CLIENTID=${id}`, "CLIENTSECRETFILE=C:\\secret.txt", "ARM=1"];
  const upgrade = await msiexec(windows, "/i", newer, [...fleet, "ENROLMENT=required"]);
  assert.equal(upgrade.code, 0, upgrade.log.slice(-4000));
  assert.equal(await armed(), "0x1");
  const repair = await msiexec(windows, "/i", newer, ["REINSTALL=ALL", "REINSTALLMODE=amus"]);
  assert.equal(repair.code, 0, repair.log.slice(-4000));
  assert.equal(await armed(), "0x1");
  await org.start();
  await windows.end();
});

/** What collect.ps1 would have written; what a machine does not tell is no finding. */
function collected(facts: object): void {
  writeFileSync(windows.path("C:\\facts.json"), JSON.stringify({ version: 1, collectedAt: new Date().toISOString(), ...facts }));
}

async function setUp(): Promise<any> {
  const { code, out } = await windows.wine([`${HOME}\\sallyport-agent.exe`, "setup", "--arm", "1"], { timeout: 240_000 });
  const outcome = JSON.parse(out.split("\n").find((line) => line.startsWith("{")) ?? assert.fail(out));
  assert.equal(code === 0, outcome.ok);
  const doctor = outcome.steps.find(({ step }: { step: string }) => step === "doctor");
  return { ...outcome, doctor };
}

/** Lines of the event log: 5 set up, 6 stopped. */
function noted(): { note: number; detail: string } {
  const lines = readFileSync(windows.path("C:\\machine.heard"), "utf8").trim().split("\n");
  const all = lines.map((line) => JSON.parse(line)).filter(({ note }) => note === 5 || note === 6);
  return all.at(-1) ?? assert.fail("nothing noted");
}

test("a code in the place of its file is in no outcome, no event log and on no output, whole or without its beginning", async () => {
  windows = await installedWindows("story-relay.exe");
  writeFileSync(windows.path("C:\\machine.json"), "{}");
  const code = await newCode("win06");
  for (const [args, status] of [
    [["--code-file", code], 2],
    [["--code-file", code.slice(7)], 2],
    [[code], 64],
  ] as const) {
    const { code: ended, out } = await windows.wine([`${HOME}\\sallyport-agent.exe`, "setup", ...args]);
    const said = `${out}${status === 2 ? JSON.stringify([outcome(), noted()]) : ""}`;
    assert.deepEqual([ended, /what was given is the path of no file|setup takes options alone/.test(said)], [status, true], said);
    for (const part of code.split("-").slice(1, -1)) assert.ok(!said.includes(part));
  }
});

const HOLES = {
  "config.exposed": { folder: { exists: true, link: false, sddl: "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;BU)" } },
  "provider.missing": { providers: [] },
};

test("the doctor is asked before the machine is armed: a folder that others may look into, a provider that is not registered", async () => {
  const shell = windows.path("C:\\windows\\system32\\WindowsPowerShell\\v1.0");
  mkdirSync(shell, { recursive: true });
  copyFileSync(join(ROOT, "native/windows/build/story-powershell.exe"), join(shell, "powershell.exe"));
  assert.equal((await windows.agent("enrol", `${await newCode("win05")}\r\n`)).ok, true);
  for (const [cause, facts] of Object.entries(HOLES)) {
    collected(facts);
    const { ok, armed: isArmed, steps, doctor } = await setUp();
    assert.deepEqual([ok, isArmed, steps.at(-1).step, doctor.cause], [false, false, "doctor", cause], JSON.stringify(steps));
    assert.ok(doctor.reason.includes(cause) && doctor.fix.length > 20);
    assert.deepEqual([noted().note, noted().detail.includes(cause), noted().detail.includes("What to do: ")], [6, true, true]);
    const status = await windows.wine([`${HOME}\\sallyport-agent.exe`, "agent", "status"]);
    assert.ok(status.out.includes(`setup: stopped at doctor (${cause}): `), status.out);
  }
  assert.equal(await armed(), "0x0");
});

test("an org that is away keeps it disarmed, by the cause that the doctor finds on the way to it", async () => {
  collected({});
  await org.stop();
  const { steps, doctor } = await setUp();
  assert.deepEqual([doctor?.ok, doctor?.cause], [false, "net.refused"], JSON.stringify(steps));
  assert.equal(await armed(), "0x0");
  await org.start();
});

test("a clock that Windows' time source calls wrong, and remote desktop switched off, are said and do not keep it from being armed", async () => {
  collected({
    stripchart: { against: "time.example", offsets: [900, 900, 900] },
    terminalServer: { fDenyTSConnections: 1, UserAuthentication: 1, SecurityLayer: 2, PortNumber: 3389, fEnableWinStation: 1 },
    terminalServerPolicy: { fDenyTSConnections: null, UserAuthentication: null, SecurityLayer: null },
  });
  const { ok, steps, doctor } = await setUp();
  assert.ok(ok, JSON.stringify(steps));
  for (const cause of ["clock.host", "host.remote-off"]) assert.ok(doctor.reason.includes(cause), doctor.reason);
  assert.equal(await armed(), "0x1");
  assert.deepEqual([noted().note, noted().detail.includes("armed")], [5, true]);
});

test("a machine on which PowerShell may not run is armed, and what was not looked at is said", async () => {
  const facts = windows.path("C:\\facts.json");
  writeFileSync(facts, "");
  assert.ok(existsSync(facts));
  await windows.agent("disarm");
  const { ok, doctor } = await setUp();
  assert.ok(ok);
  assert.match(doctor.reason, /not looked at: /);
});

/** An installer that does nothing but call the setup DLL, with what `DATA` says. */
function onlySetup(): string {
  const wxs = windows.path("C:\\only-setup.wxs");
  writeFileSync(
    wxs,
    `<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi"><Product Id="8E4A6F0C-90F6-4B6B-9D3B-0D6E6D5C1F01" Name="only setup" Language="1033"
     Version="1.0.0" Manufacturer="story" UpgradeCode="8E4A6F0C-90F6-4B6B-9D3B-0D6E6D5C1F02"><Package InstallerVersion="500" InstallScope="perMachine" />
     <Directory Id="TARGETDIR" Name="SourceDir"><Component Id="one" Guid="8E4A6F0C-90F6-4B6B-9D3B-0D6E6D5C1F03" Win64="yes">
     <RegistryValue Root="HKLM" Key="SOFTWARE\\Story" Name="One" Type="integer" Value="1" KeyPath="yes" /></Component></Directory>
     <Feature Id="all" Level="1"><ComponentRef Id="one" /></Feature>
     <Binary Id="dll" SourceFile="sallyport_setup.dll" />
     <CustomAction Id="Tell" Property="Setup" Value="[DATA]" Impersonate="yes" />
     <CustomAction Id="Setup" BinaryKey="dll" DllEntry="SetUp" Execute="deferred" Impersonate="no" Return="check" />
     <InstallExecuteSequence><Custom Action="Tell" Sequence="6449" /><Custom Action="Setup" Sequence="6450" /></InstallExecuteSequence>
     </Product></Wix>`,
  );
  copyFileSync(join(ROOT, "native/windows/build/sallyport_setup.dll"), windows.path("C:\\sallyport_setup.dll"));
  must("sh", ["-c", 'cd "$1" && exec wixl -a x64 -o only-setup.msi only-setup.wxs', "sh", windows.path("C:\\")]);
  return windows.path("C:\\only-setup.msi");
}

test("a setup that hangs or breaks: a machine that it has enrolled by then stays installed, another is taken back", async () => {
  await windows?.end();
  windows = await Windows.bare();
  const installer = onlySetup();
  const settings = windows.path("C:\\agent.json");
  const setup = async (does: string) => {
    rmSync(settings, { force: true });
    writeFileSync(windows.path("C:\\setup.bat"), `@echo off\r\necho begun\r\n${does}\r\n`);
    const { code, log } = await msiexec(windows, "/i", installer, ["DATA=required|5|C:|C:\\setup.bat"]);
    assert.match(log, /Sallyport setup: begun/);
    return { code, why: /Sallyport setup: (it .*?)\.?\s*$/m.exec(log)?.[1] };
  };
  const [hang, enrol] = [":again\r\ngoto again", "echo {} > C:\\agent.json"];
  assert.deepEqual(await setup(hang), { code: FAILED, why: "it took too long and was ended" });
  assert.deepEqual(await setup("exit 134"), { code: FAILED, why: "it ended with 134" });
  assert.equal(await hasKey(windows, "SOFTWARE\\Story"), false);
  assert.deepEqual(await setup(`${enrol}\r\n${hang}`), { code: 0, why: "it took too long and was ended" });
  assert.equal(await hasKey(windows, "SOFTWARE\\Story"), true);
  assert.deepEqual(await setup(`${enrol}\r\nexit 134`), { code: 0, why: "it ended with 134" });
  assert.deepEqual(await setup(`${enrol}\r\nexit 64`), { code: FAILED, why: "it ended with 64" });
});
