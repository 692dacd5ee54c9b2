/** Groups as an administrator types them, on a real org. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { GroupDetailView, GroupMemberView } from "@sallyport/contracts";
import { OrgProcess } from "./org-process.fixture.ts";

test("groups in groups, a rule, and where each member comes from", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  for (const login of ["alice", "bob"]) await org.post("/api/v1/users?activate=true", { profile: { login } });
  await org.post("/api/v1/users?activate=true", { profile: { login: "carol", department: "Finance" } });
  for (const name of ["staff", "admins", "finance"]) await org.post("/api/v1/groups", { profile: { name } });
  org.json("group", "join", "admins", "alice");
  org.json("group", "join", "staff", "bob");
  assert.match(org.say("group", "nest", "staff", "admins").out, /^admins is in staff$/m);
  org.json("group", "nest", "staff", "finance");
  const circle = org.say("group", "nest", "admins", "staff");
  assert.equal(circle.code, 1);
  assert.match(circle.err, /admins is in staff already: staff cannot be put into it/);
  assert.match(org.say("group", "rule", "finance", "department=FINANCE").out, /whoever has department=FINANCE is in finance/);
  const shown = org.say("group", "show", "staff").out;
  assert.match(shown, /source: made here\nrule: none\ngroups in it: admins, finance\n/);
  assert.match(shown, /^alice +ACTIVE +local +admins /m);
  assert.match(shown, /^bob +ACTIVE +local +– /m);
  assert.match(shown, /^carol +ACTIVE +local +rule of finance /m);
  const json = org.json<GroupDetailView & { members: GroupMemberView[] }>("group", "show", "staff");
  assert.deepEqual(json.members.map(({ through }) => through[0]?.by).sort(), ["member", "member", "rule"]);
  const byHand = org.say("group", "join", "finance", "bob");
  assert.equal(byHand.code, 1);
  assert.match(byHand.err, /the rule department=FINANCE chooses who is in finance/);
  assert.match(org.say("group", "rule", "finance", "--clear").out, /finance has no rule any more/);
  org.json("group", "unnest", "staff", "admins");
  assert.deepEqual(
    org.json<GroupMemberView[]>("group", "members", "staff").map(({ profile }) => profile.login),
    ["bob"],
  );
  assert.equal(org.say("user", "show", "alicia").err, "sallyport: there is no user alicia; there are: alice (sallyport user list)\n");
  assert.equal(org.say("source", "show", "nowhere").err, "sallyport: there is no such source: sallyport source list\n");
  for (const words of [["finance"], ["finance", "=x"], ["finance", "shoe=9"]])
    assert.equal(org.say("group", "rule", ...words).code, 1, words.join(" "));
});
