/** What a change by an administrator comes to: done, or refused with what is needed to put it right. */
import type { LogEvent, Role } from "@sallyport/contracts";
import { Conflict, type Store, type Tx } from "../store.ts";

/** Who asks: an API token, or the local owner behind the admin socket. */
export interface Caller {
  role: Role;
  actor: LogEvent["actor"];
}

export type Refusal =
  | { kind: "not-found"; what: string }
  /** Something of this name is there already. */
  | { kind: "exists"; field: string }
  /** Lines such as `profile.login: …`. */
  | { kind: "invalid"; causes: string[] }
  /** The caller's role does not reach this far. */
  | { kind: "forbidden"; why: string }
  /** The state of the thing does not allow it, or somebody was faster. */
  | { kind: "conflict"; why: string }
  | { kind: "wrong-code"; why: string }
  | { kind: "overloaded" };

export type Outcome<T> = { kind: "done"; value: T } | Refusal;

export function done<T>(value: T): { kind: "done"; value: T } {
  return { kind: "done", value };
}

/**
 * One unit of work whose refusal is a value. `fn` refuses before it writes: what it wrote before answering is committed.
 * A row that must be unique is refused by the store itself, so that two callers at once cannot both be first.
 * @param unique the field that is to blame then.
 */
export async function inUnit<T>(store: Store, fn: (tx: Tx) => Promise<Outcome<T>>, unique = "id"): Promise<Outcome<T>> {
  try {
    return await store.inTransaction(fn);
  } catch (error) {
    if (error instanceof Conflict) return { kind: "exists", field: unique };
    throw error;
  }
}
