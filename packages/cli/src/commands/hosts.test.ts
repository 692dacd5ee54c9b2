/** What `sallyport host code` says beside the code: whether any other machine can use it at all. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readEnrolmentCode } from "@sallyport/contracts";
import { OrgProcess } from "../org-process.fixture.ts";

for (const [url, warned] of [
  [undefined, true],
  ["http://127.0.0.1:8443", true],
  ["https://mfa.corp.example", false],
] as const)
  test(`the code of an org at ${url ?? "no --url"} ${warned ? "comes with a warning that no other machine can use it" : "comes alone"}`, async (t) => {
    const org = new OrgProcess(t);
    await org.start(...(url === undefined ? [] : ["--url", url, "--trusted-proxy", "127.0.0.1"]));
    org.say("app", "add", "servers");
    const { code, out, err } = org.say("host", "code", "--app", "servers");
    assert.equal(code, 0, err);
    assert.equal(readEnrolmentCode(out.trim()).ok, true, "standard output is the code alone");
    if (warned) assert.match(err, /good for the org's own machine alone: it says http:\/\/(localhost|127\.0\.0\.1):\d+, .*\n.*--url/);
    else assert.equal(err, "");
  });
