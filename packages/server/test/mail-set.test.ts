/** A mail server that is tried before it is taken: up to the account, with nothing sent, and nothing changed where it fails. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, describe, test } from "node:test";
import { SMTPServer } from "smtp-server";
import { openTestOrg } from "./test-org.ts";

const org = await openTestOrg();
after(() => org.close());

const said: string[] = [];
const servers: SMTPServer[] = [];
after(() => Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())))));

/** On loopback, where mail goes without TLS. What it hears is kept under its name. */
async function mailServer(name: string): Promise<string> {
  const server = new SMTPServer({
    logger: false,
    disableReverseLookup: true,
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onConnect: (_session, done) => done(void said.push(`${name} connected`)),
    onAuth({ username, password }, _session, done) {
      said.push(`${name} account ${username}`);
      if (password === "right") return done(null, { user: username });
      return done(Object.assign(new Error("5.7.8 no"), { responseCode: 535 }));
    },
    onMailFrom: (_address, _session, done) => done(void said.push(`${name} mail`)),
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server.server, "listening");
  return `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
}

async function deadServer(): Promise<string> {
  const url = await mailServer("dead");
  await new Promise<void>((resolve) => servers.pop()?.close(() => resolve()));
  return url;
}

const set = (body: object, query = "?try=true") => org.manage("PUT", `/api/v1/org/mail${query}`, { from: "mfa@corp.example", ...body });
const causeOf = ({ body }: { body: { errorCauses?: { errorSummary: string }[] } }) => body.errorCauses?.[0]?.errorSummary ?? "";
const heard = () => said.splice(0);

describe("a mail server that is set up", () => {
  test("is refused where nothing answers, with the sentence of `mail test`, and nothing is changed", async () => {
    const refused = await set({ server: await deadServer() });
    assert.equal(refused.status, 400);
    assert.match(causeOf(refused), /^server: The mail server 127\.0\.0\.1:\d+ refuses the connection: .* Nothing was changed$/);
    assert.equal((await org.manage("GET", "/api/v1/org/mail")).status, 404);
  });

  test("is refused where it takes not the account, and taken where it does; no mail is begun", async () => {
    const server = await mailServer("good");
    const wrong = await set({ server, user: "mfa", secret: "wrong" });
    assert.match(causeOf(wrong), /refuses the account: its name or its password is wrong/);
    assert.equal((await org.manage("GET", "/api/v1/org/mail")).status, 404);
    heard();
    const taken = await set({ server, user: "mfa", secret: "right" });
    assert.equal(taken.status, 200, causeOf(taken));
    assert.deepEqual(heard(), ["good connected", "good account mfa"]);
    const renamed = await set({ server, user: "mfa", fromName: "The org" });
    assert.equal(renamed.status, 200, "with the stored password");
    assert.deepEqual(heard(), ["good connected", "good account mfa"]);
  });

  test("hears no stored password that was not meant for it: it is not even called", async () => {
    const elsewhere = await mailServer("elsewhere");
    const refused = await set({ server: elsewhere, user: "mfa" });
    assert.match(causeOf(refused), /^secret: must be given again with another server/);
    assert.deepEqual(heard(), []);
  });

  test("is left when its time is over, though it goes on to say a line before each silence is too long", async () => {
    const stopping = new AbortController();
    org.deps.stopping = stopping.signal;
    const gone = Promise.withResolvers<void>();
    const dripping = createServer((socket) => {
      socket.on("error", () => undefined).on("close", () => gone.resolve());
      socket.write("220 drips\r\n");
      socket.once("data", () => {
        const drip = setInterval(() => socket.write("250-not yet\r\n"), 20);
        socket.once("close", () => clearInterval(drip));
        // As the 30 seconds of a try would.
        stopping.abort();
      });
    }).listen(0, "127.0.0.1");
    await once(dripping, "listening");
    const refused = await set({ server: `smtp://127.0.0.1:${(dripping.address() as AddressInfo).port}` });
    assert.match(causeOf(refused), /did not answer in time/);
    await gone.promise;
    dripping.close();
    delete org.deps.stopping;
  });

  test("stays as it was when its successor does not answer, and is replaced by one that nobody tried only if that is said", async () => {
    const before = (await org.manage("GET", "/api/v1/org/mail")).body.server;
    const server = await deadServer();
    heard();
    assert.equal((await set({ server, user: "mfa", secret: "right" })).status, 400);
    assert.equal((await org.manage("GET", "/api/v1/org/mail")).body.server, before);
    assert.equal((await set({ server, user: "mfa", secret: "right" }, "")).status, 200);
    assert.equal((await org.manage("GET", "/api/v1/org/mail")).body.server, server);
    assert.deepEqual(heard(), []);
  });
});
