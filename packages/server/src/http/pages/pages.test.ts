/** S31: what a browser gets with a page: its own nonce, nothing from elsewhere, files for ever; and what it gets where nothing was built. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { buildApp } from "../app.ts";
import { bareDeps } from "../bare-deps.fixture.ts";
import { type BuiltPages, readBuiltPages } from "./built-pages.ts";
import { pageRoutes } from "./pages.ts";

const SCRIPT = `console.log("${"a".repeat(2000)}")`;

/** As a build leaves it; the real one is held to its size where it is made. */
function built(): BuiltPages {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-pages-"));
  for (const name of ["assets", "phone"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "assets/portal-ABC.js"), SCRIPT);
  writeFileSync(join(folder, "assets/portal-DEF.css"), "a{}");
  writeFileSync(join(folder, "phone/phone.webmanifest"), "{}");
  writeFileSync(join(folder, "service-worker.js"), "self");
  const pages = { portal: { script: "portal-ABC.js", style: "portal-DEF.css" }, phone: { script: "portal-ABC.js" } };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ pages, worker: true, files: ["phone/phone.webmanifest"], inputs: {} }));
  try {
    return readBuiltPages(folder) as BuiltPages;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function appWith(pages: BuiltPages | undefined) {
  return buildApp({ ...bareDeps().deps, pages }, { admin: false, routes: [pageRoutes] });
}

test("S31: each page comes with a policy that allows its own nonce and origin, and nothing else", async () => {
  const app = appWith(built());
  const nonces = new Set<string>();
  for (const url of ["/", "/signin", "/me", "/approve/abc", "/phone"]) {
    const { statusCode, headers, body } = await app.inject({ url });
    assert.equal(statusCode, 200, url);
    const policy = String(headers["content-security-policy"]);
    const nonce = /script-src 'self' 'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
    assert.ok(nonce.length >= 22 && !nonces.has(nonce), url);
    nonces.add(nonce);
    assert.ok(body.includes(`nonce="${nonce}"`), url);
    assert.match(policy, /^default-src 'none'; /);
    for (const part of ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "connect-src 'self'"])
      assert.ok(policy.includes(part), `${url}: ${part}`);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(headers["cache-control"], "no-store");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.doesNotMatch(body, /(?:src|href)="(?!\/|data:)/, "everything that it loads is of this origin");
    assert.equal(body.includes("/phone/phone.webmanifest"), url === "/phone");
  }
  await app.close();
});

test("every page brings its own icon, drawn within the page, so that a browser asks for none", async () => {
  const app = appWith(built());
  const inHtml = { accept: "text/html" };
  for (const url of ["/", "/signin", "/me", "/approve/abc", "/phone", "/no-such-page"]) {
    const { body, headers } = await app.inject({ url, headers: inHtml });
    const [, data = ""] = /<link rel="icon" type="image\/svg\+xml" href="data:image\/svg\+xml,([^"]+)">/.exec(body) ?? [];
    const drawn = decodeURIComponent(data);
    assert.match(drawn, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 48 48"><rect .*<path d="M[^"]+"\/><\/g><\/svg>$/, url);
    assert.doesNotMatch(drawn, /<script|href|style|on\w+=/, url);
    assert.match(String(headers["content-security-policy"]), /img-src 'self' data:/, url);
  }
  await app.close();
});

test("files are the same for ever and compressed where it helps; the service worker is asked for each time", async () => {
  const app = appWith(built());
  const plain = await app.inject({ url: "/assets/portal-ABC.js" });
  assert.equal(plain.body, SCRIPT);
  assert.match(String(plain.headers["cache-control"]), /immutable/);
  assert.match(String(plain.headers["content-type"]), /^text\/javascript/);
  const zipped = await app.inject({ url: "/assets/portal-ABC.js", headers: { "accept-encoding": "gzip, br" } });
  assert.equal(zipped.headers["content-encoding"], "gzip");
  assert.equal(gunzipSync(zipped.rawPayload).toString(), SCRIPT);
  const worker = await app.inject({ url: "/service-worker.js" });
  assert.equal(worker.headers["cache-control"], "no-cache");
  assert.match(String(worker.headers["content-security-policy"]), /connect-src 'self'/);
  for (const url of ["/assets/manifest.json", "/assets/..%2Fmanifest.json", "/phone/portal-ABC.js"])
    assert.equal((await app.inject({ url })).statusCode, 404, url);
  await app.close();
});

test("an org without built pages says so to whoever opens one, and answers everything else", async () => {
  const app = appWith(undefined);
  const { statusCode, body } = await app.inject({ url: "/signin" });
  assert.equal(statusCode, 503);
  assert.match(body, /npm run pages/);
  assert.equal((await app.inject({ url: "/assets/portal-ABC.js" })).statusCode, 404);
  await app.close();
  assert.equal(readBuiltPages(join(tmpdir(), "sallyport-nowhere")), undefined);
});

test("S31: who opens an address that does not exist reads a page under the same policy; a program gets the error object", async () => {
  const app = appWith(built());
  const accept = "text/html,application/xhtml+xml,*/*;q=0.8";
  for (const [language, heading] of [
    ["en", /There is no such page/],
    ["de-AT,en", /Diese Seite gibt es nicht/],
  ] as const) {
    for (const url of ["/nonsense", "/phone/nonsense"]) {
      const { statusCode, headers, body } = await app.inject({ url, headers: { accept, "accept-language": language } });
      assert.deepEqual([statusCode, headers["content-type"]], [404, "text/html; charset=utf-8"], url);
      assert.match(body, heading);
      const nonce = /style-src 'nonce-([^']+)'/.exec(String(headers["content-security-policy"]))?.[1] ?? "";
      assert.ok(nonce.length >= 22 && body.includes(`<style nonce="${nonce}">`), url);
      assert.doesNotMatch(body, /<script|nonsense|(?:src|href)="(?!\/|data:)/);
    }
  }
  for (const [method, url, wanted] of [
    ["GET", "/nonsense", "*/*"],
    ["POST", "/nonsense", accept],
    ["GET", "/api/v1/nonsense", accept],
    ["GET", "/scim/v2/nonsense", accept],
  ] as const) {
    const answer = await app.inject({ method, url, headers: { accept: wanted } });
    assert.deepEqual([answer.statusCode, answer.json().errorCode], [404, "E0000007"], `${method} ${url}`);
  }
  await app.close();
});
