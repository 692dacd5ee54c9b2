/** Bypass codes as administrators give them out, list and withdraw them (S11): one user, one app, once, for hours, with a reason. */
import { BYPASS_HOURS, type createBypassRequest } from "@sallyport/contracts";
import type * as z from "zod";
import { newId } from "../ids.ts";
import { factorsOf } from "../person.ts";
import type { Store, Tx } from "../store.ts";
import type { BypassCodeRow } from "../store-codes.ts";
import type { UserRow } from "../store-directory.ts";
import { findApp } from "./apps.ts";
import { findReachable } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";
import { type CodeDeps, makeCodes } from "./recovery-codes.ts";
import { findUser } from "./users.ts";

/** `code`: shown once, in the answer that makes it. */
export interface BypassShown {
  row: BypassCodeRow;
  app: string;
  now: number;
  code?: string;
}

export async function createBypass(
  deps: CodeDeps,
  caller: Caller,
  userId: string,
  body: z.infer<typeof createBypassRequest>,
): Promise<Outcome<BypassShown>> {
  const taken = await deps.store.read(async (tx): Promise<Outcome<Set<string>>> => {
    const found = await findReachable(tx, caller, userId);
    return found.kind === "done" ? done(await selectorsOf(tx, found.value)) : found;
  });
  if (taken.kind !== "done") return taken;
  const made = await makeCodes(deps.passwords, 1, taken.value);
  if (made === "overloaded" || !made[0]) return { kind: "overloaded" };
  const { code, selector, hash } = made[0];
  const id = newId("byp");
  return inUnit(deps.store, async (tx): Promise<Outcome<BypassShown>> => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const user = found.value;
    const app = await findApp(tx, body.app);
    if (app.kind !== "done") return app;
    const refusal = await judgeUse(tx, user);
    if (refusal) return refusal;
    // Two open codes for one door are one too many to keep track of.
    for (const open of (await tx.bypassCodes.ofUser(user.id)).filter(({ appId }) => appId === app.value.id))
      await revoke(tx, caller, user, open);
    const row: BypassCodeRow = {
      id,
      userId: user.id,
      appId: app.value.id,
      selector,
      hash,
      reason: body.reason,
      created: tx.now,
      createdBy: caller.actor.name ?? caller.actor.id,
      expires: tx.now + (body.hours ?? BYPASS_HOURS.usual) * 3_600_000,
      usedAt: null,
      usedOn: null,
      revokedAt: null,
    };
    await tx.bypassCodes.insert(row);
    const data = { bypass: id, app: app.value.label, reason: row.reason, expiresAt: new Date(row.expires).toISOString() };
    await tx.log.append({ type: "bypass.created", actor: caller.actor, target: targetOf(user), outcome: "success", data });
    return done({ row, app: app.value.label, now: tx.now, code });
  });
}

export async function listBypass(store: Store, userId: string): Promise<Outcome<BypassShown[]>> {
  return store.read(async (tx): Promise<Outcome<BypassShown[]>> => {
    const user = await findUser(tx, userId);
    if (user.kind !== "done") return user;
    const shown: BypassShown[] = [];
    for (const row of await tx.bypassCodes.ofUser(user.value.id))
      shown.push({ row, app: (await tx.apps.byId(row.appId))?.label ?? row.appId, now: tx.now });
    return done(shown);
  });
}

/** Once it is over, there is nothing to withdraw. */
export function revokeBypass(store: Store, caller: Caller, userId: string, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const found = await findReachable(tx, caller, userId);
    if (found.kind !== "done") return found;
    const row = await tx.bypassCodes.byId(id);
    if (row?.userId !== found.value.id) return { kind: "not-found", what: "bypass code" };
    return (await revoke(tx, caller, found.value, row))
      ? done(undefined)
      : { kind: "conflict", why: "the code is used, withdrawn or past its time" };
  });
}

async function revoke(tx: Tx, caller: Caller, user: UserRow, row: BypassCodeRow): Promise<boolean> {
  if (!(await tx.bypassCodes.revoke(row.id, tx.now))) return false;
  const data = { bypass: row.id, app: (await tx.apps.byId(row.appId))?.label ?? row.appId, reason: row.reason };
  await tx.log.append({ type: "bypass.revoked", actor: caller.actor, target: targetOf(user), outcome: "success", data });
  return true;
}

/** It is typed where a code is asked for: to whom nothing is asked it would be of no use. */
async function judgeUse(tx: Tx, user: UserRow): Promise<Refusal | undefined> {
  if (user.status !== "ACTIVE") return { kind: "conflict", why: `the user is ${user.status}` };
  if ((await factorsOf(tx, user)).some(({ status }) => status === "ACTIVE")) return undefined;
  return { kind: "conflict", why: "the user has no active factor, so that no code would be asked for: enrol one instead" };
}

async function selectorsOf(tx: Tx, user: UserRow): Promise<Set<string>> {
  const [bypass, enrolments] = [await tx.bypassCodes.ofUser(user.id), await factorsOf(tx, user)];
  const sets = enrolments.filter(({ kind }) => kind === "recovery");
  const recovery = (await Promise.all(sets.map(({ id }) => tx.recoveryCodes.selectors(id)))).flat();
  return new Set([...bypass.map(({ selector }) => selector), ...recovery]);
}

function targetOf(user: UserRow) {
  return { type: "user", id: user.id, name: user.profile.login };
}
