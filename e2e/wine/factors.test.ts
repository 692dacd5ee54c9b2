/** What else than a code from an app lets in at the Windows logon screen, or does not: a used code, the phone, a first factor, break-glass, UAC. */
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { codeOf, ORG_NAME, ORG_PORT, type Person } from "../machine/org.ts";
import { COMMAND, must, until } from "../machine/processes.ts";
import { Approver } from "../phone/approver.ts";
import { LogonScreen, readCredential } from "./logon-screen.ts";
import { ASKED, atPassword, PASSWORD, referenceIn, WindowsStory } from "./story.ts";

const KEY = "/run/story/break-glass.json";

let story: WindowsStory;
let phone: Approver | undefined;

before(async () => {
  story = await WindowsStory.begin("story-relay.exe");
});
after(async () => {
  await phone?.close();
  await story?.end();
});

const oath = (secret: string, ahead = 0) =>
  must("oathtool", ["--totp", "-b", "--now", `@${Math.floor(Date.now() / 1000) + ahead * 30}`, secret]).trim();
const passwordOf = (bytes = "") => readCredential(bytes).password;

/** Windows' own words for a wrong password, as Wine has them. */
const WRONG_PASSWORD = /^(The user name or password is incorrect|Logon failure[^.]*)\. Reference: /;

test("a wrong password: told in Windows' words with a reference before anything is asked, and the right one is asked a code", async () => {
  const olaf = await story.person("olaf");
  const screen = await LogonScreen.open(story.windows);
  const refused = await screen.type("edit", "olaf").type("password", "wrong").submit();
  assert.deepEqual([refused.response, refused.icon, refused.credential], ["not-finished", 1, undefined]);
  assert.match(refused.text, WRONG_PASSWORD);
  assert.deepEqual(atPassword(screen), ["Password"]);
  assert.equal((await story.why(referenceIn(refused.text))).cause, "user.password");
  const nobody = await screen.type("edit", "mallory").type("password", "wrong").submit();
  assert.equal(nobody.text.replace(/Reference.*/, ""), refused.text.replace(/Reference.*/, ""), "S16: the same for a name that nobody has");
  await screen.type("edit", "olaf").type("password", PASSWORD).submit();
  const done = await screen.type("edit", codeOf(olaf)).submit();
  assert.equal(passwordOf(done.credential?.bytes), PASSWORD, done.text);
  await screen.close();
});

test("an account that Windows refuses: its own words, and the cause on the record; an expired password is right", async () => {
  const pia = await story.person("pia");
  story.account("pia", { interactive: 1331 });
  const screen = await LogonScreen.open(story.windows);
  const refused = await screen.type("edit", "pia").type("password", PASSWORD).submit();
  assert.equal((await story.why(referenceIn(refused.text))).cause, "user.account-disabled");
  story.account("pia", { interactive: 1907 });
  const asked = await screen.type("edit", "pia").type("password", PASSWORD).submit();
  assert.deepEqual([asked.response, screen.texts().at(-1)], ["not-finished", ASKED], asked.text);
  assert.equal((await screen.type("edit", codeOf(pia)).submit()).response, "credential");
  await screen.close();
});

test("a handed-over password that is wrong lets nobody in, and is asked then", async () => {
  const quin = await story.person("quin");
  const screen = await LogonScreen.open(story.windows, ["--system", "--handed", ".", "quin", "stale"]);
  assert.equal(screen.autoLogon, true);
  const refused = await screen.submit();
  assert.match(refused.text, WRONG_PASSWORD);
  assert.deepEqual(atPassword(screen), ["Password"]);
  await screen.type("password", PASSWORD).submit();
  assert.equal(passwordOf((await screen.type("edit", codeOf(quin)).submit()).credential?.bytes), PASSWORD);
  await screen.close();
});

