/** Stops of pushes after a *not me*, as administrators see and lift them. */
import type { Store } from "../store.ts";
import type { PushStopRow } from "../store-requests.ts";
import { findReachable } from "./factors-admin.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

export interface StopShown {
  stop: PushStopRow;
  login: string;
  host: string | null;
}

const AT_MOST = 1000;

/** Those that stand. */
export function listStops(store: Store): Promise<StopShown[]> {
  return store.read(async (tx) => {
    const shown: StopShown[] = [];
    for (const stop of await tx.pushStops.list({ limit: AT_MOST })) {
      const user = await tx.users.byId(stop.userId);
      const host = stop.hostId === null ? undefined : await tx.hosts.byId(stop.hostId);
      shown.push({ stop, login: user?.profile.login ?? stop.userId, host: host?.name ?? stop.hostId });
    }
    return shown;
  });
}

/** Nobody lifts one of somebody of a higher role (S18). */
export function liftStop(store: Store, caller: Caller, id: string, reason: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const stop = await tx.pushStops.byId(id);
    if (!stop) return { kind: "not-found", what: "stop" };
    const user = await findReachable(tx, caller, stop.userId);
    if (user.kind !== "done") return user;
    if (!(await tx.pushStops.lift(id, tx.now, caller.actor.id))) return { kind: "conflict", why: "the stop was lifted already" };
    await tx.log.append({
      type: "push.stop-lifted",
      actor: caller.actor,
      target: { type: "user", id: user.value.id, name: user.value.profile.login },
      outcome: "success",
      data: { stop: id, scope: stop.scope, address: stop.address, reason },
    });
    return done(undefined);
  });
}
