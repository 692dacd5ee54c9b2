/** ssh approved by link: the passkey is proved in a browser elsewhere, and the code of its page is typed at the machine; nothing else lets in. */
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { addAuthenticator, type Browser, startBrowser } from "../machine/browser.ts";
import { sshTalk, startSshd } from "../machine/clients.ts";
import { Machine, ORG_URL } from "../machine/machine.ts";
import { codeOf, type Person } from "../machine/org.ts";
import type { Daemon } from "../machine/processes.ts";

let machine: Machine;
let sshd: Daemon;
const browsers: Browser[] = [];

before(async () => {
  machine = await Machine.build(["alice", "bob"]);
  sshd = await startSshd();
});
after(async () => {
  for (const browser of browsers) await browser.close();
  await sshd?.stop();
  await machine?.end();
});

/** A device of this person's own, with a key of software in it, enrolled beside their app. */
async function device(person: Person): Promise<Page> {
  await machine.org.call("POST", `/api/v1/users/${person.id}`, { credentials: { password: { value: person.password } } });
  const leaf = new X509Certificate(readFileSync(join(machine.org.folder, "chain.pem")));
  const trusted = createHash("sha256")
    .update(leaf.publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  const browser = await startBrowser({ trusted });
  browsers.push(browser);
  const page = browser.context.pages()[0] ?? (await browser.context.newPage());
  await addAuthenticator(page);
  await page.goto(`${ORG_URL}/signin`);
  const given = { username: person.login, password: person.password, passCode: codeOf(person) };
  const done = await page.evaluate(`(${enrolPasskey})(${JSON.stringify(given)})`);
  assert.equal(done, "SUCCESS");
  return page;
}

/** In the page: signs in with the app, and adds a passkey on the way. */
const enrolPasskey = `async ({ username, password, passCode }) => {
  const post = async (path, body) => {
    const answer = await fetch("/api/v1/authn" + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return answer.json();
  };
  const base64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const begun = await post("", { username, password, options: { multiOptionalFactorEnroll: true } });
  const app = begun._embedded.factors.find(({ kind }) => kind === "totp");
  const { stateToken } = await post("/factors/" + app.id + "/verify", { stateToken: begun.stateToken, passCode });
  const pending = await post("/factors", { stateToken, factorType: "webauthn", provider: "FIDO" });
  const { factor } = pending._embedded;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(factor._embedded.activation);
  const { response } = await navigator.credentials.create({ publicKey });
  const proof = { attestation: base64(response.attestationObject), clientData: base64(response.clientDataJSON) };
  const active = await post("/factors/" + factor.id + "/lifecycle/activate", { stateToken, ...proof });
  return active.status === "MFA_ENROLL" ? (await post("/skip", { stateToken })).status : (active.status ?? JSON.stringify(active));
}`;

/** Opens a link on this device and proves the passkey; answers the heading that the page comes to. */
async function open(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: "Use passkey" }).click();
}

const linkOf = (prompt: string) => /Link: (\S+)/.exec(prompt)?.[1] ?? "";

async function logOn(person: Person, onLink: (link: string, prompt: string) => string | Promise<string>) {
  const before = machine.attempts().length;
  const done = await sshTalk(person.login, async (prompt) => {
    if (/Password: $/.test(prompt)) return person.password;
    if (linkOf(prompt)) return onLink(linkOf(prompt), prompt);
    return /choose from the list: $/.test(prompt) ? "link" : "";
  });
  return { out: done.out.trim(), prompts: done.prompts, attempt: await machine.attemptAfter(before) };
}

test("the link on another device, the passkey there, and its code typed back let in", async () => {
  const alice = machine.person("alice");
  const page = await device(alice);
  const done = await logOn(alice, async (link, prompt) => {
    assert.match(prompt, /Or scan this:\n█+\n█/);
    assert.ok(link.startsWith(`${ORG_URL}/approve/`), link);
    await open(page, link);
    for (const text of ["alice", "srv01", "sshd", "127.0.0.1"]) await page.getByText(text, { exact: true }).first().waitFor();
    await page.getByRole("button", { name: /^Yes/ }).click();
    const code = await page.locator(".number").textContent();
    return (code ?? "").toLowerCase();
  });
  assert.equal(done.out, "alice", done.prompts.join("\n"));
  assert.equal(machine.why(done.attempt.reference).result, "allow");
});

test("a relayed link is worth nothing: the victim's approval shows a code to the victim, and the one who mailed it is not in", async () => {
  const bob = machine.person("bob");
  const page = await device(bob);
  let code = "";
  // Somebody has bob's password, and sends bob the genuine link of their own logon.
  const attacker = await logOn(bob, async (link) => {
    await open(page, link);
    await page.getByRole("button", { name: /^Yes/ }).click();
    code = (await page.locator(".number").textContent()) ?? "";
    return "000-000-000";
  });
  assert.match(code, /^[0-9A-Z]{3}-[0-9A-Z]{3}-[0-9A-Z]{3}$/);
  assert.notEqual(attacker.out, "bob");
  // Nor does the code of that logon fit another one.
  const other = await logOn(bob, () => code);
  assert.notEqual(other.out, "bob");
});

test("another person's passkey proves nothing for this logon", async () => {
  const alice = machine.person("alice");
  const bobs = browsers[1]?.context.pages()[0];
  assert.ok(bobs);
  const done = await logOn(alice, async (link) => {
    await open(bobs, link);
    await bobs.getByRole("alert").first().waitFor();
    assert.equal(await bobs.getByRole("button", { name: /^Yes/ }).count(), 0);
    assert.equal(await bobs.getByText("srv01").count(), 0, "nothing of the logon is shown");
    return "000-000-000";
  });
  assert.notEqual(done.out, "alice");
});