test("a password that Windows protected and that cannot be opened is asked; the name stands there", async () => {
  await story.person("rosa");
  const screen = await LogonScreen.open(story.windows, ["--system", "--handed", ".", "rosa", "@@Dprotected"]);
  assert.equal(screen.autoLogon, false);
  assert.deepEqual([screen.screen.find(({ type }) => type === "edit")?.value, atPassword(screen)], [".\\rosa", ["Password"]]);
  await screen.close();
});

test("a code works once: the next logon with it is asked again, and refused in the end", async () => {
  const alice = await story.person("alice");
  const first = await story.openTo("alice");
  const code = codeOf(alice);
  assert.equal((await first.type("edit", code).submit()).response, "credential");
  await first.close();
  const second = await story.openTo("alice");
  const again = await second.type("edit", code).submit();
  assert.deepEqual([again.response, second.texts()], ["not-finished", ["Second factor", "That code is not right. Try again.", ASKED]]);
  const done = await second.type("edit", oath(alice.secret, 1)).submit();
  assert.equal(passwordOf(done.credential?.bytes), PASSWORD, "the same logon, with another code");
  await second.close();
});

test("S1: a factor that was taken away is no reason to set up another: refused before anything is asked", async () => {
  const bob = await story.person("bob");
  await story.org.call("DELETE", `/api/v1/users/${bob.id}/factors/${bob.factor}`);
  const screen = await LogonScreen.open(story.windows);
  const done = await screen.type("edit", "bob").type("password", PASSWORD).submit();
  assert.deepEqual([done.response, done.credential], ["not-finished", undefined]);
  assert.equal((await story.why(referenceIn(done.text))).cause, "factor.locked");
  await screen.close();
});

/** The phone of one user, activated as a person does it. */
async function phoneOf({ id }: Person): Promise<Approver> {
  const made = await story.org.call("POST", `/api/v1/users/${id}/factors`, { factorType: "push", provider: "OKTA" });
  phone = await Approver.open({ url: `https://${ORG_NAME}:${ORG_PORT}`, ignoreHTTPSErrors: true });
  await phone.activate(made._embedded.activation.code);
  return phone;
}

const PUSH = "push: a request to your phone";

async function numberOn(screen: LogonScreen): Promise<string> {
  return until("the number", () => screen.seen.map((one) => /Type (\d+) on your phone/.exec(one)?.[1]).find(Boolean));
}

for (const [how, options] of [
  ["the tile works by itself, its number in large letters, and rings", ["--direct"]],
  ["Windows shows what it is told while the tile connects", []],
] as const)
  test(`a link of the tile asks the phone at once; ${how}; another number asks again, the right one lets in`, async () => {
    const person = await story.person(`carol${options.length}`);
    const approver = await phoneOf(person);
    const label = `${ASKED}, or choose from the list`;
    const screen = await story.openTo(person.login, [...options], label);
    const first = screen.press(PUSH);
    await approver.approve((await numberOn(screen)) === "42" ? "43" : "42");
    const again = await first;
    assert.deepEqual([again.response, screen.texts().at(-1)], ["not-finished", label]);
    await approver.ended("Another number");
    screen.seen = [];
    const second = screen.press(PUSH);
    await approver.approve(await numberOn(screen));
    const done = await second;
    assert.equal(passwordOf(done.credential?.bytes), PASSWORD, done.text);
    assert.ok(done.held < 1000, `LogonUI's own thread was held for ${done.held} ms`);
    await screen.close();
    await approver.close();
  });

/** The tile's picture, kept for people to look at. Answers where. */
async function shoot(screen: LogonScreen, name: string): Promise<string> {
  const shot = join(import.meta.dirname, "shots", `${name}.png`);
  assert.match(await screen.picture("C:\\tile.bmp"), /^(\d+)x\1$/, "a square");
  mkdirSync(join(import.meta.dirname, "shots"), { recursive: true });
  must("convert", [story.windows.path("C:\\tile.bmp"), shot]);
  return shot;
}

