/** Okta's SDK makes, finds, changes and moves users, and the org's own command sees the same. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { all, okta, refusal, SdkOrg } from "./sdk.ts";

const sdk = new SdkOrg("sdk-users");
let users: any;
before(async () => {
  await sdk.start();
  users = (await sdk.client()).userApi;
});
after(() => sdk.org.stop());

const person = (login: string, more: object = {}) => ({ profile: { login, email: login, firstName: "Ann", lastName: "Lee", ...more } });
const logins = (found: any[]) => found.map((user) => user.profile.login).sort();

test("a user is active at once as in the public API, or staged if asked; with a password that counts", async () => {
  const ann = await users.createUser({ body: person("ann@corp.example") });
  assert.ok(ann instanceof okta.User);
  assert.equal(ann.status, "ACTIVE");
  assert.ok(ann.created instanceof Date && ann.statusChanged instanceof Date && !Number.isNaN(ann.created.getTime()));
  assert.equal((await users.createUser({ body: person("staged@corp.example"), activate: false })).status, "STAGED");
  const withPassword = { ...person("pw@corp.example"), credentials: { password: { value: "correct horse battery staple" } } };
  const made = await users.createUser({ body: withPassword, activate: true });
  assert.ok(made.passwordChanged instanceof Date);
  const shown = await sdk.say("user", "show", "pw@corp.example");
  assert.deepEqual([shown.id, shown.status, shown.profile.firstName], [made.id, "ACTIVE", "Ann"]);
  const weak = await refusal(
    users.createUser({ body: { ...person("weak@corp.example"), credentials: { password: { value: "secret" } } } }),
  );
  assert.deepEqual([weak.status, weak.errorCode], [400, "E0000001"]);
  assert.match(weak.causes[0] ?? "", /^credentials\.password\.value: /);
});

test("a user is found by id and by login; nobody is 404 E0000007", async () => {
  const made = await users.createUser({ body: person("Find+Me@corp.example") });
  assert.equal((await users.getUser({ userId: made.id })).profile.login, "Find+Me@corp.example");
  assert.equal((await users.getUser({ userId: "find+me@CORP.example" })).id, made.id);
  const none = await refusal(users.getUser({ userId: "nobody@corp.example" }));
  assert.deepEqual([none.status, none.errorCode], [404, "E0000007"]);
});

test("a login that is taken is E0000001 with the field in its causes, and nobody was made", async () => {
  await users.createUser({ body: person("twice@corp.example") });
  const again = await refusal(users.createUser({ body: person("Twice@corp.example", { email: "other@corp.example" }) }));
  assert.deepEqual([again.status, again.errorCode], [400, "E0000001"]);
  assert.match(again.causes[0] ?? "", /^login: An object with this field already exists in the current organization$/);
  assert.equal(logins(await sdk.say("user", "list")).filter((one) => one.toLowerCase() === "twice@corp.example").length, 1);
});

test("POST changes what is named, PUT makes the profile what was sent, also one that was fetched, changed and sent back whole", async () => {
  const body = person("change@corp.example", { title: "Clerk", samAccountName: "change" });
  const { id } = await users.createUser({ body });
  const part = await users.updateUser({ userId: id, user: { profile: { title: "Head", department: "Sales" } } });
  assert.deepEqual([part.profile.title, part.profile.department, part.profile.firstName], ["Head", "Sales", "Ann"]);
  const fetched = await users.getUser({ userId: id });
  fetched.profile.lastName = "Leigh";
  const sent = await users.updateUser({ userId: id, user: fetched });
  assert.equal(sent.profile.lastName, "Leigh");
  const whole = await users.replaceUser({ userId: id, user: fetched });
  assert.deepEqual([whole.profile.samAccountName, whole.profile.title], ["change", "Head"], "what the SDK has no field for goes along");
  await users.replaceUser({ userId: id, user: person("change@corp.example", { lastName: "Only" }) });
  const shown = await sdk.say("user", "show", "change@corp.example");
  assert.deepEqual(shown.profile, { login: "change@corp.example", email: "change@corp.example", firstName: "Ann", lastName: "Only" });
  const odd = await refusal(users.updateUser({ userId: id, user: { profile: { favouriteColour: "red" } } }));
  assert.deepEqual(odd.causes, ["profile.favouriteColour: unknown field"]);
});

test("a password is expired, and found as such; of whoever has none it is refused", async () => {
  const credentials = { password: { value: "correct horse battery staple" } };
  const { id: userId } = await users.createUser({ body: { ...person("expire@corp.example"), credentials } });
  assert.equal((await users.expirePassword({ userId })).status, "PASSWORD_EXPIRED");
  assert.equal((await users.getUser({ userId })).status, "PASSWORD_EXPIRED");
  const bare = await users.createUser({ body: person("bare@corp.example") });
  assert.equal((await refusal(users.expirePassword({ userId: bare.id }))).errorCode, "E0000001");
});

test("every step of a user's life moves the user in the org, and a step that does not fit is refused", async () => {
  const { id: userId } = await users.createUser({ body: person("life@corp.example"), activate: false });
  const status = async () => (await sdk.say("user", "show", "life@corp.example")).status;
  await users.activateUser({ userId, sendEmail: false });
  assert.equal(await status(), "ACTIVE");
  await users.suspendUser({ userId });
  assert.equal(await status(), "SUSPENDED");
  assert.equal((await refusal(users.suspendUser({ userId }))).errorCode, "E0000001");
  await users.unsuspendUser({ userId });
  assert.equal(await status(), "ACTIVE");
  assert.equal((await refusal(users.unlockUser({ userId }))).status, 400, "nobody is locked");
  await users.deactivateUser({ userId });
  assert.equal(await status(), "DEPROVISIONED");
  await users.activateUser({ userId, sendEmail: false });
  await assert.rejects(sdk.say("user", "delete", "life@corp.example"), /is ACTIVE: sallyport user deactivate life@corp\.example/);
  await users.deleteUser({ userId });
  assert.equal(await status(), "DEPROVISIONED", "the first DELETE deactivates, as in the public API");
  await users.deleteUser({ userId, sendEmail: false });
  assert.equal((await refusal(users.getUser({ userId }))).status, 404);
  const events = (await sdk.say("log", "tail", "--lines", "200")).filter((event: any) => event.target?.id === userId);
  assert.deepEqual(
    events.map((event: any) => event.type.slice(5)),
    ["created", "activated", "suspended", "unsuspended", "deactivated", "activated", "deactivated", "deleted"],
  );
});

test("the groups of a user are listed", async () => {
  const { id: userId } = await users.createUser({ body: person("member@corp.example") });
  assert.deepEqual(await all(users.listUserGroups({ userId })), []);
  await sdk.say("group", "add", "Readers");
  await sdk.say("group", "join", "Readers", "member@corp.example");
  const groups = await all(users.listUserGroups({ userId }));
  assert.deepEqual(
    groups.map((group) => [group instanceof okta.Group, group.profile.name]),
    [[true, "Readers"]],
  );
});
