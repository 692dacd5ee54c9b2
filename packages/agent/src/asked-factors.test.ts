/** Factors that are asked for at the prompt: how they are chosen, shown and waited for, and what is left when they say no. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type AgentFrame, FACTOR_NAMES } from "@sallyport/contracts";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { type Rig, rig } from "../doubles/rig.ts";
import { error } from "../doubles/scripted-server.ts";
import { withButtons } from "./door/buttons.ts";

const WAITING = { factorResult: "WAITING", challenge: { correctAnswer: "42" } };
const SUCCESS = { status: "SUCCESS" };

const verified = ({ org }: Rig) => org.calls.filter((call) => call.path.endsWith("/verify"));
const asksOf = (one: Rig) => verified(one).filter(({ body }) => body["passCode"] === undefined).length;

function showOf(frame: AgentFrame | undefined) {
  assert.ok(frame && "show" in frame, JSON.stringify(frame));
  return frame.show;
}

/** Answers each show that asks, in order; collects all shows. */
function logOn(one: Rig, ...answers: string[]) {
  return goOn(one.provider().hello().begin(), answers);
}

async function goOn(person: ReturnType<Rig["provider"]>, answers: string[]) {
  const shows: ReturnType<typeof showOf>[] = [];
  for (;;) {
    const frame = await person.next();
    if (!frame || !("show" in frame)) return { shows, result: frame && "end" in frame ? frame.end.result : undefined };
    shows.push(frame.show);
    if (frame.show.wait !== true) person.input({ code: answers.shift() ?? "000000" });
  }
}

describe("the choice of a factor", () => {
  test("S16: names the kinds and nothing else, each once, in the one field that takes codes", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push", "push", "email", "recovery"];
    const { shows } = await logOn(one);
    assert.deepEqual(shows[0], {
      title: "Second factor",
      fields: [
        {
          id: "code",
          kind: "code",
          label: "Code from your app, or a recovery code, or choose from the list",
          digits: 6,
          choices: [
            { value: "push", label: "push: a request to your phone" },
            { value: "mail", label: "mail: a code by mail" },
          ],
        },
      ],
    });
  });

  test("a right code typed at once lets in, with no further prompt and nothing sent to a phone", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push", "email"];
    const { shows, result } = await logOn(one, RIGHT_CODE);
    assert.deepEqual([result, shows.length, asksOf(one)], ["allow", 1, 0]);
  });

  test("a number that the list does not have is answered by those that it has, and tells the org nothing", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push", "email"];
    const { shows, result } = await logOn(one, "5", RIGHT_CODE);
    assert.deepEqual([result, shows[1]?.text], ["allow", "The list has 2 choices: type a number from 1 to 2."]);
    assert.equal(verified(one).length, 1);
    one.org.kinds = ["totp", "push"];
    const single = await logOn(one, "5", RIGHT_CODE);
    assert.equal(single.shows[1]?.text, "The list has one choice: type 1 for it.");
  });

  test("a provider that cannot ask is offered nothing but the code", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push", "email"];
    const { shows } = await one.provider().hello({ conversation: false, serial: true }).begin({ service: "xrdp" }).talk("push");
    assert.equal(showOf(shows[0]).fields?.[0]?.choices, undefined);
    assert.equal(verified(one).length, 0);
    assert.equal(one.attempts().at(-1)?.["cause"], "factor.code-malformed");
  });

  test("a Windows tile is told the ways as buttons that send their word, and never more than it has room for", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push", "email", "sms", "call", "passkey"];
    one.org.stands = [WAITING, SUCCESS];
    const { shows, result } = await goOn(one.provider().hello({ provider: "windows" }).begin(), ["push"]);
    const [code, ...buttons] = shows[0]?.fields ?? [];
    assert.deepEqual([code?.kind, code?.choices], ["code", undefined]);
    assert.deepEqual(
      buttons.map(({ id, kind, value }) => [id, kind, value]),
      ["push", "mail", "sms", "call", "link"].map((word) => ["code", "button", word]),
    );
    assert.deepEqual([buttons[0]?.label, result], ["push: a request to your phone", "allow"]);
    const field = { id: "code", kind: "code" as const, label: "Code" };
    const choices = Array.from({ length: 9 }, (_, at) => ({ value: `${at}`, label: `Way ${at}` }));
    assert.equal(withButtons({ fields: [{ ...field, choices }] }).fields?.length, 8);
    assert.deepEqual(withButtons({ text: "Wait.", wait: true }), { text: "Wait.", wait: true });
  });

  test("what cannot be asked just now leaves the other ways, in one sentence for every reason", async (t) => {
    const texts = new Set<unknown>();
    for (const cause of ["factor.push-capped", "factor.push-stopped", "factor.push-undelivered"]) {
      const one = await rig(t);
      one.org.kinds = ["totp", "push"];
      one.org.scripts["/api/v1/authn/factors/f-push/verify"] = () => error(403, "E0000068", cause, { ended: false });
      const { shows, result } = await logOn(one, "push", RIGHT_CODE);
      assert.equal(result, "allow");
      texts.add(shows[1]?.text);
    }
    assert.equal(texts.size, 1, [...texts].join(" | "));
  });
});

