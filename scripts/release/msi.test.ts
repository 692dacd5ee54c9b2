/** The installer's own table of what it does and when: what a user without rights may begin opens nothing. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { test } from "node:test";
import { DOMParser, onWarningStopParsing } from "@xmldom/xmldom";
import { ROOT } from "../prepare.js";
import { documents, pages } from "./msi-documents.ts";

const file = readFileSync(join(ROOT, "packaging/windows/sallyport.wxs"), "utf8");
const script = readFileSync(join(ROOT, "scripts/release/msi.ts"), "utf8");
const document = new DOMParser({ onError: onWarningStopParsing }).parseFromString(file, "text/xml");
const all = (name: string) => Array.from(document.getElementsByTagName(name));

/** Reads `NOT`, `AND`, `OR`, brackets, `=` and names, as Windows Installer does (learn.microsoft.com, Conditional Statement Syntax). */
function holds(condition: string, properties: Record<string, string>): boolean {
  const words = condition.match(/\(|\)|=|"[^"]*"|\w+/g) ?? [];
  const value = (word = "") => (word.startsWith('"') ? word.slice(1, -1) : (properties[word] ?? ""));
  /** Reads all of them: what stands behind one that settles it must be read as well. */
  const chain = (between: string, part: () => boolean): boolean[] => {
    const parts = [part()];
    while (words[0] === between) {
      words.shift();
      parts.push(part());
    }
    return parts;
  };
  const either = (): boolean => chain("OR", both).some(Boolean);
  const both = (): boolean => chain("AND", one).every(Boolean);
  const one = (): boolean => {
    const word = words.shift();
    if (word === "NOT") return !one();
    if (word === "(") {
      const is = either();
      assert.equal(words.shift(), ")");
      return is;
    }
    if (words[0] !== "=") return value(word) !== "";
    words.shift();
    return value(word) === value(words.shift());
  };
  return either();
}

const given = (properties: Record<string, string>) =>
  all("Custom")
    .filter((one) => holds((one.textContent ?? "").trim() || "ALWAYS", { ALWAYS: "1", ...properties }))
    .map((one) => one.getAttribute("Action"));
const PROPERTIES = {
  ENROLCODEFILE: "a",
  ORGURL: "b",
  CLIENTID: "c",
  CLIENTSECRETFILE: "d",
  ORGCAFILE: "e",
  TRIALUSER: "f",
  ARM: "1",
  PURGE: "1",
};
const OPENING = { ...PROPERTIES, FILTER: "0", RDPONLY: "1", ALLOW: "{}" };

test("a repair does the same with properties as without: any user may begin one, and Windows runs it as SYSTEM", () => {
  for (const was of [
    { OLDARMED: "#1", OLDFILTER: "#1", OLDRDPONLY: "#0" },
    { OLDARMED: "#1", OLDFILTER: "#0", OLDRDPONLY: "#1" },
  ]) {
    const repair = { ...was, Installed: "1", REINSTALL: "ALL" };
    assert.deepEqual(given({ ...repair, ...OPENING }), given(repair));
  }
  const closed = given({ OLDARMED: "#1", OLDFILTER: "#1", OLDRDPONLY: "#0", Installed: "1", ...OPENING });
  for (const action of ["ClearFilter", "SetRdpOnly", "TellAllow", "Allow", "EnrolNow", "TellSetup", "Setup", "Forget", "Purge"])
    assert.ok(!closed.includes(action), action);
  assert.ok(closed.includes("KeepArmed") && closed.includes("SetupAgain"));
});

test("whoever installs is heard", () => {
  const fresh = given(OPENING);
  for (const action of ["ClearFilter", "SetRdpOnly", "Allow", "Setup", "SetFresh"]) assert.ok(fresh.includes(action), action);
});

test("repair and upgrade disarm nobody: what the provider takes for armed stays so, a value that is missing or of another type as well", () => {
  for (const was of [{}, { OLDARMED: "#7" }, { OLDARMED: "0" }, { OLDARMED: "#1" }])
    for (const now of [{ Installed: "1" }, { WIX_UPGRADE_DETECTED: "1" }])
      assert.ok(given({ ...was, ...now }).includes("KeepArmed"), JSON.stringify({ ...was, ...now }));
  assert.ok(!given({ OLDARMED: "#0", Installed: "1" }).includes("KeepArmed"));
  assert.ok(!given({}).includes("KeepArmed"), "a new installation is disarmed");
});

