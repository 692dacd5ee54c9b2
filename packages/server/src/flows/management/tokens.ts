/** API tokens: made once, kept as a hash, known again by it. */
import { createHash } from "node:crypto";
import type { createTokenRequest } from "@sallyport/contracts";
import { outranks } from "@sallyport/logon";
import type * as z from "zod";
import { newId, random256 } from "../ids.ts";
import type { Store } from "../store.ts";
import type { TokenRow } from "../store-keys.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** Lets a scanner of source code or logs find a token that was put where it does not belong. */
const PREFIX = "spt_";
const DAY = 86_400_000;
/** `lastUsed` is worth one write a minute, not one a call. */
const USED_MS = 60_000;

/** `token` exists nowhere but in this answer. A plain hash will do: it has 256 random bits (S11). */
export function createToken(
  store: Store,
  caller: Caller,
  body: z.infer<typeof createTokenRequest>,
): Promise<Outcome<{ row: TokenRow; token: string }>> {
  // A directory acts as an administrator does, on its own people: not on somebody who is the owner (S18).
  const role = body.role ?? "admin";
  const source = body.source ?? null;
  if (outranks(role, caller.role)) {
    return Promise.resolve({ kind: "forbidden", why: `the role ${caller.role} cannot make a token with the role ${role}` });
  }
  const token = `${PREFIX}${random256()}`;
  return inUnit(store, async (tx) => {
    if (source !== null && (await tx.sources.byName(source))?.kind !== "scim")
      return {
        kind: "invalid",
        causes: [`source: there is no SCIM source ${source}; make it first: sallyport source add ${source} --kind scim`],
      };
    const row: TokenRow = {
      id: newId("tok"),
      name: body.name,
      role,
      hash: hashOf(token),
      created: tx.now,
      createdBy: caller.actor.id,
      expires: body.expiresInDays === undefined ? null : tx.now + body.expiresInDays * DAY,
      lastUsed: null,
      revoked: null,
      source,
    };
    await tx.secrets.insertToken(row);
    const expiresAt = row.expires === null ? null : new Date(row.expires).toISOString();
    await tx.log.append({
      type: "token.created",
      actor: caller.actor,
      target: targetOf(row),
      outcome: "success",
      data: { name: row.name, role, expiresAt, source },
    });
    return done({ row, token });
  });
}

/** Revoking twice changes nothing. */
export function revokeToken(store: Store, caller: Caller, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const row = await tx.secrets.tokenById(id);
    if (!row) return { kind: "not-found", what: "token" };
    if (outranks(row.role, caller.role))
      return { kind: "forbidden", why: `the token has the role ${row.role}, which is above ${caller.role}` };
    if (row.revoked !== null) return done(undefined);
    await tx.secrets.updateToken(id, { revoked: tx.now });
    await tx.log.append({
      type: "token.revoked",
      actor: caller.actor,
      target: targetOf(row),
      outcome: "success",
      data: { name: row.name, role: row.role },
    });
    return done(undefined);
  });
}

export type Recognised =
  | { kind: "caller"; caller: Caller; row: TokenRow }
  /** `row` and `reason` for the log; the caller hears the same whatever it was (S16). */
  | { kind: "refused"; row?: TokenRow; reason?: "expired" | "revoked" };

/** Looked up by its hash: no comparison of secrets that could tell by its time how much was right (S26). */
export async function recogniseToken(store: Store, token: string): Promise<Recognised> {
  const { row, now } = await store.read(async (tx) => ({ row: await tx.secrets.tokenByHash(hashOf(token)), now: tx.now }));
  if (!row) return { kind: "refused" };
  if (row.revoked !== null) return { kind: "refused", row, reason: "revoked" };
  if (row.expires !== null && row.expires <= now) return { kind: "refused", row, reason: "expired" };
  if (row.lastUsed === null || now - row.lastUsed >= USED_MS) {
    await store.inTransaction((tx) => tx.secrets.updateToken(row.id, { lastUsed: tx.now }));
  }
  return { kind: "caller", caller: { role: row.role, actor: { type: "token", id: row.id, name: row.name } }, row };
}

export interface TokenRefusal {
  row: TokenRow;
  /** `role`: it does not reach that far. `scope`: a token of a SCIM source elsewhere, or any other one there. */
  reason: "expired" | "revoked" | "role" | "scope";
  method: string;
  /** The route's pattern. */
  path: string;
  address: string;
}

/** A known token was refused: that is somebody with a secret of ours, and worth a line of its own. */
export async function sayTokenRefused(store: Store, { row, ...refusal }: TokenRefusal): Promise<void> {
  await store.inTransaction((tx) =>
    tx.log.append({
      type: "token.refused",
      actor: { type: "token", id: row.id, name: row.name },
      outcome: "failure",
      data: { name: row.name, role: row.role, ...refusal },
    }),
  );
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

function targetOf(row: TokenRow): { type: string; id: string; name: string } {
  return { type: "token", id: row.id, name: row.name };
}
