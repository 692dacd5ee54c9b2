/** Text messages and calls by the administrator's webhook: signed, over TLS, to no private address that is not listed, in bounded time (S34). */
import assert from "node:assert/strict";
import { createHmac, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { buffer } from "node:stream/consumers";
import { after, before, test } from "node:test";
import type { Certificate } from "../machine/certificates.ts";
import { Host } from "../postgres/host.ts";
import { Node, ORG_URL } from "../postgres/node.ts";
import { MAIL_ADDRESS, MAIL_NAME } from "./mail-server.ts";
import { appOf, personOf, World } from "./world.ts";

const PORT = 18081;
const HOOK_PORT = 4430;
const URL_OF_HOOK = `https://${MAIL_NAME}:${HOOK_PORT}/sms?team=7`;
let world: World;
let node: Node;
let host: Host;
let app: string;
let secret: string;

before(async () => {
  world = new World();
  node = new Node("/run/story/webhook/node", PORT, "");
  await node.start();
  app = await appOf(node);
  host = new Host(ORG_URL);
  await host.enrol(PORT, (await node.call("POST", "/api/v1/host-codes", { app })).code);
});
after(() => node.stop("SIGKILL"));

interface Call {
  headers: IncomingMessage["headers"];
  body: Buffer;
  url: string;
}

/** What a receiver has to do, in a few lines of its own: docs/sms.md. */
function isSigned({ headers, body }: Call): boolean {
  const timestamp = String(headers["sallyport-timestamp"]);
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const right = createHmac("sha256", secret).update(timestamp).update(".").update(body).digest();
  const given = Buffer.from(String(headers["sallyport-signature"]).replace("v1=", ""), "hex");
  return given.length === right.length && timingSafeEqual(given, right);
}

/** A webhook while `work` runs. */
async function during<T>(
  answer: (response: ServerResponse, call: Call) => void,
  work: (calls: Call[]) => Promise<T>,
  tls: Certificate = world.server,
): Promise<T> {
  const calls: Call[] = [];
  const server = createServer({ cert: readFileSync(tls.pem), key: readFileSync(tls.key) }, (request, response) => {
    void buffer(request).then((body) => {
      const call = { headers: request.headers, body, url: request.url ?? "" };
      calls.push(call);
      answer(response, call);
    });
  });
  server.on("tlsClientError", () => undefined);
  server.listen(HOOK_PORT, MAIL_ADDRESS);
  await once(server, "listening");
  try {
    return await work(calls);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const fine = (response: ServerResponse) => response.writeHead(204).end();

async function tried(): Promise<{ place: string; sentence: string }> {
  const done = await node.command("sms", "test", "+49 30 1234567", "--json");
  assert.equal(done.code, 1, done.out);
  return JSON.parse(done.stdout);
}

async function set(...words: string[]): Promise<void> {
  const done = await node.command("sms", "set", ...words, "--json");
  assert.equal(done.code, 0, done.out);
  secret = JSON.parse(done.stdout).secret ?? secret;
}

test("S34: a webhook on a private address is not called until its network is listed, however it is written", async () => {
  for (const refused of ["http://sms.corp.test/", "https://user:pw@sms.corp.test/"])
    assert.equal((await node.command("sms", "set", "--url", refused)).code, 1, refused);
  await during(fine, async (calls) => {
    appendFileSync("/etc/hosts", `127.0.0.1 inside.story.test\n`);
    for (const url of [
      URL_OF_HOOK,
      `https://${MAIL_ADDRESS}:${HOOK_PORT}/`,
      "https://0x7f.1:4430/",
      "https://[::1]:4430/",
      "https://inside.story.test:4430/",
    ]) {
      await set("--url", url, "--ca", world.ca.pem);
      const { place, sentence } = await tried();
      assert.deepEqual([place, /private address/.test(sentence)], ["settings", true], `${url}: ${sentence}`);
    }
    assert.deepEqual(calls, []);
  });
});

test("a message is signed over its time and its bytes, so that a receiver finds a changed, an old and a foreign one", async () => {
  await set("--url", URL_OF_HOOK, "--ca", world.ca.pem, "--private-network", `${MAIL_ADDRESS}/32`);
  await during(fine, async (calls) => {
    assert.equal((await node.command("sms", "test", "+49 30 1234567")).code, 0);
    const [call] = calls;
    assert.ok(call && isSigned(call));
    assert.equal(call.url, "/sms?team=7");
    assert.equal(JSON.parse(call.body.toString()).to, "+49301234567");
    assert.equal(isSigned({ ...call, body: Buffer.from(call.body.toString().replace("+4930", "+4940")) }), false);
    assert.equal(isSigned({ ...call, headers: { ...call.headers, "sallyport-timestamp": "1700000000" } }), false);
  });
});

test("S34: a redirect is not followed; a strange certificate, a slow drip and a long answer end the call, each named", async () => {
  const elsewhere = (response: ServerResponse) => response.writeHead(307, { location: `https://${MAIL_NAME}:${HOOK_PORT}/other` }).end();
  await during(elsewhere, async (calls) => {
    assert.match((await tried()).sentence, /sends us to another address, and that is not followed/);
    assert.equal(calls.length, 1);
  });
  const self = world.certificate("self", { subject: MAIL_NAME });
  await during(
    fine,
    async (calls) => {
      assert.equal((await tried()).place, "tls");
      assert.deepEqual(calls, []);
    },
    self,
  );
  await during(
    (response) => response.writeHead(200).end(Buffer.alloc(1 << 20)),
    async () => {
      assert.match((await tried()).sentence, /answers with more than 16 KiB/);
    },
  );
  const drip = (response: ServerResponse) => {
    response.writeHead(200);
    const drops = setInterval(() => response.write("."), 200);
    response.on("close", () => clearInterval(drops));
  };
  await during(drip, async () => assert.match((await tried()).sentence, /did not answer in ten seconds/));
});

test("a code by text message and one by call let in, and the webhook gets it once", async () => {
  await during(fine, async (calls) => {
    for (const factorType of ["sms", "call"]) {
      const who = await personOf(node, app, `person-${factorType}`, { factorType, profile: { phoneNumber: "+49 171 7654321" } });
      const { body, reference } = await host.ask(PORT, `person-${factorType}`);
      const opened = { reference, stateToken: body.stateToken, factor: who.factor };
      const asked = await host.verify(PORT, opened, "");
      assert.deepEqual(asked.body._embedded.factor.profile, { phoneNumber: "+*** 21" });
      const message = await messageOf(calls, factorType);
      assert.match(
        message.text,
        factorType === "sms" ? new RegExp(`@localhost #${message.code}$`) : new RegExp([...message.code].join(", ")),
      );
      const done = await host.verify(PORT, opened, message.code);
      assert.equal(done.body.status, "SUCCESS", JSON.stringify(done.body));
    }
    assert.ok(calls.every(isSigned));
    assert.equal(calls.length, 2);
  });
});

async function messageOf(calls: Call[], type: string): Promise<{ text: string; code: string }> {
  for (;;) {
    const found = calls.map(({ body }) => JSON.parse(body.toString())).find((message) => message.type === type);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("the secret is shown once, is made anew with another address, and stands in no answer", async () => {
  assert.doesNotMatch((await node.command("sms", "show", "--json")).out, new RegExp(secret));
  const before = secret;
  await set("--url", "https://other.story.test/");
  assert.notEqual(secret, before);
  assert.doesNotMatch((await node.command("log", "export")).out, new RegExp(`${secret}|${before}|team=7`));
});
