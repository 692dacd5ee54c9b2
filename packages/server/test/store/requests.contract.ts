/** Challenges, enrolment windows, letters to the world, sessions and tries of passwords on every store. Part of the contract, called by it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tx } from "../../src/flows/store.ts";
import { addUser, challengeRow, enrolmentRow, outboxRow, sessionRow, ticketRow } from "./rows.ts";

interface Under {
  unit<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  read<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
}

export function requestTests({ unit, read }: Under): void {
  const twice = async (fn: (tx: Tx) => Promise<boolean>) => [await unit(fn), await unit(fn)];
  challengeTests({ unit, read }, twice);

  test("S4: a window is used up by the first, before its end; withdrawn it is of no use, and it is confirmed once", async () => {
    const user = await unit((tx) => addUser(tx, "window"));
    const ticket = (selector: string, created: number) => ticketRow(user.id, { selector, created });
    const [one, two, three] = [ticket("AAAA", 1), ticket("BBBB", 2), ticket("CCCC", 3)];
    await unit(async (tx) => {
      for (const row of [one, two, three]) await tx.tickets.insert(row);
    });
    assert.deepEqual(await read((tx) => tx.tickets.ofUser(user.id)), [three, two, one]);
    assert.deepEqual(await twice((tx) => tx.tickets.confirm(one.id, 5, "admin")), [true, false]);
    assert.deepEqual(await twice((tx) => tx.tickets.consume(one.id, 6)), [true, false]);
    assert.equal(await unit((tx) => tx.tickets.revoke(one.id, 7)), false, "used");
    assert.deepEqual(await twice((tx) => tx.tickets.revoke(two.id, 6)), [true, false]);
    assert.equal(await unit((tx) => tx.tickets.consume(two.id, 7)), false, "withdrawn");
    assert.equal(await unit((tx) => tx.tickets.consume(three.id, 100)), false, "ended");
    assert.deepEqual(await read((tx) => tx.tickets.byId(one.id)), { ...one, confirmedAt: 5, confirmedBy: "admin", usedAt: 6 });
  });

  test("S1: tries of a window are taken only below the cap, past the wait and while it is open", async () => {
    const user = await unit((tx) => addUser(tx, "guessed"));
    const ticket = ticketRow(user.id);
    await unit((tx) => tx.tickets.insert(ticket));
    const take = (now: number) => unit((tx) => tx.tickets.takeTry(ticket.id, 3, now));
    assert.deepEqual([await take(1), await take(1)], [1, 2]);
    await unit((tx) => tx.tickets.setTries(ticket.id, { failures: 2, nextTryAt: 50 }));
    assert.equal(await take(49), undefined, "must wait");
    await unit((tx) => tx.tickets.returnTry(ticket.id));
    assert.deepEqual([await take(2), await take(2), await take(2)], [2, 3, undefined]);
    await unit((tx) => tx.tickets.setTries(ticket.id, { failures: 0, nextTryAt: 0 }));
    assert.equal(await take(100), undefined, "ended");
  });

  test("S2: tries of a password are taken only below the cap and past the wait, and given back one at a time", async () => {
    const user = await unit((tx) => addUser(tx, "passworded"));
    const take = (now: number) => unit((tx) => tx.users.takePasswordTry(user.id, 3, now));
    const tries = async () => ({ ...(await read((tx) => tx.users.passwordTries(user.id))) });
    assert.deepEqual([await take(1), await take(1)], [1, 2]);
    await unit((tx) => tx.users.setPasswordTries(user.id, { failures: 2, nextAt: 500 }));
    assert.equal(await take(499), undefined, "must wait");
    assert.deepEqual([await take(500), await take(501)], [3, undefined]);
    await unit((tx) => tx.users.returnPasswordTry(user.id));
    assert.deepEqual(await tries(), { failures: 2, nextAt: 0 });
    await unit((tx) => tx.users.setPasswordTries(user.id, { failures: 0, nextAt: 0 }));
    await unit((tx) => tx.users.returnPasswordTry(user.id));
    assert.deepEqual(await tries(), { failures: 0, nextAt: 0 });
    assert.equal(await unit((tx) => tx.users.takePasswordTry("nobody", 3, 1)), undefined);
  });

  test("a letter is taken by one, put off while it is being sent, and gone once it is done or past its time", async () => {
    const [one, two] = [outboxRow({ nextAt: 5 }), outboxRow({ nextAt: 7, expires: 50 })];
    await unit(async (tx) => {
      await tx.outbox.insert(one);
      await tx.outbox.insert(two);
    });
    const take = (now: number) => unit((tx) => tx.outbox.take(now, now + 10));
    assert.equal(await take(4), undefined, "not due");
    assert.deepEqual(await take(5), { ...one, nextAt: 15, tries: 1 });
    assert.deepEqual((await take(7))?.id, two.id);
    assert.equal(await take(8), undefined, "both are being sent");
    await unit((tx) => tx.outbox.failed(one.id, "refused", 20));
    assert.deepEqual(await take(20).then((row) => [row?.id, row?.tries]), [two.id, 2], "the other one's time came first");
    assert.deepEqual(await take(20).then((row) => [row?.id, row?.tries, row?.error]), [one.id, 2, "refused"]);
    await unit((tx) => tx.outbox.done(one.id, 21));
    assert.equal(await take(99), undefined, "one is done, the other past its time");
  });

  test("letters of each kind wait by themselves; what was refused for good, or is past its time, is told of once and holds nothing any more", async () => {
    const [mail, push, old] = [
      outboxRow({ kind: "mail", nextAt: 1000, expires: 9000 }),
      outboxRow({ kind: "webpush", nextAt: 2000, expires: 9000 }),
      outboxRow({ kind: "webhook", nextAt: 3000, expires: 4000 }),
    ];
    await unit(async (tx) => {
      for (const row of [mail, push, old]) await tx.outbox.insert(row);
    });
    const due = (kind: "mail" | "webpush" | "webhook") => read((tx) => tx.outbox.nextDue(500, kind));
    assert.deepEqual([await due("mail"), await due("webpush"), await due("webhook")], [1000, 2000, 3000]);
    assert.equal((await unit((tx) => tx.outbox.take(2000, 5000, "webpush")))?.id, push.id);
    assert.equal(await unit((tx) => tx.outbox.take(2000, 5000, "webpush")), undefined, "the mail is another's");
    assert.equal((await read((tx) => tx.outbox.waiting(500))).get("mail"), 1);
    await unit((tx) => tx.outbox.giveUp(mail.id, 2001, "550"));
    const given = await read((tx) => tx.outbox.byId(mail.id));
    assert.deepEqual([given?.doneAt, given?.error, given?.sealed], [2001, "550", ""]);
    assert.equal(await due("mail"), undefined);
    const expired = (now: number) => unit(async (tx) => (await tx.outbox.takeExpired(now, 100)).map(({ id }) => id));
    assert.ok(!(await expired(3999)).includes(old.id));
    assert.ok((await expired(4000)).includes(old.id));
    assert.ok(!(await expired(4000)).includes(old.id), "told once");
    assert.equal((await read((tx) => tx.outbox.byId(old.id)))?.sealed, "");
  });

  test("a setting is put in the place of the one before, and removed once", async () => {
    const row = { name: "story", document: { a: [1] }, sealedSecret: "", updated: 1, updatedBy: "me" };
    await unit((tx) => tx.settings.put(row));
    await unit((tx) => tx.settings.put({ ...row, document: { a: [2] }, updated: 2 }));
    assert.deepEqual(await read((tx) => tx.settings.byName("story")), { ...row, document: { a: [2] }, updated: 2 });
    assert.deepEqual(await twice((tx) => tx.settings.remove("story")), [true, false]);
    assert.equal(await read((tx) => tx.settings.byName("story")), undefined);
  });

  test("S19: a session is found by its cookie's hash, ends once, and with all others of its user but one", async () => {
    const user = await unit((tx) => addUser(tx, "signed-in"));
    const [one, two, three] = [1, 2, 3].map((created) => sessionRow(user.id, { created }));
    assert.ok(one && two && three);
    await unit(async (tx) => {
      for (const row of [one, two, three]) await tx.sessions.insert(row);
    });
    assert.deepEqual(await read((tx) => tx.sessions.byTokenHash(one.tokenHash)), one);
    assert.deepEqual(await read((tx) => tx.sessions.byId(one.id)), one);
    assert.equal(await read((tx) => tx.sessions.byId("ses_none")), undefined);
    await unit((tx) => tx.sessions.update(one.id, { tokenHash: "f".repeat(64), lastSeen: 9, factorAt: 8, amr: ["pwd", "otp"] }));
    assert.equal(await read((tx) => tx.sessions.byTokenHash(one.tokenHash)), undefined, "rotated");
    assert.deepEqual((await read((tx) => tx.sessions.byTokenHash("f".repeat(64))))?.amr, ["pwd", "otp"]);
    assert.deepEqual(await twice((tx) => tx.sessions.revoke(two.id, 5)), [true, false]);
    const ids = async (now: number) => (await read((tx) => tx.sessions.ofUser(user.id, now))).map(({ id }) => id);
    assert.deepEqual([await ids(5), await ids(100)], [[three.id, one.id], []]);
    assert.equal(await unit((tx) => tx.sessions.revokeOf(user.id, 6, one.id)), 1);
    assert.deepEqual(await ids(6), [one.id]);
  });

  test("S37: whatever was open ends with a restore, and what is over stays as it was", async () => {
    const user = await unit((tx) => addUser(tx, "back-in-time"));
    const [challenge, answered] = [challengeRow(user.id), challengeRow(user.id, { answer: "yes", answeredAt: 2 })];
    const [ticket, letter, session] = [ticketRow(user.id), outboxRow(), sessionRow(user.id)];
    await unit(async (tx) => {
      for (const row of [challenge, answered]) await tx.challenges.insert(row);
      await tx.tickets.insert(ticket);
      await tx.outbox.insert(letter);
      await tx.sessions.insert(session);
    });
    await unit(async ({ restore }) => {
      assert.ok((await restore.endChallenges(10)) >= 1);
      assert.ok((await restore.endTickets(10)) >= 1);
      assert.ok((await restore.endOutbox(10)) >= 1);
      assert.ok((await restore.endSessions(10)) >= 1);
      assert.deepEqual(
        [await restore.endChallenges(10), await restore.endTickets(10), await restore.endOutbox(10), await restore.endSessions(10)],
        [0, 0, 0, 0],
      );
    });
    assert.equal(await unit((tx) => tx.challenges.answer(challenge.id, "yes", 11)), false);
    assert.equal((await read((tx) => tx.challenges.byId(answered.id)))?.answer, "yes");
    assert.equal(await unit((tx) => tx.tickets.consume(ticket.id, 11)), false);
    assert.equal((await read((tx) => tx.outbox.byId(letter.id)))?.doneAt, 10);
    assert.deepEqual(await read((tx) => tx.sessions.ofUser(user.id, 11)), []);
  });
}

function challengeTests({ unit, read }: Under, twice: (fn: (tx: Tx) => Promise<boolean>) => Promise<boolean[]>): void {
  test("S4, S9: a challenge is answered once, before its end, and not once a newer one took its place", async () => {
    const user = await unit((tx) => addUser(tx, "asked"));
    const [other, device] = [enrolmentRow(user.id, { kind: "sms" }), enrolmentRow(user.id, { kind: "push" })];
    const of = (change: Parameters<typeof challengeRow>[1]) =>
      challengeRow(user.id, { transactionId: "trx_asked", enrolmentId: device.id, ...change });
    const [one, two, three] = [of({ created: 1 }), of({ created: 2, secret: "s2" }), of({ created: 3, enrolmentId: other.id })];
    await unit(async (tx) => {
      for (const row of [other, device]) await tx.enrolments.insert(row);
      for (const row of [one, two, three]) await tx.challenges.insert(row);
    });
    assert.deepEqual(await read((tx) => tx.challenges.openOf(device.id, 5)), [one, two]);
    assert.deepEqual(await read((tx) => tx.challenges.bySecret(two.kind, "s2")), two);
    assert.equal(await read((tx) => tx.challenges.bySecret("link", "s2")), undefined, "of another kind");
    assert.deepEqual(await twice((tx) => tx.challenges.answer(one.id, "yes", 5)), [true, false]);
    await unit((tx) => tx.challenges.supersede("trx_asked", 6, three.id));
    assert.equal(await unit((tx) => tx.challenges.answer(two.id, "yes", 7)), false, "superseded");
    assert.equal((await read((tx) => tx.challenges.byId(one.id)))?.answer, "yes", "an answer stays");
    assert.equal(await unit((tx) => tx.challenges.answer(three.id, "no", 100)), false, "ended");
    await unit((tx) => tx.challenges.seen(three.id, 8));
    await unit((tx) => tx.challenges.seen(three.id, 9));
    assert.equal((await read((tx) => tx.challenges.byId(three.id)))?.seenAt, 8);
    assert.equal(await read((tx) => tx.challenges.countSince(user.id, one.kind, 2)), 2);
    assert.deepEqual(
      (await read((tx) => tx.challenges.answersSince(user.id, "yes", 5))).map(({ id }) => id),
      [one.id],
    );
  });

  test("S28: a signature counter only rises; one that never counts stays at 0", async () => {
    const user = await unit((tx) => addUser(tx, "counted"));
    const [key, still] = [enrolmentRow(user.id, { kind: "passkey" }), enrolmentRow(user.id, { kind: "passkey" })];
    await unit(async (tx) => {
      for (const row of [key, still]) await tx.enrolments.insert(row);
    });
    const raise = (id: string, counter: number) => unit((tx) => tx.enrolments.raiseCounter(id, counter));
    assert.deepEqual(
      [await raise(key.id, 3), await raise(key.id, 3), await raise(key.id, 2), await raise(key.id, 0)],
      [true, false, false, false],
    );
    assert.deepEqual([await raise(still.id, 0), await raise(still.id, 0)], [true, true]);
    await unit(async (tx) => {
      for (const { id } of [key, still]) await tx.enrolments.remove(id);
    });
  });
}
