/** Codes by mail on a real mail server: they arrive and let in; what fails is tried again, said, and given up. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { run, until } from "../machine/processes.ts";
import { Host } from "../postgres/host.ts";
import { Node, ORG_URL } from "../postgres/node.ts";
import { type Got, MAIL_NAME, MAIL_SECRET, MAIL_USER, MailServer, type MailServerOptions } from "./mail-server.ts";
import { appOf, eventsOf, personOf, World } from "./world.ts";

const FOLDER = "/run/story/codes/node";
const PORT = 18081;
let world: World;
let node: Node;
let host: Host;
let app: string;

before(async () => {
  world = new World();
  node = new Node(FOLDER, PORT, "");
  await node.start();
  const trust = { ca: readFileSync(world.ca.pem, "utf8") };
  const account = { user: MAIL_USER, secret: MAIL_SECRET };
  await node.call("PUT", "/api/v1/org/mail", { server: `smtps://${MAIL_NAME}:4650`, from: "mfa@story.test", ...account, trust });
  app = await appOf(node);
  host = new Host(ORG_URL);
  await host.enrol(PORT, (await node.call("POST", "/api/v1/host-codes", { app })).code);
});
after(() => node.stop("SIGKILL"));

const listen = (options: Partial<MailServerOptions> = {}) =>
  new MailServer({ implicit: true, tls: world.server, port: 4650, ...options }).listen();
const mailed = (login: string) => personOf(node, app, login, { factorType: "email" }, { email: `${login}@people.test` });
const CODE = /^ {4}([0-9]{6})\r?$/m;
const codeIn = ({ text }: Got) => CODE.exec(text)?.[1] ?? assert.fail(`no code in ${text}`);

/** A logon up to the moment when the code is under way. */
async function asked(login: string, factor: string) {
  const { body, reference } = await host.ask(PORT, login);
  const opened = { reference, stateToken: body.stateToken as string, factor };
  const answer = await host.verify(PORT, opened, "");
  assert.equal(answer.body.status, "MFA_CHALLENGE", JSON.stringify(answer.body));
  return opened;
}

test("a code by mail arrives and lets in; nothing of it is left in a log, the database or a backup", async (t) => {
  const anna = await mailed("anna");
  const server = await listen();
  const before = performance.now();
  const opened = await asked("anna", anna.factor);
  const mail = await server.next("anna@people.test", CODE);
  t.diagnostic(`${Math.round(performance.now() - before)} ms from the question to the mail`);
  const code = codeIn(mail);
  assert.match(
    mail.text,
    new RegExp(`Machine: story\\r?\\nFor: sshd\\r?\\nFrom: 203.0.113.7[^]*Reference: ${opened.reference}`.replace("[^]", "[\\s\\S]")),
  );
  const done = await host.verify(PORT, opened, code);
  assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
  const record = await node.command("why", opened.reference, "--json");
  assert.match(record.stdout, /"email"/);
  await node.command("backup", "/run/story/codes/backup.db");
  const found = async (text: string, ...where: string[]) => (await run("grep", ["-rlaF", "-e", text, ...where])).out;
  assert.match(await found("smtps://", FOLDER, "/run/story/codes/backup.db"), /backup\.db/, "it would be found");
  assert.equal(await found(`    ${code}`, FOLDER, "/run/story/codes/backup.db"), "");
  assert.equal(await found("anna@people.test", join(FOLDER, "log")), "");
  assert.doesNotMatch((await node.command("log", "export")).out, new RegExp(`anna@people|[^0-9]${code}[^0-9]`));
  await server.close();
});

test("a server that is away is said once, the mail goes when it is back, and that is said as well", async () => {
  const berta = await mailed("berta");
  const opened = await asked("berta", berta.factor);
  const [failing] = await until<any>("it was done", async () => {
    const events = await eventsOf(node, "delivery.failing");
    return events.length > 0 ? events : undefined;
  });
  assert.deepEqual([failing.cause, failing.data.server], ["org.delivery", `${MAIL_NAME}:4650`]);
  const shown = await node.command("mail", "show");
  assert.deepEqual([shown.code, /FAILING since .*ECONNREFUSED/.test(shown.out)], [1, true], shown.out);
  const server = await listen();
  const done = await host.verify(PORT, opened, codeIn(await server.next("berta@people.test", CODE)));
  assert.equal(done.body.status, "SUCCESS");
  await until("the mail goes again", async () => (await node.command("mail", "show")).code === 0);
  const said = [...(await eventsOf(node, "delivery.failing")), ...(await eventsOf(node, "delivery.working"))];
  assert.equal(said.length, 2, JSON.stringify(said.map(({ eventType, published, data }) => [eventType, published, data])));
  await server.close();
});

test("a mailbox that is refused for now gets its mail later; one that is refused for good is given up, without its address in the log", async () => {
  const [carla, doris] = [await mailed("carla"), await mailed("doris")];
  let refusals = 0;
  const server = await listen({
    refuse: (to) => {
      if (to.startsWith("doris")) return { code: 550, text: "5.1.1 <doris@people.test> no such person" };
      return to.startsWith("carla") && refusals++ === 0 ? { code: 450, text: "4.2.0 <carla@people.test> come again" } : undefined;
    },
  });
  const opened = await asked("carla", carla.factor);
  await asked("doris", doris.factor);
  const done = await host.verify(PORT, opened, codeIn(await server.next("carla@people.test", CODE)));
  assert.equal(done.body.status, "SUCCESS");
  assert.ok(refusals >= 2);
  const [event] = await until<any>("it was done", async () => {
    const events = await eventsOf(node, "delivery.given-up");
    return events.length > 0 ? events : undefined;
  });
  assert.deepEqual([event.data.error, event.data.tries], ["recipient: 550 5.1.1 to RCPT TO", 1]);
  assert.doesNotMatch((await node.command("log", "export")).out + readFileSync(join(FOLDER, "log"), "utf8"), /@people\.test/);
  await server.close();
});

test("an org that stops in the middle of a mail ends in order, and sends it when it is back", async () => {
  const erna = await mailed("erna");
  const opened = await asked("erna", erna.factor);
  await node.stop("SIGTERM");
  const server = await listen();
  await node.start();
  const mail = await server.next("erna@people.test", CODE);
  assert.equal((await host.verify(PORT, opened, codeIn(mail))).body.status, "SUCCESS");
  assert.equal(server.got.filter(({ to, text }) => to === "erna@people.test" && CODE.test(text)).length, 1);
  await server.close();
});

test("S18: a user is told by mail of a factor that was taken away, in German if their profile says so", async () => {
  const server = await listen();
  const frieda = await personOf(node, app, "frieda", { factorType: "email" }, { email: "frieda@people.test", locale: "de_DE" });
  await node.call("DELETE", `/api/v1/users/${frieda.id}/factors/${frieda.factor}`);
  const removed = await server.next("frieda@people.test", /wurde ein zweiter Faktor entfernt: Codes per E-Mail/);
  assert.match(removed.text, /Referenz: evt_/);
  await server.close();
});
