/** The matrix of roles and routes: who gets in where, for every route that there is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Role } from "@sallyport/contracts";
import { openOrg } from "../org.fixture.ts";

const ALL: Role[] = ["owner", "admin", "help-desk", "auditor"];
const READERS: Role[] = ALL;
const NOT_HELP: Role[] = ["owner", "admin", "auditor"];
const WRITERS: Role[] = ["owner", "admin"];
const HELPERS: Role[] = ["owner", "admin", "help-desk"];

/** What a role may do is written here by hand, not read from the code under test. */
const TABLE: [method: string, path: string, who: Role[]][] = [
  ["POST", "/api/v1/users", WRITERS],
  ["GET", "/api/v1/users", READERS],
  ["GET", "/api/v1/users/{id}", READERS],
  ["POST", "/api/v1/users/{id}", WRITERS],
  ["PUT", "/api/v1/users/{id}", WRITERS],
  ["DELETE", "/api/v1/users/{id}", WRITERS],
  ["GET", "/api/v1/users/{id}/groups", READERS],
  ["POST", "/api/v1/users/{id}/lifecycle/activate", WRITERS],
  ["POST", "/api/v1/users/{id}/lifecycle/deactivate", WRITERS],
  ["POST", "/api/v1/users/{id}/lifecycle/suspend", WRITERS],
  ["POST", "/api/v1/users/{id}/lifecycle/unsuspend", WRITERS],
  ["POST", "/api/v1/users/{id}/lifecycle/unlock", HELPERS],
  ["POST", "/api/v1/users/{id}/lifecycle/expire_password", WRITERS],
  ["POST", "/api/v1/users/{id}/factors", HELPERS],
  ["GET", "/api/v1/users/{id}/factors", READERS],
  ["GET", "/api/v1/users/{id}/factors/catalog", READERS],
  ["GET", "/api/v1/users/{id}/factors/{factor}", READERS],
  ["POST", "/api/v1/users/{id}/factors/{factor}/lifecycle/activate", HELPERS],
  ["POST", "/api/v1/users/{id}/factors/{factor}/lifecycle/resync", HELPERS],
  ["POST", "/api/v1/users/{id}/factors/{factor}/lifecycle/rename", HELPERS],
  ["DELETE", "/api/v1/users/{id}/factors/{factor}", HELPERS],
  ["POST", "/api/v1/users/{id}/bypass-codes", HELPERS],
  ["GET", "/api/v1/users/{id}/bypass-codes", READERS],
  ["DELETE", "/api/v1/users/{id}/bypass-codes/{bypass}", HELPERS],
  ["POST", "/api/v1/users/{id}/tickets", HELPERS],
  ["GET", "/api/v1/users/{id}/tickets", READERS],
  ["POST", "/api/v1/users/{id}/tickets/{ticket}/confirm", HELPERS],
  ["DELETE", "/api/v1/users/{id}/tickets/{ticket}", HELPERS],
  ["GET", "/api/v1/push/stops", READERS],
  ["DELETE", "/api/v1/push/stops/{stop}", HELPERS],
  ["GET", "/api/v1/push/hosts", READERS],
  ["PUT", "/api/v1/push/hosts", WRITERS],
  ["POST", "/api/v1/groups", WRITERS],
  ["GET", "/api/v1/groups", READERS],
  ["GET", "/api/v1/groups/{id}", READERS],
  ["PUT", "/api/v1/groups/{id}", WRITERS],
  ["DELETE", "/api/v1/groups/{id}", WRITERS],
  ["GET", "/api/v1/groups/{id}/users", READERS],
  ["PUT", "/api/v1/groups/{id}/users/{user}", WRITERS],
  ["DELETE", "/api/v1/groups/{id}/users/{user}", WRITERS],
  ["GET", "/api/v1/groups/{id}/groups", READERS],
  ["PUT", "/api/v1/groups/{id}/groups/{child}", WRITERS],
  ["DELETE", "/api/v1/groups/{id}/groups/{child}", WRITERS],
  ["PUT", "/api/v1/groups/{id}/rule", WRITERS],
  ["DELETE", "/api/v1/groups/{id}/rule", WRITERS],
  ["POST", "/api/v1/apps", WRITERS],
  ["GET", "/api/v1/apps", READERS],
  ["GET", "/api/v1/apps/{id}", READERS],
  ["PUT", "/api/v1/apps/{id}", WRITERS],
  ["DELETE", "/api/v1/apps/{id}", WRITERS],
  ["POST", "/api/v1/apps/{id}/lifecycle/activate", WRITERS],
  ["POST", "/api/v1/apps/{id}/lifecycle/deactivate", WRITERS],
  ["GET", "/api/v1/apps/{id}/users", READERS],
  ["POST", "/api/v1/apps/{id}/users", WRITERS],
  ["GET", "/api/v1/apps/{id}/users/{assignee}", READERS],
  ["PUT", "/api/v1/apps/{id}/users/{assignee}", WRITERS],
  ["DELETE", "/api/v1/apps/{id}/users/{assignee}", WRITERS],
  ["GET", "/api/v1/apps/{id}/groups", READERS],
  ["POST", "/api/v1/apps/{id}/groups", WRITERS],
  ["GET", "/api/v1/apps/{id}/groups/{assignee}", READERS],
  ["PUT", "/api/v1/apps/{id}/groups/{assignee}", WRITERS],
  ["DELETE", "/api/v1/apps/{id}/groups/{assignee}", WRITERS],
  ["GET", "/api/v1/apps/{id}/policy", NOT_HELP],
  ["PUT", "/api/v1/apps/{id}/policy", WRITERS],
  ["POST", "/api/v1/apps/{id}/policy/rehearse", NOT_HELP],
  ["POST", "/api/v1/logons/rehearse", NOT_HELP],
  ["POST", "/api/v1/sources", WRITERS],
  ["GET", "/api/v1/sources", READERS],
  ["GET", "/api/v1/sources/{source}", READERS],
  ["PUT", "/api/v1/sources/{source}", WRITERS],
  ["DELETE", "/api/v1/sources/{source}", WRITERS],
  ["POST", "/api/v1/sources/{source}/test", WRITERS],
  ["POST", "/api/v1/sources/{source}/sync", WRITERS],
  ["GET", "/api/v1/sources/{source}/runs", READERS],
  ["GET", "/api/v1/sources/{source}/runs/{id}", READERS],
  ["POST", "/api/v1/sources/{source}/import", WRITERS],
  ["GET", "/api/v1/zones", NOT_HELP],
  ["GET", "/api/v1/zones/{name}", NOT_HELP],
  ["PUT", "/api/v1/zones/{name}", WRITERS],
  ["DELETE", "/api/v1/zones/{name}", WRITERS],
  ["GET", "/api/v1/domains", READERS],
  ["GET", "/api/v1/domains/{name}", READERS],
  ["PUT", "/api/v1/domains/{name}", WRITERS],
  ["DELETE", "/api/v1/domains/{name}", WRITERS],
  ["GET", "/api/v1/duplicates", READERS],
  ["GET", "/api/v1/duplicates/{id}", READERS],
  ["POST", "/api/v1/duplicates/check", WRITERS],
  ["POST", "/api/v1/duplicates/{id}/decide", WRITERS],
  ["POST", "/api/v1/duplicates/{id}/undo", WRITERS],
  ["GET", "/api/v1/hosts", READERS],
  ["GET", "/api/v1/hosts/{id}", READERS],
  ["PUT", "/api/v1/hosts/{id}", WRITERS],
  ["POST", "/api/v1/hosts/{id}/lifecycle/revoke", WRITERS],
  ["POST", "/api/v1/hosts/{id}/lifecycle/approve", WRITERS],
  ["POST", "/api/v1/clients", WRITERS],
  ["GET", "/api/v1/clients", READERS],
  ["POST", "/api/v1/clients/{id}/lifecycle/rotate", WRITERS],
  ["POST", "/api/v1/clients/{id}/lifecycle/retire", WRITERS],
  ["POST", "/api/v1/clients/{id}/lifecycle/revoke", WRITERS],
  ["POST", "/api/v1/host-codes", WRITERS],
  ["GET", "/api/v1/host-codes", READERS],
  ["DELETE", "/api/v1/host-codes/{id}", WRITERS],
  ["POST", "/api/v1/tokens", WRITERS],
  ["GET", "/api/v1/tokens", WRITERS],
  ["DELETE", "/api/v1/tokens/{id}", WRITERS],
  ["GET", "/api/v1/logs", NOT_HELP],
  ["GET", "/api/v1/log/chain", NOT_HELP],
  ["GET", "/api/v1/log/tail", NOT_HELP],
  ["GET", "/api/v1/log/head", NOT_HELP],
  ["GET", "/api/v1/log/retention", NOT_HELP],
  ["PUT", "/api/v1/log/retention", WRITERS],
  ["GET", "/api/v1/log/export", NOT_HELP],
  ["GET", "/api/v1/logons/{reference}", READERS],
  ["GET", "/api/v1/org", READERS],
  ["GET", "/api/v1/org/mail", READERS],
  ["PUT", "/api/v1/org/mail", WRITERS],
  ["DELETE", "/api/v1/org/mail", WRITERS],
  ["POST", "/api/v1/org/mail/test", WRITERS],
  ["GET", "/api/v1/org/sms", READERS],
  ["PUT", "/api/v1/org/sms", WRITERS],
  ["DELETE", "/api/v1/org/sms", WRITERS],
  ["POST", "/api/v1/org/sms/test", WRITERS],
  ["GET", "/metrics", READERS],
  ["GET", "/api/v1/org/sealing-key", READERS],
  ["POST", "/api/v1/org/break-glass/answer", WRITERS],
  ["GET", "/api/v1/org/decision-keys", READERS],
  ["POST", "/api/v1/org/decision-keys", WRITERS],
  ["POST", "/api/v1/org/decision-keys/finish", WRITERS],
  ["POST", "/api/v1/org/decision-keys/revoke", WRITERS],
];