describe("a request on the phone", () => {
  test("shows the number, looks until it was answered, and lets in", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push"];
    one.org.stands = [WAITING, WAITING, SUCCESS];
    const { shows, result } = await logOn(one, "PUSH");
    assert.deepEqual(shows[1], { title: "Second factor", text: "Type 42 on your phone.", wait: true });
    assert.deepEqual([result, shows.length, asksOf(one)], ["allow", 2, 3]);
    assert.equal(new Set(verified(one).map(({ claims }) => claims?.["jti"])).size, 3, "each look is signed anew");
  });

  test("is made at once for whoever has nothing else", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["push"];
    one.org.stands = [WAITING, SUCCESS];
    const { shows, result } = await logOn(one);
    assert.deepEqual([result, shows.map(({ text }) => text)], ["allow", ["Type 42 on your phone."]]);
  });

  const ends: [string, object, RegExp][] = [
    ["declined", { factorResult: "REJECTED", cause: "factor.push-denied" }, /did not approve/],
    ["reported", { factorResult: "REJECTED", cause: "factor.push-reported" }, /did not approve/],
    ["answered with another number", { factorResult: "REJECTED", cause: "factor.number-mismatch" }, /not the one shown/],
    ["not answered", { factorResult: "TIMEOUT" }, /did not approve/],
  ];
  for (const [what, stand, sentence] of ends) {
    test(`${what}: the person reads so, and another way lets in`, async (t) => {
      const one = await rig(t);
      one.org.kinds = ["totp", "push"];
      one.org.stands = [WAITING, stand as Record<string, unknown>];
      const { shows, result } = await logOn(one, "push", RIGHT_CODE);
      assert.match(shows[2]?.text ?? "", sentence);
      assert.equal(shows[2]?.fields?.[0]?.choices?.[0]?.value, "push");
      assert.equal(result, "allow");
    });
  }

  test("that comes to nothing ends the logon of whoever has no other way, by its cause", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["push"];
    one.org.stands = [WAITING, { factorResult: "TIMEOUT", cause: "factor.push-timeout" }];
    assert.equal((await logOn(one)).result, "deny");
    assert.equal(one.attempts().at(-1)?.["cause"], "factor.push-timeout");
  });

  test("is given up when the person leaves: the org hears so, and nobody looks any more", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "push"];
    one.org.stands = [WAITING];
    const person = one.provider().hello().begin();
    await person.next();
    person.input({ code: "push" });
    assert.equal(showOf(await person.next()).wait, true);
    person.leave();
    const cancels = () => one.org.calls.filter(({ path }) => path.endsWith("/cancel")).map(({ body }) => body["cause"]);
    while (cancels().length === 0) await new Promise((done) => setTimeout(done, 10));
    assert.deepEqual(cancels(), ["logon.cancelled"]);
    assert.equal(one.attempts().at(-1)?.["cause"], "logon.cancelled");
    const looks = asksOf(one);
    await new Promise((done) => setTimeout(done, 1500));
    assert.equal(asksOf(one), looks);
  });

  test("S22: an org that goes away meanwhile refuses, whatever the fail modes say", async (t) => {
    const one = await rig(t, { policy: { failModes: { orgUnreachable: "allow", orgError: "allow", agentGone: "refuse" } } });
    one.org.kinds = ["totp", "push"];
    one.org.stands = [WAITING];
    const person = one.provider().hello().begin();
    await person.next();
    person.input({ code: "push" });
    await person.next();
    one.org.scripts["*"] = () => error(500, "E0000009");
    const end = await person.next();
    assert.ok(end && "end" in end && end.end.result === "deny");
    assert.equal(one.attempts().at(-1)?.["cause"], "http.server-error");
  });
});

describe("a code that is sent out", () => {
  const sent = { factorResult: "CHALLENGE" };

  test("is asked for in the same field, tried as the factor that sent it, and lets in", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "email"];
    one.org.stands = [sent];
    const { shows, result } = await logOn(one, "mail", RIGHT_CODE);
    assert.equal(shows[1]?.text, "A code was sent by mail.");
    assert.deepEqual([result, verified(one).at(-1)?.path], ["allow", "/api/v1/authn/factors/f-email/verify"]);
  });

  test("is sent anew on request; a wrong one is asked again, and the number of tries stays three in all", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["totp", "email"];
    one.org.stands = [sent];
    const { shows, result } = await logOn(one, "111111", "mail", "again", "222222", "333333");
    assert.deepEqual([result, asksOf(one), shows.length], ["deny", 2, 5]);
    assert.equal(shows[4]?.text, "That code is not right. Try again.");
    assert.equal(one.attempts().at(-1)?.["cause"], "factor.code-wrong");
  });

  test("what is not shaped like one never leaves the machine", async (t) => {
    const one = await rig(t);
    one.org.kinds = ["email"];
    one.org.stands = [sent];
    await logOn(one, "my password", "12345", "123456789");
    assert.equal(verified(one).filter(({ body }) => body["passCode"] !== undefined).length, 0);
  });
});

