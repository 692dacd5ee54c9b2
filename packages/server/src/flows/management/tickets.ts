/** Enrolment windows as administrators open, confirm, list and close them: for one user who never had a factor, for days, for one use (S18). */
import { type createTicketRequest, TICKET_DAYS } from "@sallyport/contracts";
import type * as z from "zod";
import { isOpenWindow, openWindow } from "../enrolling/window.ts";
import { newId } from "../ids.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { TicketRow } from "../store-requests.ts";
import { findReachable } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { type CodeDeps, type MadeCode, makeCodes } from "./recovery-codes.ts";
import { findUser } from "./users.ts";

/** `ticket`: shown once, in the answer that makes it. */
export interface TicketShown {
  row: TicketRow;
  now: number;
  ticket?: string;
}

export async function createTicket(
  deps: CodeDeps,
  caller: Caller,
  userId: string,
  { days = TICKET_DAYS.usual, proof = "ticket" }: z.infer<typeof createTicketRequest>,
): Promise<Outcome<TicketShown>> {
  // Known before anything is hashed, and judged again below.
  const first = await deps.store.read((tx) => findEnrolable(tx, caller, userId));
  if (first.kind !== "done") return first;
  const taken = await deps.store.read(async (tx) => (await tx.tickets.ofUser(first.value.id)).flatMap(({ selector }) => selector ?? []));
  const made = proof === "ticket" ? await makeCodes(deps.passwords, 1, new Set(taken)) : [];
  if (made === "overloaded") return { kind: "overloaded" };
  const id = newId("tkt");
  return inUnit(deps.store, async (tx): Promise<Outcome<TicketShown>> => {
    const found = await findEnrolable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const user = found.value;
    // Two open windows are one too many to keep track of.
    for (let open = await openWindow(tx, user.id); open; open = await openWindow(tx, user.id)) await revoke(tx, caller, user, open);
    const row = newTicket(tx.now, { id, user, caller, days, made: made[0] });
    await tx.tickets.insert(row);
    const data = { ticket: id, proof, expiresAt: new Date(row.expires).toISOString() };
    await tx.log.append({ type: "ticket.created", actor: caller.actor, target: targetOf(user), outcome: "success", data });
    return done({ row, now: tx.now, ...(made[0] ? { ticket: made[0].code } : {}) });
  });
}

function newTicket(now: number, given: { id: string; user: UserRow; caller: Caller; days: number; made: MadeCode | undefined }): TicketRow {
  const { id, user, caller, days, made } = given;
  return {
    id,
    userId: user.id,
    selector: made?.selector ?? null,
    hash: made?.hash ?? null,
    created: now,
    createdBy: nameOf(caller),
    expires: now + days * 24 * 3_600_000,
    usedAt: null,
    revokedAt: null,
    confirmedAt: null,
    confirmedBy: null,
    failures: 0,
    nextTryAt: 0,
  };
}

export function listTickets(store: Store, userId: string): Promise<Outcome<TicketShown[]>> {
  return store.read(async (tx): Promise<Outcome<TicketShown[]>> => {
    const user = await findUser(tx, userId);
    if (user.kind !== "done") return user;
    return done((await tx.tickets.ofUser(user.value.id)).map((row) => ({ row, now: tx.now })));
  });
}

/** An administrator saw the person: the word counts for the window as its ticket does. */
export function confirmTicket(store: Store, caller: Caller, userId: string, id: string): Promise<Outcome<TicketShown>> {
  return inUnit(store, async (tx): Promise<Outcome<TicketShown>> => {
    const found = await findTicket(tx, caller, userId, id);
    if (found.kind !== "done") return found;
    const { user, row } = found.value;
    if (!(await tx.tickets.confirm(row.id, tx.now, nameOf(caller))))
      return { kind: "conflict", why: "the window is confirmed already, or not open any more" };
    await tx.log.append({
      type: "ticket.confirmed",
      actor: caller.actor,
      target: targetOf(user),
      outcome: "success",
      data: { ticket: row.id },
    });
    return done({ row: { ...row, confirmedAt: tx.now, confirmedBy: nameOf(caller) }, now: tx.now });
  });
}

export function revokeTicket(store: Store, caller: Caller, userId: string, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const found = await findTicket(tx, caller, userId, id);
    if (found.kind !== "done") return found;
    const closed = await revoke(tx, caller, found.value.user, found.value.row);
    return closed ? done(undefined) : { kind: "conflict", why: "the window is used, closed or past its time" };
  });
}

/** Nobody opens a window for a higher role (`findReachable`), nor for whoever has, or had, a factor: theirs is reset or unlocked. */
async function findEnrolable(tx: Tx, caller: Caller, userId: string): Promise<Outcome<UserRow>> {
  const found = await findReachable(tx, caller, userId);
  if (found.kind !== "done") return found;
  return (await judgeNewcomer(tx, found.value)) ?? found;
}

async function judgeNewcomer(tx: Tx, user: UserRow): Promise<Refusal | undefined> {
  if (user.status !== "ACTIVE") return { kind: "conflict", why: `the user is ${user.status}` };
  const [one] = await factorsOf(tx, user);
  if (!one) return undefined;
  const why = `the user has a factor (${one.id}, ${one.kind}, ${one.status}): a window is for a first one only; enrol it for them instead`;
  return { kind: "conflict", why };
}

async function findTicket(tx: Tx, caller: Caller, userId: string, id: string): Promise<Outcome<{ user: UserRow; row: TicketRow }>> {
  const found = await findReachable(tx, caller, userId);
  if (found.kind !== "done") return found;
  const row = await tx.tickets.byId(id);
  return row?.userId === found.value.id ? done({ user: found.value, row }) : { kind: "not-found", what: "ticket" };
}

async function revoke(tx: Tx, caller: Caller, user: UserRow, row: TicketRow): Promise<boolean> {
  if (!(await tx.tickets.revoke(row.id, tx.now))) return false;
  const data = { ticket: row.id };
  await tx.log.append({ type: "ticket.revoked", actor: caller.actor, target: targetOf(user), outcome: "success", data });
  return true;
}

/** Read off its times: nothing is written when one runs out. */
export function ticketStatus(row: TicketRow, now: number): "OPEN" | "USED" | "EXPIRED" | "REVOKED" {
  if (row.usedAt !== null) return "USED";
  if (row.revokedAt !== null) return "REVOKED";
  return isOpenWindow(row, now) ? "OPEN" : "EXPIRED";
}

const nameOf = ({ actor }: Caller) => actor.name ?? actor.id;

function targetOf(user: UserRow) {
  return { type: "user", id: user.id, name: user.profile.login };
}
