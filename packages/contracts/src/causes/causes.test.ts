/** Holds the cause table to its design, to the page written from it, and to what a person may read. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CAUSES, type Cause, type CauseId, causeOf, isCauseId } from "../causes.ts";
import { writeCausesPage } from "./page.ts";
import { REFUSED, WRONG_CODE } from "./person.ts";

/** The closed list, in its order. An id that was published is never renamed and never used again. */
const IDS = `
  client.unknown client.id-mangled client.secret-wrong client.secret-mangled client.secret-retired client.revoked
  client.pending client.capped client.legacy client.assertion-invalid client.replayed client.cloned url.malformed url.trailing-slash url.wrong-org
  config.missing config.unreadable config.invalid config.exposed config.risky clock.host clock.org clock.factor user.refused
  user.unknown user.name-shape user.ambiguous user.suspended user.deactivated user.locked user.password
  user.no-local-account user.password-expired user.account-disabled user.hours user.workstation app.not-assigned
  policy.denies policy.no-mfa policy.stale address.unknown host.remote-off host.nla host.not-rdp-user host.rdp-closed
  host.serial-busy host.disk factor.none factor.not-allowed factor.code-wrong factor.code-used factor.code-malformed
  factor.code-expired factor.push-denied factor.push-reported factor.push-timeout factor.push-capped
  factor.push-stopped factor.push-undelivered factor.number-mismatch factor.passkey-origin factor.passkey-counter
  factor.passkey-unknown factor.recovery-wrong factor.bypass-used factor.bypass-expired factor.enrol-not-allowed
  factor.enrol-expired factor.locked factor.throttled factor.timeout factor.offline-spent factor.offline-expired
  breakglass.wrong breakglass.expired logon.cancelled logon.expired logon.out-of-order logon.fail-open net.dns
  net.refused net.timeout net.unreachable net.proxy-auth net.proxy-block net.captive tls.version tls.untrusted
  tls.inspected tls.expired tls.not-yet tls.name http.rate-limited http.server-error http.unexpected org.fault
  org.overloaded org.sealing-key org.database org.migration org.timeline org.delivery org.directory agent.unreachable agent.fault
  door.malformed door.untrusted agent.version agent.not-armed agent.decision-invalid provider.missing
  provider.filtered pam.order pam.open-path pam.unprivileged
`
  .trim()
  .split(/\s+/);

/** What the command line offers; a fix may name nothing else. */
const COMMANDS = new Set(
  `serve|token create|user add|user list|user show|user suspend|user unsuspend|user activate|user unlock|user password|user edit|group add|group members|app add|app show
  |assign|source test|domain set|duplicate list|duplicate decide|zone set|policy show|policy set|policy rehearse|app legacy|app names|host code|host list|host show|host approve|host revoke|host enrol|host register|client add|client rotate|client revoke|agent run|agent arm|agent disarm
  |agent status|bypass|factor enrol|factor list|factor remove|factor reset|factor resync|ticket create|ticket list|ticket confirm|ticket revoke|logon|log tail|log verify|log export|why|push stops|push lift|mail set|mail test|sms set|sms test|doctor okta|import okta|doctor logon|doctor user|cause|breakglass export|breakglass answer`.split(
    /\s*\|/,
  ),
);

const table: Cause[] = Object.values(CAUSES);

describe("the cause table", () => {
  it("is the list of the design, each id once, in its order", () => {
    assert.equal(new Set(IDS).size, IDS.length);
    assert.deepEqual(Object.keys(CAUSES), IDS);
    for (const [id, cause] of Object.entries(CAUSES)) assert.equal(cause.id, id);
  });

  it("has no catch-all and only ids that are words", () => {
    for (const { id } of table) {
      assert.match(id, /^[a-z]+\.[a-z-]+$/);
      assert.doesNotMatch(id, /\.(other|error|failed|misc|generic)$/);
    }
  });

  it("knows its own ids and no others", () => {
    assert.ok(isCauseId("clock.host"));
    assert.equal(causeOf("clock.host").stage, "time");
    for (const none of ["", "clock", "Clock.host", "clock.host ", "toString", "__proto__", "constructor", "other"])
      assert.ok(!isCauseId(none), none);
  });

  it("cannot be changed at run time", () => {
    assert.throws(() => Object.assign(CAUSES, { "clock.host": undefined }), TypeError);
    assert.throws(() => Object.assign(CAUSES, { "made.up": CAUSES["clock.host"] }), TypeError);
    assert.throws(() => Object.assign(CAUSES["clock.host"], { person: "" }), TypeError);
  });

  it("gives every cause a title, both texts, evidence, and a fix that names something to do", () => {
    for (const { id, title, person, administrator, evidence, fix } of table) {
      assert.ok(title.length > 0 && !title.endsWith("."), `${id}: title`);
      assert.match(person, /^[A-Z].*\.$/, `${id}: person`);
      assert.match(administrator, /^[A-Z].*\.$/, `${id}: administrator`);
      assert.ok(sentences(administrator) <= 3, `${id}: the administrator's text is ${sentences(administrator)} sentences`);
      assert.ok(evidence.length > 0, `${id}: evidence`);
      assert.equal(new Set(evidence).size, evidence.length, `${id}: evidence twice`);
      for (const name of evidence) assert.match(name, /^[a-z][A-Za-z]*$/, `${id}: ${name}`);
      const fixes = Object.values(fix);
      assert.ok(fixes.length > 0, `${id}: fix`);
      for (const text of fixes) assert.ok(text.length >= 15, `${id}: fix`);
    }
  });

  it("lets in only with the three warnings", () => {
    const warnings = table.filter((cause) => cause.kind === "warning").map((cause) => cause.id);
    assert.deepEqual(warnings, ["policy.no-mfa", "logon.fail-open", "agent.not-armed"]);
  });

  it("names only commands that there are, and never a secret as their argument", () => {
    for (const { id, administrator, fix } of table) {
      for (const text of [administrator, ...Object.values(fix)]) {
        for (const [, command = ""] of text.matchAll(/`sallyport ([^`]+)`/g)) {
          const [first = "", second = ""] = command.split(" ");
          assert.ok(COMMANDS.has(first) || COMMANDS.has(`${first} ${second}`), `${id}: sallyport ${command}`);
          // The command of this name asks for the password itself.
          assert.doesNotMatch(command.replace(/^user password USER$/, ""), /password|secret|--code /i, `${id}: sallyport ${command}`);
        }
        assert.equal(text.split("`").length % 2, 1, `${id}: an open \` in: ${text}`);
      }
    }
  });
});

