/** The mail server as an administrator sets it up and tries it: each fault of the dialogue is named with its place. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { run } from "../machine/processes.ts";
import { MAIL_ADDRESS, MAIL_NAME, MAIL_SECRET, MailServer, type MailServerOptions } from "./mail-server.ts";
import { World } from "./world.ts";

const SMTPS = `smtps://${MAIL_NAME}:4650`;
const SMTP = `smtp://${MAIL_NAME}:5870`;
let world: World;

before(async () => {
  world = new World();
  await world.org.start();
});
after(() => world.org.stop());

/** A server while `work` runs. */
async function during<T>(options: Partial<MailServerOptions>, work: (server: MailServer) => Promise<T>): Promise<T> {
  const port = options.implicit === false ? 5870 : 4650;
  const server = await new MailServer({ implicit: true, tls: world.server, port, ...options }).listen();
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

async function tried(): Promise<{ place: string; sentence: string; error: string }> {
  const done = await world.cli("mail", "test", "admin@story.test", "--json");
  assert.equal(done.code, 1, done.out);
  return JSON.parse(done.stdout);
}

test("nothing is set: the command says so, and how it is set", async () => {
  assert.match((await world.cli("mail", "test", "admin@story.test")).out, /no mail server is set: sallyport mail set/);
  assert.match((await world.cli("mail", "set", "--server", "smtp://x.test/path", "--from", "a@b.test")).out, /must end after the name/);
  assert.match((await world.cli("mail", "set", "--server", "http://x.test", "--from", "a@b.test")).out, /must begin with smtps/);
});

test("a server is taken only where it answers up to the account, by what the org trusts; nothing is sent by that", async () => {
  const set = (...more: string[]) => {
    const account = ["--from", "mfa@story.test", "--user", "mfa", "--secret-file", world.secretFile];
    return world.cli("mail", "set", "--server", SMTPS, ...account, ...more);
  };
  const down = await set("--ca", world.ca.pem);
  assert.deepEqual([down.code, /refuses the connection: nothing listens on this port/.test(down.out)], [1, true], down.out);
  await during({}, async (server) => {
    assert.match((await set()).out, /of an authority that the org does not trust|authorities above it/);
    assert.match((await world.cli("mail", "show")).out, /no mail server is set/, "nothing was taken by that");
    const taken = await set("--ca", world.ca.pem);
    assert.match(taken.out, /It answered, and nothing was sent/);
    assert.deepEqual(server.got, []);
  });
  await world.mustCli("mail", "remove");
});

test("a mail goes out by TLS from the first byte, and by STARTTLS; the answer of the server is shown", async () => {
  for (const [url, implicit] of [
    [SMTPS, true],
    [SMTP, false],
  ] as const) {
    await world.setMail(url);
    await during({ implicit }, async (server) => {
      assert.match(await world.mustCli("mail", "test", "admin@story.test"), /took it: 250/);
      const [got] = server.got;
      assert.deepEqual([got?.to, got?.from, got?.encrypted], ["admin@story.test", "mfa@story.test", true]);
      assert.match(got?.source ?? "", /^Auto-Submitted: auto-generated\r$/m);
    });
  }
});

test("STARTTLS that is stripped on the way ends the dialogue before anything is said in clear", async () => {
  await world.setMail(SMTP);
  await during({ implicit: false, strip: true }, async (server) => {
    const { place, sentence } = await tried();
    assert.equal(place, "tls", sentence);
    assert.match(sentence, /offers no STARTTLS, or somebody on the way took it out/);
    assert.deepEqual(server.got, []);
  });
});

test("a certificate that is not trusted, of another name, or expired is named, by smtps and by STARTTLS", async () => {
  const stranger = world.certificate("stranger", { subject: "Other CA", authority: true });
  const wrong = {
    "an authority that the org does not trust": world.certificate("untrusted", { subject: MAIL_NAME, issuer: stranger }),
    "signed itself": world.certificate("self", { subject: MAIL_NAME }),
    "for other names": world.certificate("other", { subject: "elsewhere.test", issuer: world.ca }),
  };
  for (const [url, implicit] of [
    [SMTPS, true],
    [SMTP, false],
  ] as const) {
    await world.setMail(url);
    for (const [says, tls] of Object.entries(wrong))
      await during({ implicit, tls }, async (server) => {
        const { place, sentence } = await tried();
        assert.equal(place, "tls", sentence);
        assert.match(sentence, new RegExp(says), url);
        assert.deepEqual(server.got, []);
      });
  }
});

test("account, recipient, name, port and silence have each their place", async () => {
  await world.setMail(SMTPS);
  assert.deepEqual(
    [(await tried()).place, (await tried()).sentence],
    [
      "connect",
      `The mail server ${MAIL_NAME}:4650 refuses the connection: nothing listens on this port. See that it runs, and that the org's machine reaches this port (firewall).`,
    ],
  );
  await during({ refuse: () => ({ code: 550, text: "5.1.1 no such person here" }) }, async () => {
    const { place, error } = await tried();
    assert.deepEqual([place, error], ["recipient", "550 5.1.1 no such person here"]);
  });
  const done = await world.org.call("PUT", "/api/v1/org/mail", {
    server: SMTPS,
    from: "mfa@story.test",
    user: "mfa",
    secret: "wrong",
    trust: (await world.org.call("GET", "/api/v1/org/mail")).trust,
  });
  assert.equal(done.secret, true);
  await during({}, async () => assert.deepEqual((await tried()).place, "auth"));
  await world.setMail("smtps://nobody.story.test:4650");
  assert.equal((await tried()).place, "dns");
  const held: Socket[] = [];
  const silent = createServer((socket) => held.push(socket)).listen(5870, MAIL_ADDRESS);
  await once(silent, "listening");
  await world.setMail(SMTP);
  const late = await tried();
  assert.deepEqual([late.place, /did not answer in time/.test(late.sentence)], ["connect", true]);
  for (const socket of held) socket.destroy();
  silent.close();
});

test("plain text goes to loopback only, or where the administrator wrote the words; then it is a standing finding", async () => {
  const refused = await world.cli("mail", "set", "--server", SMTP, "--insecure", "yes");
  assert.match(refused.out, /takes only these words: codes can be read and changed on the way/);
  const plain = { implicit: false, port: 2525 };
  await world.mustCli("mail", "set", "--server", "smtp://127.0.0.1:2525", "--from", "mfa@story.test", "--user", "none", "--untested");
  const local = await new MailServer({ ...plain, address: "127.0.0.1" }).listen();
  assert.match(await world.mustCli("mail", "test", "admin@story.test"), /took it/);
  await local.close();
  const words = "codes can be read and changed on the way";
  assert.match(await world.mustCli("mail", "set", "--server", `smtp://${MAIL_NAME}:2525`, "--insecure", words, "--untested"), /INSECURE/);
  const far = await new MailServer(plain).listen();
  assert.match(await world.mustCli("mail", "test", "admin@story.test"), /took it/);
  assert.equal(far.got[0]?.encrypted, false);
  await far.close();
  assert.match(await world.mustCli("mail", "show"), /INSECURE/);
  const [event] = (await world.events("delivery.set-up")).reverse();
  assert.equal(event.data.insecure, true);
  await world.setMail(SMTPS, "--insecure", "no");
});

test("the stored password is sent to no other server, and stands in no file, log or answer in clear", async () => {
  const moved = await world.cli("mail", "set", "--server", "smtps://elsewhere.story.test");
  assert.match(moved.out, /must be given again with another server/);
  assert.doesNotMatch(await world.mustCli("mail", "show", "--json"), new RegExp(MAIL_SECRET));
  const found = await world.cli("log", "export");
  assert.doesNotMatch(found.out, new RegExp(MAIL_SECRET));
  await world.mustCli("backup", "/run/story/backup.db");
  const grep = (text: string) => run("grep", ["-rlaF", "-e", text, "/run/story/org", "/run/story/backup.db"]).then(({ out }) => out);
  assert.match(await grep("smtps://"), /backup\.db/, "it would be found");
  assert.equal(await grep(MAIL_SECRET), "");
});

test("removed, it is gone", async () => {
  await world.mustCli("mail", "remove");
  assert.match((await world.cli("mail", "show")).out, /no mail server is set: sallyport mail set/);
});