test("only a new installation must enrol: an upgrade goes by no org, and whoever says later is heard", () => {
  const asked = { ...PROPERTIES, FRESH: "1" };
  assert.ok(given(asked).includes("EnrolNow"));
  assert.ok(given({ FRESH: "1", CLIENTID: "c" }).includes("EnrolNow"));
  for (const other of [{ ...PROPERTIES }, { FRESH: "1" }, { ...asked, ENROLMENT: "later" }])
    assert.ok(!given({ ENROLMENT: "required", ...other }).includes("EnrolNow"));
  const order = (action: string) =>
    Number(
      all("Custom")
        .find((one) => one.getAttribute("Action") === action)
        ?.getAttribute("Sequence"),
    );
  assert.ok(order("SetFresh") < order("EnrolNow") && order("EnrolLater") < order("EnrolNow") && order("EnrolNow") < order("TellSetup"));
});

test("an upgrade takes the old product away when the new one is whole", () => {
  const place = (name: string) => Number(all(name)[0]?.getAttribute("Sequence"));
  const last = Math.max(...all("Custom").map((one) => Number(one.getAttribute("Sequence"))));
  assert.ok(last < place("InstallExecute") && place("InstallExecute") < place("RemoveExistingProducts"));
});

test("what a repair runs with the system's rights carries no property of the asking user", () => {
  const again = /SetupAgainCommand: `(.*)`/.exec(script)?.[1] ?? assert.fail("no command");
  assert.equal(
    again.replace("$" + "{DATA}", "[CommonAppDataFolder]Sallyport"),
    '"[#agent]" setup --state "[CommonAppDataFolder]Sallyport"',
  );
});

test("nothing is started by the installer itself, with a window; each command is told to its action right before it, where the action runs", () => {
  const actions = all("CustomAction").map((one) => ({
    id: one.getAttribute("Id") ?? "",
    tells: one.getAttribute("Property"),
    value: one.getAttribute("Value"),
    entry: one.getAttribute("DllEntry"),
    rights: one.getAttribute("Impersonate") === "no",
  }));
  for (const { id, value, entry, rights } of actions) assert.ok(rights ? entry : value, `${id} starts a program`);
  const told = (id: string) => actions.find(({ tells }) => tells === id)?.id ?? "";
  const place = (id: string) => all("Custom").find((one) => one.getAttribute("Action") === id);
  for (const { id } of actions.filter(({ rights, entry }) => rights && entry !== "Recover")) {
    const [before, then] = [place(told(id)), place(id)];
    assert.equal(before?.textContent, then?.textContent, id);
    assert.equal(Number(before?.getAttribute("Sequence")), Number(then?.getAttribute("Sequence")) - 1, id);
  }
});

test("what a machine had set before is read by the process with the rights alone", () => {
  const secure = /const SECURE = \[([^\]]*)\]/.exec(script)?.[1] ?? assert.fail("no list");
  for (const one of all("RegistrySearch")) assert.ok(!secure.includes(String(one.getAttribute("Id")).toUpperCase()));
  assert.doesNotMatch(script, /SEARCHED/);
  assert.match(script, /DELETE FROM `InstallUISequence` WHERE `Action`='AppSearch'/);
});

test("the installer neither makes the agent's folder nor gives one an access list: a stranger's, put in order, would hold a stranger's files", () => {
  assert.deepEqual(all("CreateFolder"), []);
  assert.doesNotMatch(script, /LockPermissions/);
});

test("a service that fails is started again, on a new machine as after a repair: an armed machine without it lets nobody in", () => {
  for (const now of [{}, { Installed: "1" }]) assert.ok(given(now).includes("Recover"));
  assert.ok(!given({ Installed: "1", REMOVE: "ALL" }).includes("Recover"));
});

/** Every relative link of a page, as the place that it leads to. */
function linksOf(name: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)].map(([, one, other]) => one ?? other ?? "");
  const relative = links.filter((link) => !/^([a-z]+:|#)/.test(link));
  return relative.map((link) => posix.join(posix.dirname(name), link.replace(/#.*/, "")));
}

test("no link of a page on the machine leads to what is not there", () => {
  const shipped = [...documents(), ...pages()];
  const there = new Set(shipped.map(([name]) => name));
  const links = shipped.filter(([name]) => name.endsWith(".md")).flatMap(([name, from]) => linksOf(name, readFileSync(from, "utf8")));
  assert.ok(links.length > 100, `${links.length}`);
  assert.deepEqual(
    links.filter((link) => !there.has(link)),
    [],
  );
  assert.deepEqual(linksOf("docs/a.md", "[b](../b.md#c) [d](d.png) [e](https://e.example) [f](#f)"), ["b.md", "docs/d.png"]);
});