describe("what explains what", () => {
  it("names only causes of the table, never itself, each once", () => {
    for (const { id, dependsOn = [] } of table) {
      assert.equal(new Set(dependsOn).size, dependsOn.length, id);
      for (const other of dependsOn) assert.ok(isCauseId(other) && other !== id, `${id} → ${other}`);
    }
  });

  it("runs in no circle, so that there is always a root cause", () => {
    const walk = (id: CauseId, above: CauseId[]): void => {
      assert.ok(!above.includes(id), `circle: ${[...above, id].join(" → ")}`);
      for (const next of causeOf(id).dependsOn ?? []) walk(next, [...above, id]);
    };
    for (const { id } of table) walk(id, []);
  });
});

describe("what the person logging on reads", () => {
  const LEAKS =
    /\b(users?|accounts?|unknown|exists?|assigned|suspended|deactivated|disabled|locked|expired|ambiguous|policy|rules?|secrets?|clocks?|certificate|proxy|tls|dns|database|agents?|orgs?|servers?|groups?|zones?|enrol\w*|factors?|tokens?|passwords?)\b/i;

  it("S16: leaks no internals and no state of the account", () => {
    for (const { id, person } of table) {
      assert.doesNotMatch(person, LEAKS, id);
      assert.ok(!person.includes(id), id);
    }
  });

  it("S16: is one and the same sentence for everything about the account, its rights and its factors' state", () => {
    const same = table.filter(
      ({ id, stage }) => stage === "user" || /^(app\.|policy\.denies|address\.|factor\.(none|not-allowed|locked|enrol-))/.test(id),
    );
    assert.ok(same.length >= 20);
    for (const { id, person } of same) assert.equal(person, REFUSED, id);
  });

  it("S5: is one and the same sentence for a code that is wrong, used, early, late or out of date", () => {
    const ids = [
      "factor.code-wrong",
      "factor.code-used",
      "clock.factor",
      "factor.code-expired",
      "factor.bypass-used",
      "factor.bypass-expired",
      "factor.recovery-wrong",
    ] as const;
    for (const id of ids) assert.equal(causeOf(id).person, WRONG_CODE, id);
  });

  it("S16: says no more than to try again or to contact support, but for the person's own doing", () => {
    const own = /^(logon\.cancelled|policy\.no-mfa|logon\.fail-open|agent\.not-armed)$/;
    for (const { id, person } of table) {
      if (!own.test(id)) assert.match(person, /try again|next try|contact support|type only the digits/, id);
    }
  });
});

describe("docs/causes.md", () => {
  const page = readFileSync(new URL("../../../../docs/causes.md", import.meta.url), "utf8");

  it("is what the table writes (else run: npm run docs)", () => {
    const written = writeCausesPage().split("\n");
    const differs = page.split("\n").findIndex((line, at) => line !== written[at]);
    assert.equal(differs, -1, `line ${differs + 1} differs from the table`);
    assert.equal(page.length, writeCausesPage().length);
  });

  it("has a heading for every cause and no other", () => {
    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, id]) => id);
    assert.deepEqual(headings, IDS);
  });

  it("links only to headings that it has", () => {
    const anchors = new Set(
      [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replace(/[^a-z0-9 -]/g, "")
          .replace(/ /g, "-"),
      ),
    );
    const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
    assert.ok(links.length > IDS.length);
    for (const anchor of links) assert.ok(anchors.has(anchor), anchor);
  });
});

function sentences(text: string): number {
  return text.split(/[.!?](?= [A-Z]|$)/).filter((part) => part.trim() !== "").length;
}
