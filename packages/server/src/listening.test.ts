/** Tests of where and how the server may listen. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeListening, ServerRefused } from "./listening.ts";

const on = (own: Partial<Parameters<typeof judgeListening>[0]>) => judgeListening({ listen: "127.0.0.1:8080", trustedProxies: [], ...own });

test("plain http is for this machine alone, and is called localhost", async () => {
  assert.equal((await on({})).url, "http://localhost:8080");
  for (const listen of ["0.0.0.0:8080", "192.0.2.1:80", "mfa.corp.example:80"]) await assert.rejects(on({ listen }), ServerRefused, listen);
});

test("S35: a proxy is one address or one exact network, and never everybody", async () => {
  const behind = (proxy: string) => on({ listen: "0.0.0.0:8080", url: "https://mfa.corp.example", trustedProxies: [proxy] });
  for (const proxy of ["10.0.0.1", "10.0.0.0/8", "2001:db8::1", "2001:db8::/32"])
    assert.equal((await behind(proxy)).url, "https://mfa.corp.example");
  for (const proxy of ["", "foo", "loopback", "10.0.0.1/8", "10.0.0.0/33", "0.0.0.0/0", "::/0", "true", "*"])
    await assert.rejects(behind(proxy), ServerRefused, proxy);
});

test("what is not address:port, or a URL that does not fit, is one sentence", async () => {
  for (const listen of ["", "8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http"])
    await assert.rejects(on({ listen }), ServerRefused, listen);
  await assert.rejects(on({ url: "https://mfa.corp.example/path" }), /path/);
  await assert.rejects(on({ url: "https://mfa.corp.example" }), /neither --tls-cert nor a --trusted-proxy/);
});

test("port 0 is a free port that the URL names", async () => {
  const { port, url } = await on({ listen: "127.0.0.1:0" });
  assert.ok(port > 0);
  assert.equal(url, `http://localhost:${port}`);
});
