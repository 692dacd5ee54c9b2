/** The script of the checklist cannot run here. A parser reads it: it is whole, has the steps of the page, fills the schema, and calls nothing that could change a machine. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CHECKLIST, checklistLooks, checklistResult } from "@sallyport/contracts";
import * as z from "zod";
import { callsIn, parse, readScript, textsOf } from "./powershell.fixture.ts";

const text = readScript("checklist.ps1");
const root = await parse(text);
const page = readFileSync(new URL("../../../../../docs/windows-checklist.md", import.meta.url), "utf8");

/** What comes with Windows and reads only, or speaks with the person; every other name must be a function of the script. */
const CMDLETS =
  `ConvertFrom-Json ConvertTo-Json ForEach-Object Get-AuthenticodeSignature Get-CimInstance Get-FileHash Get-WinEvent Join-Path New-Object Out-Null
Read-Host Set-StrictMode Write-Host`.split(/\s+/);
/** The only three that write are those of the script's own file, and of the one that collect.ps1 wrote for it. */
const STATIC =
  `[IO.Directory]::Exists [IO.Directory]::GetFiles [IO.File]::Delete [IO.File]::Exists [IO.File]::ReadAllText [IO.File]::WriteAllText
[IO.Path]::GetDirectoryName [IO.Path]::GetTempPath [Microsoft.Win32.RegistryKey]::OpenBaseKey [System.Diagnostics.FileVersionInfo]::GetVersionInfo
[guid]::NewGuid [math]::Ceiling`.split(/\s+/);
const METHODS = `Add Dispose GetSecurityDescriptorSddlForm GetType GetUnresolvedProviderPathFromPSPath GetValue OpenSubKey Replace
Substring ToArray ToString ToUniversalTime Trim`.split(/\s+/);

describe("checklist.ps1", () => {
  it("is PowerShell without a mistake in it, in ASCII, so that 5.1 reads it right", async () => {
    assert.equal(root.hasError, false);
    assert.match(text, /^[\t\n\u0020-\u007e]*$/);
    assert.equal((await parse(text.replace("@{ y =", "@( y ="))).hasError, true);
  });

  it("has the steps of the checklist, in its order and words", () => {
    const steps = [...text.matchAll(/\n {8}id {2}= '(.*)'\n {8}do {2}= '(.*)'\n {8}see = '(.*)'\n {8}seconds = (\d+)\n/g)];
    const plain = (quoted = "") => quoted.replaceAll("''", "'");
    assert.deepEqual(
      steps.map(([, id, what, see, seconds]) => [plain(id), plain(what), plain(see), Number(seconds)]),
      CHECKLIST.map((step) => [step.id, step.do, step.see, step.seconds]),
    );
  });

  it("looks at what the schema has, once, and names each of its fields", () => {
    const asked = [...text.matchAll(/^Add-(?:List)?Look '(\w+)'/gm)].map(([, name]) => name);
    assert.deepEqual(asked.sort(), Object.keys(checklistLooks.shape).sort());
    const schema = JSON.stringify(z.toJSONSchema(checklistResult));
    const fields = new Set(
      [...schema.matchAll(/"properties":\{"(\w+)"|,"(\w+)":\{"(?:type|anyOf|enum)"/g)].map(([, one, other]) => one ?? other ?? ""),
    );
    assert.ok(fields.size > 25, `${fields.size}`);
    assert.deepEqual(
      [...fields].filter((name) => name !== "items" && !new RegExp(`\\b${name}\\b`).test(text)),
      [],
    );
  });

  it("writes as lists what the schema has as lists, also with one member or none", () => {
    const lists = [...text.matchAll(/^Add-ListLook '(\w+)'/gm)].map(([, name]) => name);
    const { properties = {} } = z.toJSONSchema(checklistLooks) as { properties?: Record<string, { anyOf?: { type?: string }[] }> };
    const wanted = Object.keys(properties).filter((name) => properties[name]?.anyOf?.some(({ type }) => type === "array"));
    assert.deepEqual(lists.sort(), wanted.sort());
  });

  it("calls only what comes with Windows and reads; of programs the agent's own `status`, and collect.ps1", () => {
    const own = textsOf("function_name", root);
    const called = new Set(textsOf("command_name", root));
    assert.deepEqual([...called].filter((name) => !own.includes(name) && !CMDLETS.includes(name)).sort(), []);
    assert.deepEqual(textsOf("command_invokation_operator", root), ["&", "&", "&", "&"]);
    for (const call of ["& $agent status", "& $collector -Out $file -User $User |"]) assert.equal(text.split(call).length, 2, call);
    assert.equal(text.match(/& \$Read\b/g)?.length, 2);
    const { statics, methods } = callsIn(root);
    assert.deepEqual(statics, STATIC);
    assert.deepEqual(methods, METHODS);
    assert.doesNotMatch(text, /OpenSubKey\([^()]*,/);
    for (const write of ["WriteAllText", "Delete"]) assert.equal(text.match(new RegExp(`::${write}\\(`, "g"))?.length, 1, write);
  });

  it("says that nobody saw it on Windows", () => assert.match(text, /NOT SEEN ON WINDOWS/));
});

describe("docs/windows-checklist.md", () => {
  it("has the steps in the order and words of the script, each with what it proves", () => {
    const shown = [...page.matchAll(/^### (\d+)\. `(.*)`\n\n(.*)\n\n\*\*Must be seen:\*\* (.*)\n\n\*\*Proves:\*\* (.*)$/gm)];
    assert.deepEqual(
      shown.map(([, number, id, what, see, proves]) => [Number(number), id, what, see, proves]),
      CHECKLIST.map((step, at) => [at + 1, step.id, step.do, step.see, `${step.proves}.`]),
    );
  });

  it("takes no more than the twenty minutes that it speaks of, by its own estimates", () => {
    const seconds = CHECKLIST.reduce((sum, step) => sum + step.seconds, 0);
    assert.ok(seconds <= 20 * 60, `${seconds} s`);
    assert.match(page, new RegExp(`about twenty minutes \\(${seconds} s by .*\\), ${CHECKLIST.length} steps,`));
  });
});
