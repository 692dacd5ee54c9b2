/** The browsers in which a person is signed in, and how they end them. */
import { done, inUnit, type Outcome } from "../management/outcome.ts";
import { isAlive, type Signed } from "../sessions/session.ts";
import type { Store } from "../store.ts";
import type { SessionRow } from "../store-requests.ts";

export function mySessions(store: Store, { user }: Signed): Promise<SessionRow[]> {
  return store.read(async (tx) => (await tx.sessions.ofUser(user.id, tx.now)).filter((session) => isAlive(session, tx.now)));
}

/** Somebody else's is as good as none. */
export function endMySession(store: Store, { user }: Signed, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const session = (await tx.sessions.ofUser(user.id, tx.now)).find((one) => one.id === id);
    if (!session || !(await tx.sessions.revoke(id, tx.now))) return { kind: "not-found", what: "session" };
    await tx.log.append({ type: "session.ended", actor: actorOf(user), outcome: "success", data: { session: id } });
    return done(undefined);
  });
}

/** Everywhere, this browser included: whoever fears for their account wants no exception. */
export function endMySessions(store: Store, { user }: Signed): Promise<number> {
  return store.inTransaction(async (tx) => {
    const count = await tx.sessions.revokeOf(user.id, tx.now);
    await tx.log.append({ type: "session.ended", actor: actorOf(user), outcome: "success", data: { count } });
    return count;
  });
}

export function actorOf({ id, profile }: Signed["user"]) {
  return { type: "user", id, name: profile.login } as const;
}