/** Open to everybody, or proved in another way: hosts by their signature, transactions by their token, the pages by their cookie. */
const ELSEWHERE = /^\/(livez|readyz)$|^\/login\/|^\/api\/v1\/(approve|authn|me|sessions|time|phone|hosts\/(enrol|register)|hosts\/self)/;

test("every route of the management API stands in the matrix", async (t) => {
  const org = await openOrg(t);
  const described = org.app.swagger().paths ?? {};
  const routes = Object.entries(described).flatMap(([path, item]) =>
    Object.keys(item ?? {}).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = new Set(TABLE.map(([method, path]) => `${method} ${path}`));
  assert.deepEqual(
    routes.filter((route) => !known.has(route) && !ELSEWHERE.test(route.split(" ")[1] ?? "")),
    [],
  );
  assert.deepEqual(
    [...known].filter((route) => !routes.includes(route) && route !== "GET /metrics"),
    [],
  );
});

test("S16, S19: each role gets in where the matrix says, and nowhere else; nobody without a good token gets in", async (t) => {
  const org = await openOrg(t);
  let cells = 0;
  const stale = await staleTokens(org);
  for (const [method, path, who] of TABLE) {
    const url = path.replace(/\{\w+\}/g, "K7QF-3M2P");
    for (const role of ALL) {
      const answer = await org.call(role, method, url, method === "GET" || method === "DELETE" ? undefined : {});
      const refused = answer.body?.errorCode === "E0000006";
      assert.equal(refused, !who.includes(role), `${role} ${method} ${path}: ${answer.status}`);
      assert.notEqual(answer.status, 401, `${role} ${method} ${path}`);
      assert.ok(answer.status < 500, `${role} ${method} ${path}: ${answer.status}`);
      cells++;
    }
    const bodies = new Set<string>();
    for (const headers of [{}, ...stale]) {
      const answer = await org.inject({ method: method as "GET", url, headers });
      assert.equal(answer.status, 401, `${JSON.stringify(headers)} ${method} ${path}`);
      bodies.add(JSON.stringify({ ...answer.body, errorId: "" }));
      cells++;
    }
    assert.equal(bodies.size, 1, "one body whatever is wrong with the token");
    const local = await org.call("local", method, url, method === "GET" || method === "DELETE" ? undefined : {});
    assert.ok(![401, 403].includes(local.status) && local.status < 500, `local ${method} ${path}: ${local.status}`);
    cells++;
  }
  t.diagnostic(`${cells} cells: ${TABLE.length} routes × (4 roles, local owner, ${1 + stale.length} kinds of no proof)`);
});

async function staleTokens(org: Awaited<ReturnType<typeof openOrg>>): Promise<{ authorization: string }[]> {
  const revoked = (await org.call("owner", "POST", "/api/v1/tokens", { name: "revoked", role: "owner" })).body;
  await org.call("owner", "DELETE", `/api/v1/tokens/${revoked.id}`);
  const expired = (await org.call("owner", "POST", "/api/v1/tokens", { name: "expired", role: "owner", expiresInDays: 1 })).body;
  org.clock.now += 86_400_000;
  const good = org.tokens.owner;
  return [
    `SSWS ${revoked.token}`,
    `Bearer ${revoked.token}`,
    `SSWS ${expired.token}`,
    `SSWS ${good.slice(0, -1)}`,
    `SSWS ${good}x`,
    `SSWS ${good.toUpperCase()}`,
    `Basic ${Buffer.from(`owner:${good}`).toString("base64")}`,
    good,
    "SSWS",
    "Bearer ",
    `SSWS ${"x".repeat(5000)}`,
  ].map((authorization) => ({ authorization }));
}
