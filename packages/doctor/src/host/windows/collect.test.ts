/** The collector cannot run here. A parser of PowerShell reads it: it is whole, asks for every fact, and calls nothing that could change a machine. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as z from "zod";
import { windowsFacts } from "./facts.ts";
import { callsIn, parse, readScript, textsOf } from "./powershell.fixture.ts";

const text = readScript("collect.ps1");
const root = await parse(text);
const texts = (kind: string) => textsOf(kind, root);

interface Schema {
  properties?: Record<string, Schema>;
  items?: Schema;
  anyOf?: Schema[];
  type?: string;
}

const fieldsOf = ({ properties = {}, items, anyOf = [] }: Schema): string[] => [
  ...Object.keys(properties),
  ...[...Object.values(properties), ...anyOf, ...(items ? [items] : [])].flatMap(fieldsOf),
];

/** What comes with Windows and reads only; every other name must be a function of the script. */
const CMDLETS = [
  "ConvertTo-Json",
  "Get-Acl",
  "Get-CimInstance",
  "Get-NetConnectionProfile",
  "Get-Service",
  "Get-WinEvent",
  "Join-Path",
  "New-Object",
  "Out-Null",
  "Set-StrictMode",
];
const PROGRAMS = ["secedit.exe", "w32tm.exe"];
/** Static methods of .NET; the only two that write are those of the script's own two files. */
const STATIC = [
  "[Convert]::ToUInt32",
  "[IO.Directory]::Exists",
  "[IO.Directory]::GetFiles",
  "[IO.File]::Delete",
  "[IO.File]::Exists",
  "[IO.File]::GetAttributes",
  "[IO.File]::ReadAllLines",
  "[IO.File]::WriteAllText",
  "[IO.Path]::GetTempPath",
  "[IO.Path]::IsPathRooted",
  "[Microsoft.Win32.RegistryKey]::OpenBaseKey",
  "[System.Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties",
  "[double]::Parse",
  "[guid]::NewGuid",
  "[string]::IsNullOrEmpty",
];
/** Methods of objects, by name. `Invoke` lists members of a group, `RefreshCache` asks the directory. */
const METHODS =
  `Add Contains Dispose GetActiveTcpListeners GetAttribute GetSubKeyNames GetType GetUnresolvedProviderPathFromPSPath GetUtcOffset GetValue
GetValueNames Invoke InvokeMember OpenSubKey RefreshCache Replace Split StartsWith Substring ToArray ToString ToUniversalTime ToXml Translate Trim`.split(
    /\s+/,
  );

describe("collect.ps1", () => {
  it("is PowerShell without a mistake in it, in ASCII, so that 5.1 reads it right", () => {
    assert.equal(root.hasError, false);
    assert.match(text, /^[\t\n\u0020-\u007e]*$/);
  });

  it("the parser finds a brace, a quote or a parenthesis that is missing", async () => {
    for (const broken of [
      text.replace("{", ""),
      text.replace("'Registry64')", "'Registry64'"),
      text.replace('"$target was', "$target was"),
    ])
      assert.equal((await parse(broken)).hasError, true);
  });

  it("asks for each fact of the schema once, and names each of its fields", () => {
    const asked = [...text.matchAll(/^Add-(?:List)?Fact '(\w+)'/gm)].map(([, name]) => name);
    const named = Object.keys(windowsFacts.shape).filter((name) => name !== "version" && name !== "collectedAt");
    assert.deepEqual(asked.sort(), named.sort());
    const missing = fieldsOf(z.toJSONSchema(windowsFacts) as Schema).filter((key) => !new RegExp(`\\b${key}\\b`).test(text));
    assert.deepEqual(missing, []);
  });

  it("writes as lists what the schema has as lists, also with one member or none", () => {
    const lists = [...text.matchAll(/^Add-ListFact '(\w+)'/gm)].map(([, name]) => name);
    const { properties = {} } = z.toJSONSchema(windowsFacts) as Schema;
    const wanted = Object.keys(properties).filter((name) => properties[name]?.anyOf?.some(({ type }) => type === "array"));
    assert.deepEqual(lists.sort(), wanted.sort());
  });

  it("calls only what comes with Windows and reads", () => {
    const own = texts("function_name");
    const called = new Set(texts("command_name"));
    assert.ok(called.has("Get-CimInstance"));
    assert.deepEqual([...called].filter((name) => !own.includes(name) && !CMDLETS.includes(name)).sort(), []);
    assert.deepEqual([...new Set([...text.matchAll(/'([\w.]+\.exe)'/g)].map(([, name]) => name))].sort(), PROGRAMS);
    assert.deepEqual([...new Set(texts("command_invokation_operator"))].sort(), ["&"]);
    assert.equal(text.match(/& \(Join-Path \$System '(?:secedit|w32tm)\.exe'\)/g)?.length, 3);
    assert.equal(text.match(/& \$Read\b/g)?.length, 2);
    assert.equal(text.match(/&/g)?.length, 5);
  });

  it("calls only those methods of .NET that read, but for its own two files", () => {
    const { statics, methods } = callsIn(root);
    assert.deepEqual(statics, STATIC);
    assert.deepEqual(methods, METHODS);
    assert.doesNotMatch(text, /OpenSubKey\([^()]*,/);
    for (const write of ["WriteAllText", "Delete"]) assert.equal(text.match(new RegExp(`::${write}\\(`, "g"))?.length, 1, write);
  });

  it("says that nobody saw it on Windows", () => {
    assert.match(text, /NOT SEEN ON WINDOWS/);
  });
});
