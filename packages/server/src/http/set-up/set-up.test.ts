/** Tests of the one-time set-up: the first administrator, and a link that is good for nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Secret, TOTP } from "otpauth";
import { confirmAdministrator, newSetUpLink, prepareAdministrator } from "../../flows/management/set-up.ts";
import { ORG_URL, openOrg, type TestOrg } from "../org.fixture.ts";

const PASSWORD = "seven green bicycles";

async function open(org: TestOrg): Promise<string> {
  const link = await newSetUpLink(org.deps);
  assert.ok(link);
  assert.ok(link.startsWith(`${ORG_URL}/set-up/`));
  return link.slice(ORG_URL.length);
}

function post(org: TestOrg, path: string, form: Record<string, string>, language = "en") {
  const headers = { "content-type": "application/x-www-form-urlencoded", "accept-language": language };
  return org.inject({ method: "POST", url: path, headers, payload: new URLSearchParams(form).toString() });
}

const account = (org: TestOrg, path: string, own: Record<string, string> = {}) =>
  post(org, path, { step: "account", login: "root@corp.example", password: PASSWORD, repeat: PASSWORD, ...own });

function sealedIn(text: string): string {
  return /name="sealed" value="([^"]+)"/.exec(text)?.[1] ?? "";
}

function codeIn(text: string, now: number): string {
  const secret = (/<code class="secret"[^>]*>([A-Z2-7 ]+)</.exec(text)?.[1] ?? "").replaceAll(" ", "");
  return new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now });
}

test("S17: a new org has no account, and a link of 256 random bits that is kept as a hash", async (t) => {
  const org = await openOrg(t);
  assert.equal(await org.store.read((tx) => tx.users.count()), 0);
  const [one, two] = [await open(org), await open(org)];
  assert.match(one, /^\/set-up\/[A-Za-z0-9_-]{43}$/);
  assert.notEqual(one, two);
  const token = one.slice("/set-up/".length);
  assert.equal(await org.store.read((tx) => tx.secrets.linkExists(token, "set-up", tx.now)), false);
  await org.inject({ url: one });
  assert.equal((await org.inject({ method: "DELETE", url: one })).status, 405);
  assert.equal((await org.inject({ url: `${one}/%zz` })).status, 400);
  assert.ok(!(JSON.stringify(await org.events()) + JSON.stringify(org.logged())).includes(token));
  assert.equal((await org.events("org.set-up-link")).length, 2);
});

test("from the link to an administrator with password and second factor, in one unit of work", async (t) => {
  const org = await openOrg(t);
  const path = await open(org);
  const first = await org.inject({ url: path });
  assert.equal(first.status, 200);
  assert.match(first.text, /<label for="login">Login<\/label>/);
  const second = await account(org, path);
  assert.equal(second.status, 200);
  assert.match(second.text, /<svg class="qr" role="img" aria-label=/);
  assert.equal(await org.store.read((tx) => tx.users.count()), 0, "nothing is stored before the code was right");
  const sealed = sealedIn(second.text);
  const wrong = await post(org, path, { step: "confirm", sealed, code: "abc" });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /A code has six digits\./);
  assert.equal(codeIn(wrong.text, org.clock.now), codeIn(second.text, org.clock.now), "the same secret is shown again");
  const slow = await post(org, path, { step: "confirm", sealed, code: codeIn(second.text, org.clock.now - 120_000) });
  assert.match(slow.text, /clock of your phone is about 120 seconds slow/);
  const done = await post(org, path, { step: "confirm", sealed, code: codeIn(second.text, org.clock.now) });
  assert.equal(done.status, 200);
  assert.match(done.text, /sallyport host code --app servers/);
  assert.match(done.text, /--password<\/code> it asks for one that the org keeps/);
  const user = (await org.call("local", "GET", "/api/v1/users/root@corp.example")).body;
  assert.deepEqual([user.status, user.source], ["ACTIVE", "local"]);
  const row = await org.store.read((tx) => tx.users.byId(user.id));
  assert.equal(row?.role, "owner");
  assert.equal(await org.deps.passwords.verify(row?.passwordHash ?? null, PASSWORD), "right");
  const factors = await org.store.read((tx) => tx.enrolments.ofUser(user.id));
  assert.deepEqual(
    factors.map((factor) => factor.status),
    ["ACTIVE"],
  );
  const step = Math.floor(org.clock.now / 30_000);
  assert.equal(
    await org.store.inTransaction((tx) => tx.enrolments.consumeStep(factors[0]?.id ?? "", step)),
    false,
    "S4: the first code is used up",
  );
  assert.deepEqual((await org.events()).map((e) => e.type).slice(-3), ["org.set-up", "user.created", "factor.activated"]);
  assert.ok(!JSON.stringify(await org.events()).includes(PASSWORD) && !JSON.stringify(org.logged()).includes(PASSWORD));
});

test("S17: the link works once, for 30 minutes, and no other link works once there is an administrator", async (t) => {
  const org = await openOrg(t);
  const [used, spare, old] = [await open(org), await open(org), await open(org)];
  const page = await account(org, used);
  const form = { step: "confirm", sealed: sealedIn(page.text), code: codeIn(page.text, org.clock.now) };
  org.clock.now += 30 * 60_000 - 1;
  assert.equal((await org.inject({ url: old })).status, 200);
  org.clock.now += 1;
  assert.equal((await org.inject({ url: old })).status, 410);
  assert.equal((await post(org, used, form)).status, 410);
  org.clock.now -= 60_000;
  assert.equal((await post(org, used, { ...form, code: codeIn(page.text, org.clock.now) })).status, 200);
  for (const path of [used, spare, "/set-up/nonsense"]) {
    const gone = await org.inject({ url: path });
    assert.equal(gone.status, 410, path);
    assert.match(gone.text, /restart the server: it prints a new link/);
    assert.equal((await account(org, path)).status, 410);
  }
  assert.equal(await newSetUpLink(org.deps), undefined);
});

test("S4: of many confirmations at once one makes the administrator", async (t) => {
  const org = await openOrg(t);
  const links = [await open(org), await open(org)].map((path) => path.slice("/set-up/".length));
  const attempts = [];
  for (const [index, token] of links.entries()) {
    for (let i = 0; i < 5; i++) {
      const prepared = await prepareAdministrator(org.deps, token, `root${index}${i}`, PASSWORD);
      assert.ok(prepared.kind === "prepared");
      const code = new TOTP({ secret: new Secret({ buffer: Uint8Array.from(prepared.secret).buffer }) }).generate({
        timestamp: org.clock.now,
      });
      attempts.push(() => confirmAdministrator(org.deps, token, prepared.sealed, code, "127.0.0.1"));
    }
  }
  const ends = await Promise.all(attempts.map((attempt) => attempt()));
  assert.equal(ends.filter((end) => end.kind === "done").length, 1);
  assert.equal(await org.store.read((tx) => tx.users.count()), 1);
});

test("S7: what is sealed in the form works with its own link only, and cannot be changed or read", async (t) => {
  const org = await openOrg(t);
  const [mine, other] = [await open(org), await open(org)];
  const page = await account(org, mine);
  const sealed = sealedIn(page.text);
  assert.ok(
    !Buffer.from(sealed.split(".").at(-1) ?? "", "base64url")
      .toString("latin1")
      .includes("root@corp.example"),
  );
  const code = codeIn(page.text, org.clock.now);
  for (const [path, text] of [
    [other, sealed],
    [mine, `${sealed.slice(0, -4)}AAAA`],
    [mine, ""],
    [mine, "v1.x.y.z"],
  ] as const) {
    assert.equal((await post(org, path, { step: "confirm", sealed: text, code })).status, 410);
  }
  assert.equal(await org.store.read((tx) => tx.users.count()), 0);
  assert.equal((await post(org, mine, { step: "confirm", sealed, code })).status, 200);
});

test("S13: what is wrong with login or password is said beside the field, and nothing typed is lost but the passwords", async (t) => {
  const org = await openOrg(t);
  const path = await open(org);
  const cases: [Record<string, string>, RegExp][] = [
    [{ login: "  " }, /id="login-error">Enter a login\./],
    [{ login: "a\u202eb" }, /id="login-error">Choose a name/],
    [{ password: "short12", repeat: "short12" }, /id="password-error">The password has 7 characters; at least 8/],
    [{ password: "password1", repeat: "password1" }, /id="password-error">The password is one of the most used/],
    [{ repeat: `${PASSWORD}r` }, /id="repeat-error">The two passwords are not the same/],
    [{ password: "x7".repeat(600), repeat: "x7".repeat(600) }, /longer than 1024/],
  ];
  for (const [own, expected] of cases) {
    const answer = await account(org, path, own);
    assert.equal(answer.status, 422);
    assert.match(answer.text, expected);
    assert.match(answer.text, /role="alert"/);
    assert.match(answer.text, /aria-invalid="true"/);
    assert.ok(!answer.text.includes(PASSWORD));
  }
  assert.match((await account(org, path, { password: "x", repeat: "x" })).text, /value="root@corp\.example"/);
});

test("S31: the page has a strict policy with a new nonce each time, no script, and escapes what was typed", async (t) => {
  const org = await openOrg(t);
  const path = await open(org);
  const nonces = new Set<string>();
  for (const answer of [
    await org.inject({ url: path }),
    await account(org, path, { login: `"><script>alert(1)</script>`, password: "x", repeat: "x" }),
    await org.inject({ url: "/set-up/x" }),
  ]) {
    const policy = String(answer.headers["content-security-policy"]);
    const nonce = /style-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    assert.ok(nonce.length >= 22 && answer.text.includes(`<style nonce="${nonce}">`));
    nonces.add(nonce);
    assert.match(policy, /^default-src 'none'/);
    assert.ok(!policy.includes("unsafe") && !policy.includes("script-src"));
    assert.ok(!answer.text.includes("<script"));
    assert.ok(!/(src|href)="(https?:)?\/\//.test(answer.text), "nothing from elsewhere");
    assert.equal(answer.headers["cache-control"], "no-store");
    assert.equal(answer.headers["referrer-policy"], "no-referrer");
  }
  assert.equal(nonces.size, 3);
});

test("a form that is not one, or too many, is answered by a page as well", async (t) => {
  const org = await openOrg(t, {});
  const path = await open(org);
  const bad = await post(org, path, { step: "nonsense" });
  assert.equal(bad.status, 400);
  assert.match(bad.text, /<h1>That did not work<\/h1>/);
  assert.match(String(bad.headers["content-type"]), /text\/html/);
  let last = bad;
  for (let i = 0; i < 80; i++) last = await org.inject({ url: path });
  assert.equal(last.status, 429);
  assert.match(last.text, /Wait a minute/);
});

test("whoever reads German has every page, complaint and title in German, and nothing of the English beside it", async (t) => {
  const org = await openOrg(t);
  const path = await open(org);
  const german = { "accept-language": "de-DE,de;q=0.9,en;q=0.8" };
  const language = german["accept-language"];
  const form = { step: "account", login: "wurzel", password: PASSWORD, repeat: PASSWORD };
  const first = await org.inject({ url: path, headers: german });
  assert.match(first.text, /<html lang="de">.*<title>Einrichten · Sallyport<\/title>.*<label for="login">Anmeldename<\/label>/s);
  assert.equal(first.headers["vary"], "accept-language");
  const complaints: [Record<string, string>, RegExp][] = [
    [{ login: " " }, /id="login-error">Geben Sie einen Anmeldenamen ein\./],
    [{ login: "a\u202eb" }, /id="login-error">Wählen Sie einen Namen/],
    [{ password: "short12", repeat: "short12" }, /id="password-error">Das Passwort hat 7 Zeichen; mindestens 8 sind nötig\./],
    [{ password: "password1", repeat: "password1" }, /id="password-error">Das Passwort ist eines der meistbenutzten/],
    [{ repeat: "another" }, /id="repeat-error">Die beiden Passwörter sind nicht gleich\./],
  ];
  const pages = [first.text];
  for (const [own, says] of complaints) {
    const { text } = await post(org, path, { ...form, ...own }, language);
    assert.match(text, says);
    pages.push(text);
  }
  const second = await post(org, path, form, language);
  const confirm = (code: string) => post(org, path, { step: "confirm", sealed: sealedIn(second.text), code }, language);
  const wrong = await confirm("abc");
  assert.match(wrong.text, /Ein Code hat sechs Ziffern\./);
  const slow = await confirm(codeIn(second.text, org.clock.now - 120_000));
  assert.match(slow.text, /Die Uhr Ihres Telefons geht etwa 120 Sekunden nach/);
  const done = await confirm(codeIn(second.text, org.clock.now));
  assert.match(done.text, /<title>Fertig · Sallyport<\/title>.*sallyport host code --app servers/s);
  const gone = await org.inject({ url: path, headers: german });
  assert.match(gone.text, /Dieser Link gilt nicht mehr/);
  const incomplete = await post(org, path, { step: "nonsense" }, language);
  assert.match(incomplete.text, /Das Formular war nicht vollständig/);
  for (const text of [...pages, second.text, wrong.text, slow.text, done.text, gone.text, incomplete.text]) {
    const words = text.replace(/<style.*?<\/style>|<pre>.*?<\/pre>|<code.*?<\/code>|<[^>]*>/gs, " ");
    assert.doesNotMatch(words, /\b(the|this|your|and|not|with|enter|password|login)\b/i);
  }
});
