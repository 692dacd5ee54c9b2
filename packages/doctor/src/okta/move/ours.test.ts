/** What a proposal calls ours is what it is called: properties of the installer, policies of the template, keys of the agent's settings. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { GROUP_POLICY, INSTALLER, MSI_FILE } from "./ours.ts";

const read = (path: string) => readFileSync(new URL(`../../../../../${path}`, import.meta.url), "utf8");

test("each property of the installer is one, and takes the value", () => {
  const installer = read("packaging/windows/sallyport.wxs");
  for (const text of Object.values(INSTALLER)) {
    const [name, value] = text.split("=");
    assert.ok(installer.includes(`${name}="${value}"`), text);
  }
  for (const name of ["ENROLCODEFILE", "ALLOW"]) assert.match(installer, new RegExp(`\\b${name}\\b`));
  const named = /`(sallyport-agent-[^`]*\.msi)`/.exec(read("scripts/release/msi.ts"))?.[1];
  assert.equal(named?.replace("$" + "{version}", "VERSION"), MSI_FILE);
});

test("each policy of the template is one, by the name that the editor shows", () => {
  const texts = read("packaging/windows/policy/en-US/sallyport.adml");
  for (const name of Object.values(GROUP_POLICY)) assert.ok(texts.includes(`>${name}</string>`), name);
});

test("each key of agent.json is one", () => {
  const page = read("docs/configure.md");
  for (const key of ["timeouts.promptMs", "proxy"]) assert.ok(page.includes(`| \`${key}\` * |`), key);
});
