/** The page for operators shows what the doctor really says of a Windows machine, and names every fact. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { renderTerminal } from "../../render/terminal.ts";
import { diagnoseWindowsFacts } from "./diagnose-windows.ts";
import { windowsFacts } from "./facts.ts";
import { DOMAIN_SID, HEALTHY, USER_MODE_IN_TCP } from "./machine.fixture.ts";

const page = readFileSync(new URL("../../../../../docs/doctor-windows.md", import.meta.url), "utf8");

test("docs/doctor-windows.md shows what the command really says", async () => {
  const facts = {
    ...HEALTHY,
    rights: { ...HEALTHY.rights, SeDenyRemoteInteractiveLogonRight: [`${DOMAIN_SID}-1201`] },
    firewall: {
      ...HEALTHY.firewall,
      rules: [{ store: "local", id: "RemoteDesktop-UserMode-In-TCP", rule: USER_MODE_IN_TCP.replace("Active=TRUE", "Active=FALSE") }],
    },
    stripchart: { unavailable: "dc01.corp.example gave no time" },
  };
  const diagnosis = await diagnoseWindowsFacts(JSON.stringify(facts), { user: "CORP\\alice" });
  const lines = renderTerminal(diagnosis).join("\n");
  const [shown] = lines.split("\n\nRuled out\n");
  const [, missed] = lines.split("\n\nNot looked at\n");
  assert.ok(page.includes(`${shown}\n`), shown);
  assert.ok(page.includes(`Not looked at\n${missed}\n`), missed);
});

test("docs/doctor-windows.md names every fact", () => {
  for (const name of Object.keys(windowsFacts.shape).filter((name) => name !== "version" && name !== "collectedAt"))
    assert.match(page, new RegExp(`\`${name}\\b`), name);
});
