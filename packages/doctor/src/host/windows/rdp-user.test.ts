/** May an account log on through remote desktop: directly, through groups, unless denied; or not known, and why. Not seen on Windows. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { exitCodeOf } from "../../conclude.ts";
import { diagnosed, evidence, missed, told } from "./judge.fixture.ts";
import { ALICE, but, DOMAIN_SID, HEALTHY, MACHINE_SID, REMOTE_DESKTOP_USERS } from "./machine.fixture.ts";

describe("who may log on through remote desktop", () => {
  const nobody = but("groups", (groups) => groups.map((one) => (one.sid === REMOTE_DESKTOP_USERS ? { ...one, members: [] } : one)));

  it("not one who is in no group that has the right", async () => {
    assert.deepEqual(await told(nobody, "alice"), ["host.not-rdp-user confirmed"]);
    assert.deepEqual(await evidence(nobody, "host.not-rdp-user", "CORP\\Alice"), [
      `SeRemoteInteractiveLogonRight = held by Administrators (S-1-5-32-544), Remote Desktop Users (S-1-5-32-555); CORP\\alice (${ALICE.sid}) is none of them, nor in one through a group (srv01.json: rights.SeRemoteInteractiveLogonRight)`,
    ]);
  });

  it("one who is in it through groups, with the way", async () => {
    const local = `${MACHINE_SID}-1010`;
    const facts = but("groups", (groups) => [
      ...groups.map((one) => (one.sid === REMOTE_DESKTOP_USERS ? { ...one, members: [{ sid: local, name: "SRV01\\ops" }] } : one)),
      { sid: local, name: "ops", members: [{ sid: ALICE.sid, name: "CORP\\alice" }] },
    ]);
    assert.deepEqual(await told(facts), []);
    assert.match(
      (await evidence(facts, "host.not-rdp-user"))[0] ?? "",
      /has it, as member of ops \(S-1-5-21-\S+-1010\), member of Remote Desktop Users/,
    );
  });

  it("groups that hold each other end the search", async () => {
    const [a, b] = [`${MACHINE_SID}-1010`, `${MACHINE_SID}-1011`];
    const facts = but("groups", (groups) => [
      ...groups.map((one) => (one.sid === REMOTE_DESKTOP_USERS ? { ...one, members: [{ sid: a, name: null }] } : one)),
      { sid: a, name: "a", members: [{ sid: b, name: null }] },
      { sid: b, name: "b", members: [{ sid: a, name: null }] },
    ]);
    assert.deepEqual(await told(facts), ["host.not-rdp-user confirmed"]);
  });

  it("a denial wins over the right, also through the groups that Windows gives by itself", async () => {
    for (const denied of [ALICE.sid, `${DOMAIN_SID}-513`, "S-1-1-0", "S-1-5-11", REMOTE_DESKTOP_USERS]) {
      const facts = but("rights", (was) => ({ ...was, SeDenyRemoteInteractiveLogonRight: [denied] }));
      assert.deepEqual(await told(facts), ["host.not-rdp-user confirmed"], denied);
    }
    for (const denied of ["S-1-5-113", "S-1-5-114", `${DOMAIN_SID}-1999`, "S-1-5-32-546", "S-1-5-20"]) {
      const facts = but("rights", (was) => ({ ...was, SeDenyRemoteInteractiveLogonRight: [denied] }));
      assert.deepEqual(await told(facts), [], denied);
    }
  });

  it("a local account is denied as local account, off domain controllers", async () => {
    const bob: typeof ALICE = { sid: `${MACHINE_SID}-1001`, name: "SRV01\\bob", groups: [] };
    const members = [{ sid: bob.sid, name: bob.name }];
    const facts = {
      ...but("groups", (groups) => groups.map((one) => (one.sid === REMOTE_DESKTOP_USERS ? { ...one, members } : one))),
      users: [bob],
    };
    assert.deepEqual(await told(facts), []);
    const denied = { ...facts, rights: { ...HEALTHY.rights, SeDenyRemoteInteractiveLogonRight: ["S-1-5-113"] } };
    assert.deepEqual(await told(denied), ["host.not-rdp-user confirmed"]);
    assert.deepEqual(await told({ ...denied, machine: { ...HEALTHY.machine, domainRole: 5 } }), []);
  });

  it("no group of a domain controller of the same number counts on this machine", async () => {
    const facts = { ...nobody, users: [{ ...ALICE, groups: [REMOTE_DESKTOP_USERS, "S-1-5-32-544"] }] };
    assert.deepEqual(await told(facts), ["host.not-rdp-user confirmed"]);
  });

  it("is not known where the groups of the domain are not, and says of which group", async () => {
    const facts = { ...HEALTHY, users: [{ ...ALICE, groups: { unavailable: "the directory did not answer" } }] };
    assert.deepEqual(await told(facts), []);
    assert.deepEqual(await missed(facts), [
      `who may log on through remote desktop, for CORP\\alice: whether CORP\\alice is in CORP\\Domain Admins (${DOMAIN_SID}-512) is not known: the directory did not answer`,
    ]);
    assert.equal(exitCodeOf(await diagnosed(facts)), 2);
  });

  it("is not known where a denial cannot be judged, although the right was granted", async () => {
    const facts = but("rights", (was) => ({ ...was, SeDenyRemoteInteractiveLogonRight: ["S-1-5-4711"] }));
    assert.deepEqual(await told(facts), []);
    assert.match((await missed(facts)).join(), /whether CORP\\alice is in S-1-5-4711 is not known/);
    assert.equal((await diagnosed(facts)).healthy, false);
  });

  it("an account is found by SID, by name, or as a member of a group; one that nobody knows is said to be unknown", async () => {
    for (const asked of [ALICE.sid, "alice", "ALICE", "corp\\alice"])
      assert.deepEqual(await told(nobody, asked), ["host.not-rdp-user confirmed"]);
    assert.deepEqual(await missed(HEALTHY, "mallory"), [
      "who may log on through remote desktop: mallory is not among the accounts that were collected; `collect.ps1 -User mallory` collects one",
    ]);
    const direct = {
      ...but("groups", (groups) =>
        groups.map((one) => (one.sid === REMOTE_DESKTOP_USERS ? { ...one, members: [{ sid: ALICE.sid, name: "CORP\\alice" }] } : one)),
      ),
      users: [],
    };
    assert.deepEqual(await missed(direct, "alice"), []);
    const two = { ...HEALTHY, users: [ALICE, { ...ALICE, sid: `${MACHINE_SID}-1002`, name: "SRV01\\alice" }] };
    assert.match((await missed(two, "alice"))[0] ?? "", /alice is CORP\\alice and SRV01\\alice: name one with its domain/);
  });
});
