/** S18: a user is told by mail of everything that changes who can log on as them; nobody else is, and no secret stands in it. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { attemptReport } from "@sallyport/contracts";
import { takeReports } from "../src/flows/host-link/reports.ts";
import { outboxContext } from "../src/flows/outbox.ts";
import { openLogonOrg } from "./logon-org.ts";
import { make } from "./test-org.ts";

const { org, host, appId, person, nextStep } = await openLogonOrg();
after(() => org.close());

async function letters(to: string): Promise<{ subject: string; text: string; html: string }[]> {
  const rows = await org.deps.store.read((tx) => tx.outbox.list({ limit: 1000 }));
  const opened = rows.map((row) => JSON.parse(Buffer.from(org.deps.keys.unseal(row.sealed, outboxContext(row.id))).toString()));
  return opened.filter((payload) => payload.to === to);
}

/** What `work` sends to this address. */
async function during(to: string, work: () => Promise<unknown>) {
  nextStep();
  const before = new Set((await letters(to)).map((one) => JSON.stringify(one)));
  await work();
  return (await letters(to)).filter((one) => !before.has(JSON.stringify(one)));
}

async function reached(login: string, profile: object = {}) {
  const made = await person(login);
  const email = `${login}@example.test`;
  await make(org, "POST", `/api/v1/users/${made.id}`, { profile: { email, ...profile } });
  return { ...made, email, path: `/api/v1/users/${made.id}` };
}

test("S18: nobody is written to while no mail server is set", async () => {
  const zoe = await reached("zoe");
  assert.deepEqual(await during(zoe.email, () => make(org, "DELETE", `${zoe.path}/factors/${zoe.factor}`)), []);
  await make(org, "PUT", "/api/v1/org/mail", { server: "smtps://mail.corp.test", from: "mfa@corp.test" });
});

test("S18: a reset, a new factor, new recovery codes, a bypass code and a new password are told each once", async () => {
  const yara = await reached("yara");
  let codes: string[] = [];
  let bypass = "";
  let secret = "";
  const done: [RegExp, () => Promise<unknown>][] = [
    [/A second factor was removed/, () => make(org, "DELETE", `${yara.path}/factors/${yara.factor}`)],
    [
      /A second factor was added/,
      async () => {
        const made = await make(org, "POST", `${yara.path}/factors?activate=true`, {
          factorType: "token:software:totp",
          provider: "GOOGLE",
        });
        secret = made._embedded.activation.sharedSecret;
      },
    ],
    [
      /New recovery codes were made/,
      async () => {
        codes = (await make(org, "POST", `${yara.path}/factors`, { factorType: "recovery_codes" }))._embedded.activation.codes;
      },
    ],
    [
      /code in the place of your second factor/,
      async () => {
        bypass = (await make(org, "POST", `${yara.path}/bypass-codes`, { app: appId, reason: "phone lost" })).code;
      },
    ],
    [/Your password was changed/, () => make(org, "POST", yara.path, { credentials: { password: { value: "another long passphrase" } } })],
  ];
  for (const [subject, work] of done) {
    const sent = await during(yara.email, work);
    assert.equal(sent.length, 1, String(subject));
    const [letter] = sent;
    assert.match(letter?.subject ?? "", subject);
    assert.match(letter?.text ?? "", /Account: yara\nBy: /);
    assert.match(letter?.text ?? "", /Reference: evt_[\s\S]*If this was not you/);
    assert.doesNotMatch(`${letter?.text}${letter?.html}`, /https?:/);
  }
  const all = JSON.stringify(await letters(yara.email));
  for (const planted of [...codes, bypass, secret, "another long passphrase", "phone lost"])
    assert.ok(planted !== "" && !all.includes(planted));
});