describe("approval by link", () => {
  const URL = "https://org.example/approve/0123456789ABCDEFGHJKMNPQRS";
  const withLink = (one: Rig) => {
    one.org.kinds = ["totp", "passkey"];
    let links = 0;
    one.org.scripts["/api/v1/authn/link"] = () => {
      links += 1;
      return { body: { url: URL, expiresAt: new Date().toISOString(), factor: "f-passkey" } };
    };
    return () => links;
  };

  test("shows the link and its QR code, takes the code of its page, and lets in", async (t) => {
    const one = await rig(t);
    const links = withLink(one);
    one.org.rightCode = "K7QF3M2P0";
    const { shows, result } = await logOn(one, "link", "k7q-f3m-2p0", "K7QF3M2P0");
    const [link, qr, code] = shows[1]?.fields ?? [];
    assert.deepEqual([link?.kind, link?.value, qr?.kind, qr?.value, code?.kind], ["link", URL, "qr", URL, "code"]);
    assert.match(qr?.drawn ?? "", /^█+\n█/);
    assert.deepEqual([result, shows.length, links()], ["allow", 3, 1]);
    assert.equal(shows[2]?.fields?.length, 1, "the link is not shown again for a slip");
  });

  test("a new link on request; another way beside it; what is no code of a page stays here", async (t) => {
    const one = await rig(t);
    const links = withLink(one);
    await logOn(one, "link", "again", "correct horse", "secretword1", "not-a-code");
    assert.deepEqual([links(), verified(one).length], [2, 0]);
    assert.equal(one.attempts().at(-1)?.["cause"], "factor.code-malformed");
  });
});

describe("enrolment at the first logon", () => {
  const TICKET = "K7QF-3M2P-0000-ABCD-WXYZ";
  const totp = { ...FACTOR_NAMES.totp, kind: "totp" };
  const enroll = { href: "https://org.example/api/v1/authn/factors", hints: { allow: ["POST"] } };
  const user = { id: "usr_1", profile: { login: "alice@corp.example" } };
  const activation = { sharedSecret: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", otpauth: "otpauth://totp/x?secret=ABC&digits=6" };

  function withTicket(one: Rig) {
    let token = "";
    const view = (more: object, _embedded: object) => ({ body: { stateToken: token, ...more, _embedded: { user, ..._embedded } } });
    const start = (next: object) => view({ status: "MFA_ENROLL", _links: next }, { factors: [{ ...totp, _links: { enroll } }] });
    one.org.scripts["/api/v1/authn/logon"] = async (_, normal) => {
      token = ((await normal()).body as { stateToken: string }).stateToken;
      return start({ next: { ...enroll, name: "ticket" } });
    };
    one.org.scripts["/api/v1/authn/ticket"] = ({ body }) =>
      body["ticket"] === TICKET ? start({}) : error(403, "E0000068", "factor.code-wrong", { ended: false });
    one.org.scripts["/api/v1/authn/factors"] = () =>
      view({ status: "MFA_ENROLL_ACTIVATE" }, { factor: { id: "f9", ...totp, _embedded: { activation } } });
    one.org.scripts["/api/v1/authn/factors/:id/lifecycle/activate"] = ({ body }) =>
      body["passCode"] === RIGHT_CODE ? one.org.view(token, "SUCCESS") : error(403, "E0000068", "factor.code-wrong", { ended: false });
  }

  test("asks the ticket, shows the secret as QR code and in groups once, and lets in after its first code", async (t) => {
    const one = await rig(t);
    withTicket(one);
    const { shows, result } = await logOn(one, "0000-0000-0000-0000-0000", TICKET, "111111", RIGHT_CODE);
    assert.equal(result, "allow");
    assert.deepEqual(
      shows.map(({ fields }) => fields?.map(({ kind, label }) => `${kind} ${label}`).join(", ")),
      ["code Enrolment ticket", "code Enrolment ticket", "qr Scan, code Code that the app shows", "code Code that the app shows"],
    );
    assert.equal(shows[1]?.text, "That ticket is not right. Try again.");
    assert.match(shows[2]?.text ?? "", /ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567/);
    assert.deepEqual([shows[2]?.fields?.[0]?.value, shows[2]?.fields?.[1]?.digits], [activation.otpauth, 6]);
    const log = JSON.stringify(one.log());
    for (const secret of [activation.sharedSecret, TICKET, RIGHT_CODE]) assert.equal(log.includes(secret), false);
  });

  test("what is no ticket stays here, and without one nobody gets to see a secret", async (t) => {
    const one = await rig(t);
    withTicket(one);
    const { shows, result } = await logOn(one, "my password", "123456", "password");
    assert.equal(result, "deny");
    assert.match(shows[1]?.text ?? "", /^That does not look like a ticket/);
    assert.equal(
      one.org.calls.some(({ path }) => path.endsWith("/ticket") || path.endsWith("/factors")),
      false,
    );
    assert.equal(one.attempts().at(-1)?.["cause"], "factor.code-malformed");
  });
});