test("S18: somebody without a factor sets one up with a ticket; the picture of the tile is the code that an app scans", async () => {
  await story.person("dora", false);
  const { ticket } = story.command("ticket", "create", "dora");
  const screen = await story.openTo("dora", [], "Enrolment ticket");
  assert.deepEqual(atPassword(screen), [], "the password is kept");
  const shown = await screen.type("edit", ticket.toLowerCase()).submit();
  assert.equal(shown.response, "not-finished", shown.text);
  assert.deepEqual(screen.texts().slice(-2), ["Scan", "Code that the app shows"]);
  const said = must("zbarimg", ["--quiet", "--raw", await shoot(screen, "tile-qr")]).trim();
  assert.match(said, /^otpauth:\/\/totp\//);
  const secret = new URL(said).searchParams.get("secret") ?? "";
  const byHand = /by hand: ([A-Z2-7 ]+)/.exec(screen.texts().join("\n"))?.[1]?.replaceAll(" ", "");
  assert.equal(secret, byHand);
  const done = await screen.type("edit", oath(secret)).submit();
  assert.equal(passwordOf(done.credential?.bytes), PASSWORD, done.text);
  await screen.close();
  const next = await story.openTo("dora");
  await shoot(next, "tile");
  assert.equal((await next.type("edit", oath(secret, 1)).submit()).response, "credential");
  await next.close();
});

test("an elevation is served in consent.exe, asked for as such, and left alone in any other program", async () => {
  const erin = await story.person("erin");
  const elsewhere = await LogonScreen.open(story.windows, ["--credui"]);
  assert.deepEqual([elsewhere.served, elsewhere.left], [false, { passwords: true, cards: true, ours: true }]);
  await elsewhere.close();
  const screen = await story.openTo("erin", ["--credui", "--system", "--direct"]);
  assert.deepEqual(screen.left, { passwords: false, cards: false, ours: true });
  const done = await screen.type("edit", codeOf(erin)).submit();
  assert.equal(readCredential(done.credential?.bytes ?? "").type, 2);
  await screen.close();
  const [record] = await story.org.records(story.attempts("erin")[0]?.reference ?? "");
  assert.equal(record?.scenario, "elevate");
});

test("S27: the org is gone: an administrator's answer to the challenge on the tile lets in, once, and why tells of it", async () => {
  await story.person("frank");
  await story.person("grace");
  await story.org.setPolicy(story.app, { rules: [], breakGlass: { users: ["frank"] } });
  must(process.execPath, [COMMAND, "breakglass", "export", "--file", KEY, "--data", story.org.data]);
  await story.arm();
  await story.org.stop();
  const screen = await story.openTo("frank", [], "Answer");
  const lines = screen.texts().join("\n");
  const [challenge = "", host = ""] = [/Challenge: ([0-9A-Z-]+)$/m, /Machine: \S+ \((\S+)\)$/m].map((one) => one.exec(lines)?.[1]);
  const words = ["breakglass", "answer", "--key", KEY, "--host", host, "--user", "frank", "--challenge", challenge, "--json"];
  const { answer } = JSON.parse(must(process.execPath, [COMMAND, ...words]));
  const done = await screen.type("edit", answer).submit();
  assert.equal(passwordOf(done.credential?.bytes), PASSWORD, done.text);
  await screen.close();
  const again = await story.openTo("frank", [], "Answer");
  const second = await again.type("edit", answer).submit();
  assert.equal(second.credential, undefined);
  await again.close();
  const other = await LogonScreen.open(story.windows);
  const refused = await other.type("edit", "grace").type("password", PASSWORD).submit();
  assert.equal(refused.credential, undefined);
  await other.close();
  const reference = story.attempts("frank")[0]?.reference ?? "";
  assert.equal(referenceIn(refused.text), story.attempts("grace")[0]?.reference);
  assert.equal(story.attempts("grace")[0]?.cause, "net.refused");
  await story.org.start();
  assert.match(JSON.stringify(await story.why(reference)), /"proof":"break-glass"/);
});