test("an enrolment that was begun and never finished is told to nobody, neither its beginning nor its end", async () => {
  const rhea = await reached("rhea");
  const sent = await during(rhea.email, async () => {
    for (const _ of ["begun", "begun anew"]) await make(org, "POST", `${rhea.path}/factors`, { factorType: "push", provider: "OKTA" });
    const [pending] = (await make(org, "GET", `${rhea.path}/factors`)).filter(({ factorType }: any) => factorType === "push");
    await make(org, "DELETE", `${rhea.path}/factors/${pending.id}`);
  });
  assert.deepEqual(sent, []);
});

test("S18: a changed address is told to the one before too, and neither address stands in the log", async () => {
  const quin = await reached("quin");
  const next = "someone-else@example.test";
  const [before] = await during(quin.email, async () => {
    const [now] = await during(next, () => make(org, "POST", quin.path, { profile: { email: next } }));
    assert.match(now?.subject ?? "", /mail address of your account was changed/);
  });
  assert.match(before?.subject ?? "", /mail address of your account was changed/);
  assert.doesNotMatch(`${before?.text}${before?.html}`, /someone-else/);
  const reset = () => make(org, "DELETE", `${quin.path}/factors/${quin.factor}`);
  assert.deepEqual(await during(quin.email, async () => assert.equal((await during(next, reset)).length, 1)), []);
  assert.equal((await during(next, () => make(org, "POST", quin.path, { profile: { email: null } }))).length, 1, "taken away");
  const events = await org.deps.store.read((tx) => tx.log.list({ limit: 1000, descending: false }));
  assert.ok(events.some(({ type, target }) => type === "user.updated" && target?.id === quin.id));
  assert.doesNotMatch(JSON.stringify(events), /quin@example|someone-else@|formerEmail/);
});

test("S18: the letter is written in the language of the profile, and goes to the person's own address alone", async () => {
  const [xaver, will] = [await reached("xaver", { locale: "de-AT" }), await reached("will")];
  const others = await during(will.email, async () => {
    const [letter] = await during(xaver.email, () => make(org, "DELETE", `${xaver.path}/factors/${xaver.factor}`));
    assert.match(letter?.subject ?? "", /Ein zweiter Faktor wurde entfernt/);
    assert.match(letter?.text ?? "", /Codes aus einer App/);
    assert.match(letter?.html ?? "", /<html lang="de">/);
  });
  assert.deepEqual(others, []);
});

test("S18: a break-glass logon that a machine tells of afterwards is told to the person whose name was typed", async () => {
  const tara = await reached("tara");
  const report = {
    reference: host.request("tara").reference,
    at: org.clock.now,
    username: "tara",
    service: "sshd",
    result: "allow",
    evidence: { proof: "break-glass" },
  };
  const [letter] = await during(tara.email, () =>
    org.deps.store.inTransaction(async (tx) => {
      const [row] = await tx.hosts.list({ limit: 1 });
      assert.ok(row);
      await takeReports(tx, row, [attemptReport.parse(report)]);
    }),
  );
  assert.match(letter?.subject ?? "", /Somebody logged on without your second factor/);
  assert.match(letter?.text ?? "", /break-glass/);
  assert.match(letter?.text ?? "", new RegExp(`Machine: .*[\\s\\S]*Reference: ${report.reference}`));
});

test("a name that is markup or a header stays text in the letter", async () => {
  const vera = await reached("vera");
  await make(org, "POST", vera.path, { profile: { login: "<b>v</b>" } });
  const [letter] = await during(vera.email, () => make(org, "DELETE", `${vera.path}/factors/${vera.factor}`));
  assert.match(letter?.html ?? "", /&#60;b&#62;v/);
  assert.doesNotMatch(`${letter?.html}${letter?.subject}`, /<b>/);
  const bad = await reached("uma");
  await make(org, "POST", bad.path, { profile: { email: "uma@x.test>\r\nBcc: all@x.test" } });
  const before = (await org.deps.store.read((tx) => tx.outbox.list({ limit: 1000 }))).length;
  await make(org, "DELETE", `${bad.path}/factors/${bad.factor}`);
  assert.equal((await org.deps.store.read((tx) => tx.outbox.list({ limit: 1000 }))).length, before);
});
