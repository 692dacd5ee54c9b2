/** Groups as an administrator types them, on a real org. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
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

test("what would be a mistake is said: a name that is taken, a rule that finds nobody, an assigned group, a source that is gone", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  org.json("group", "add", "Staff");
  assert.match(
    org.say("group", "add", "staff").err,
    /^sallyport: there is a group Staff already \(grp_\w+\): sallyport group show staff\n$/,
  );
  assert.match(org.say("group", "rule", "staff", "source=nowhere").out, /^whoever has source=nowhere is in Staff\nnobody has it now: /);
  await org.post("/api/v1/users?activate=true", { profile: { login: "carol", department: "Finance" } });
  assert.equal(org.say("group", "rule", "staff", "department=finance").out, "whoever has department=finance is in Staff\n");
  org.json("app", "add", "servers");
  org.json("assign", "servers", "staff", "--group");
  const kept = org.say("group", "delete", "staff");
  assert.equal(kept.code, 1);
  assert.match(kept.err, /^sallyport: .*Staff is assigned to the app servers: .*sallyport group delete Staff --even-if-assigned\n$/);
  assert.equal(org.say("group", "delete", "staff", "--even-if-assigned").out, "group Staff is deleted\n");
  org.json("source", "add", "entra", "--kind", "scim");
  org.json("group", "add", "pushed");
  await org.stop();
  // As a group stands there that its source has written.
  const db = new DatabaseSync(join(org.data, "org.db"));
  db.exec("UPDATE groups SET source = 'entra', external_id = '7' WHERE folded = 'pushed'");
  db.close();
  await org.start();
  assert.match(org.say("group", "show", "pushed").out, /^source: entra, which alone changes its members/m);
  org.json("source", "remove", "entra");
  assert.match(org.say("group", "show", "pushed").out, /^source: entra, which was removed: its members are changed by hand/m);
});

test("how often a source is read is refused in plain words, before the org is asked", (t) => {
  const said = (...words: string[]) => new OrgProcess(t).say("source", ...words).err;
  for (const every of ["0", "soon", "43201"])
    assert.match(said("edit", "corp", "--every", every), /^sallyport: --every \w+: give a number of minutes from 1 to 43200, or never/);
  assert.match(said("add", "entra", "--kind", "scim", "--every", "5"), /^sallyport: --every and --brake are for a directory that is read/);
});

test("a host's domain that the org does not know is said, and taken: the directory may come later", async (t) => {
  const org = new OrgProcess(t);
  await org.start();
  org.json("domain", "set", "corp.example", "--netbios", "CORP");
  const app = org.json<{ id: string }>("app", "add", "servers");
  await org.stop();
  const db = new DatabaseSync(join(org.data, "org.db"));
  db.prepare(
    `INSERT INTO hosts (id, app_id, name, platform, key, status, generation, version, armed, findings, created)
      VALUES ('hst_1', ?, 'vm', 'linux', '{"kty":"EC","crv":"P-256","x":"","y":""}', 'ACTIVE', 'g', '0.1.0', 0, '[]', 1)`,
  ).run(app.id);
  db.close();
  await org.start();
  assert.equal(org.say("host", "domain", "vm", "corp").out, "a short name at vm is looked for in corp first\n");
  const odd = org.say("host", "domain", "vm", "NOSUCH");
  assert.equal(odd.code, 0);
  assert.match(odd.out, /^a short name at vm is looked for in NOSUCH first\nthe org knows no domain NOSUCH: sallyport domain list/);
  assert.equal(org.say("host", "domain", "vm", "none").out, "vm belongs to no domain\n");
});
