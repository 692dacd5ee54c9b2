/** Each fault of the way to an org, brought about by a real server, is named by the looks that need no secret. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type RequestListener } from "node:http";
import { createServer as createHttps, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type Diagnosis, diagnosis } from "@sallyport/contracts";
import { type Issued, issue } from "../../../agent/doubles/certificates.ts";
import { compareUrls } from "./config-values.ts";
import { runLook } from "./look.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "sallyport-org-"));
const servers: Server[] = [];
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true, force: true });
});

const ca = issue({ subject: "Test Authority", ca: true });
const trusted = join(folder, "ca.pem");
writeFileSync(trusted, ca.pem);
const other = join(folder, "other.pem");
writeFileSync(other, issue({ subject: "Other Authority", ca: true }).pem);
const leaf = (wish: Partial<Parameters<typeof issue>[0]> = {}) => issue({ subject: "org", names: ["127.0.0.1"], issuer: ca, ...wish });

const answers =
  (headers: Record<string, string>, body: string, status = 200): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body);
  };
const ORG = answers({}, '{"id":"00o1","pipeline":"v1"}');

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const secure = (cert: Issued, handler = ORG, more: ServerOptions = {}) =>
  listen(createHttps({ key: cert.keyPem, cert: cert.pem, ...more }, handler));

async function look(
  url: string,
  more: { trust?: boolean; settings?: string; log?: string } = {},
): Promise<Diagnosis & { code: number; tookMs: number }> {
  const into = join(folder, `${Math.random()}`.slice(2));
  const files = {
    ...(more.settings === undefined ? {} : { [join(into, "rdp_app_config.json")]: more.settings }),
    ...(more.log === undefined ? {} : { [join(into, "OktaWidget.log")]: more.log }),
  };
  const run = await runLook(url, files, more.trust === false ? other : trusted);
  return { ...diagnosis.parse(JSON.parse(run.out)), code: run.code, tookMs: run.tookMs };
}
const confirmed = ({ findings }: Diagnosis) => findings.filter(({ verdict }) => verdict === "confirmed").map(({ cause }) => cause);
const possible = ({ findings }: Diagnosis) => findings.filter(({ verdict }) => verdict === "candidate").map(({ cause }) => cause);

describe("an org that is looked at without a secret", () => {
  it("is healthy if all is well, and much is ruled out", async () => {
    const found = await look(await secure(leaf()));
    assert.deepEqual([confirmed(found), possible(found), found.code], [[], [], 0]);
    const ruledOut = found.findings.map(({ cause }) => cause);
    for (const cause of [
      "net.dns",
      "net.refused",
      "tls.untrusted",
      "tls.name",
      "tls.expired",
      "clock.host",
      "url.wrong-org",
      "net.captive",
    ] as const)
      assert.ok(ruledOut.includes(cause), cause);
    assert.ok(!ruledOut.includes("tls.version"), "what this machine offers is not what .NET offers");
  });

  it("outranks the guess from the settings that the address is none of the vendor's", async () => {
    const url = await secure(leaf());
    assert.equal((await look(url, { settings: JSON.stringify({ Url: url }) })).code, 0);
  });

  const faults: [string, () => Promise<string>, string[], { trust?: boolean }?][] = [
    ["an unknown authority", () => secure(leaf()), ["tls.untrusted"], { trust: false }],
    ["a certificate past its time", () => secure(leaf({ from: new Date("2020-01-01"), to: new Date("2021-01-01") })), ["tls.expired"]],
    ["a certificate before its time", () => secure(leaf({ from: new Date(Date.now() + 86_400_000) })), ["tls.not-yet"]],
    ["a certificate for another name", () => secure(leaf({ names: ["other.example"] })), ["tls.name"]],
    [
      "old TLS only",
      () => secure(leaf(), ORG, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }),
      ["tls.version"],
    ],
    ["no TLS at all", () => listen(createHttp(ORG)), ["http.unexpected"]],
    [
      "a page instead of the org",
      () => secure(leaf(), answers({ "content-type": "text/html; charset=utf-8" }, "<html>Sign in to the guest network</html>")),
      ["net.captive"],
    ],
    ["a proxy that wants a name", () => secure(leaf(), answers({}, "", 407)), ["net.proxy-auth"]],
    ["an org that is out of order", () => secure(leaf(), answers({}, "", 503)), ["http.server-error"]],
    ["an org that has had enough", () => secure(leaf(), answers({}, "", 429)), ["http.rate-limited"]],
    [
      "a clock that is an hour off",
      () => secure(leaf(), answers({ date: new Date(Date.now() - 3_600_000).toUTCString() }, '{"id":"1","pipeline":"idx"}')),
      ["clock.host"],
    ],
  ];
  for (const [what, serve, causes, more] of faults) {
    it(`with ${what}: ${causes.join(", ")}, and nothing else`, async () => {
      const found = await look(await serve(), more);
      assert.deepEqual([confirmed(found), found.code], [causes, 1]);
    });
  }

  it("tells a time zone from a clock that is off by any time", async () => {
    const said = async (offMs: number) => {
      const found = await look(
        await secure(leaf(), answers({ date: new Date(Date.now() + offMs).toUTCString() }, '{"id":"1","pipeline":"idx"}')),
      );
      const clock = found.findings.find(({ cause }) => cause === "clock.host");
      return `${clock?.verdict}: ${clock?.evidence[0]?.value}`.replace(/\d+ s/, "N s");
    };
    assert.equal(await said(2 * 3_600_000), "confirmed: N s behind the org's; near a multiple of 15 minutes: a time zone taken for UTC");
    assert.equal(await said(-400_000), "confirmed: N s ahead of the org's");
    assert.equal(await said(-100_000), "candidate: N s ahead of the org's");
    assert.match(await said(0), /^ruled-out/);
  });

  it("on a machine without any trusted certificate is not called healthy", async () => {
    const run = await runLook(await secure(leaf()), {}, undefined);
    assert.deepEqual(
      [run.code, diagnosis.parse(JSON.parse(run.out)).notLookedAt[0]?.why],
      [2, "this machine has no store of trusted certificates"],
    );
  });

  it("where nothing listens: net.refused, and what stands on it is not looked at", async () => {
    const server = createTcp();
    const url = await listen(server);
    server.close();
    await once(server, "close");
    const found = await look(url);
    assert.deepEqual(confirmed(found), ["net.refused"]);
    assert.match(JSON.stringify(found.notLookedAt), /the org's certificate.*net\.refused stands before it/);
  });

  it("whose name does not resolve: net.dns", async () => {
    assert.deepEqual(confirmed(await look(`https://${"x".repeat(64)}.example`)), ["net.dns"]);
  });

  it("that accepts and never answers ends in under 8 s: net.timeout", async () => {
    const found = await look(await listen(createTcp(() => {})));
    assert.deepEqual(confirmed(found), ["net.timeout"]);
    assert.ok(found.tookMs < 8000, `${found.tookMs} ms`);
  });

  it("other than the one in the settings: url.wrong-org, proved where both are addresses of the vendor", async () => {
    const found = await look(await secure(leaf()), { settings: '{"Url": "https://acme.okta.com"}' });
    assert.deepEqual([confirmed(found), possible(found)], [[], ["url.wrong-org"]], "an org may have a second name");
    const verdict = (typed: string) => compareUrls("https://acme.okta.com", typed, "f").map((one) => one.verdict);
    assert.deepEqual(verdict("https://other.okta.com"), ["confirmed"]);
    for (const typed of ["https://acme-admin.okta.com", "https://login.acme.example"])
      assert.deepEqual(verdict(typed), ["candidate"], typed);
    for (const typed of ["https://ACME.okta.com/", "acme"]) assert.deepEqual(verdict(typed), [], typed);
  });

  it("that is typed with a slash: perhaps it stands in the settings as well; typed wrongly it cannot be looked at", async () => {
    const slash = await look(`${await secure(leaf())}/`);
    assert.deepEqual([confirmed(slash), possible(slash), slash.code], [[], ["url.trailing-slash"], 1]);
    const wrong = await look("acme.okta.com");
    assert.deepEqual(
      [wrong.findings, wrong.notLookedAt[0], wrong.code],
      [[], { what: "--org", why: "it does not begin with https://" }, 2],
    );
  });

  it("rules out nothing of an old log by what was typed, nor by how the network is now", async () => {
    const at =
      "\r\n   at System.Net.HttpWebRequest.GetResponse()\r\n   at OktaWidget.JwtService.GetStateTokenUsingJwt(String username)\r\n";
    const log = `2026-05-06 10:00:00 System.Net.WebException: The remote server returned an error: (401) Unauthorized.${at}2026-05-06 10:00:01 System.Net.WebException: Unable to connect to the remote server${at}`;
    const found = await look(await secure(leaf()), { log });
    const open = (kind: string) =>
      found.incidents
        .find((one) => one.kind === kind)
        ?.candidates.flatMap(({ cause, verdict }) => (verdict === "candidate" ? [cause] : []));
    for (const cause of ["url.trailing-slash", "url.malformed", "url.wrong-org"] as const)
      assert.ok(open("http-401")?.includes(cause) && possible(found).includes(cause), cause);
    assert.deepEqual(open("not-connected"), ["net.refused", "net.timeout", "net.unreachable", "net.proxy-block"]);
    assert.ok(!open("http-401")?.includes("clock.host"), "the clock is what that look decides");
  });
});
