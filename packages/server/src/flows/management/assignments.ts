/** Who may log on to an app's machines: users by themselves, or through a group. */

import type { Page, Store, Tx } from "../store.ts";
import type { AssignmentRow } from "../store-directory.ts";
import { findApp, targetOf } from "./apps.ts";
import { findGroup } from "./groups.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import { findUser } from "./users.ts";

export type Scope = AssignmentRow["scope"];

/** Assigning twice changes nothing and says nothing in the log. */
export function assign(store: Store, caller: Caller, appId: string, scope: Scope, id: string): Promise<Outcome<AssignmentRow>> {
  return inUnit(store, async (tx) => {
    const app = await findApp(tx, appId);
    if (app.kind !== "done") return app;
    const who = await findAssignee(tx, scope, id);
    if (who.kind !== "done") return who;
    const there = await tx.apps.assignment(appId, scope, who.value.id);
    if (there) return done(there);
    if (scope === "USER") await tx.apps.assignUser(appId, who.value.id, tx.now);
    else await tx.apps.assignGroup(appId, who.value.id, tx.now);
    const data = { app: appId, scope, assignee: who.value.id, name: who.value.name };
    await tx.log.append({ type: "assignment.created", actor: caller.actor, target: targetOf(app.value), outcome: "success", data });
    return done({ ...who.value, scope, created: tx.now });
  });
}

export function unassign(store: Store, caller: Caller, appId: string, scope: Scope, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const app = await findApp(tx, appId);
    if (app.kind !== "done") return app;
    const who = await findAssignee(tx, scope, id);
    if (who.kind !== "done") return who;
    if (!(await tx.apps.assignment(appId, scope, who.value.id))) return { kind: "not-found", what: "assignment" };
    if (scope === "USER") await tx.apps.unassignUser(appId, who.value.id);
    else await tx.apps.unassignGroup(appId, who.value.id);
    const data = { app: appId, scope, assignee: who.value.id, name: who.value.name };
    await tx.log.append({ type: "assignment.deleted", actor: caller.actor, target: targetOf(app.value), outcome: "success", data });
    return done(undefined);
  });
}

export function findAssignment(store: Store, appId: string, scope: Scope, id: string): Promise<Outcome<AssignmentRow>> {
  return store.read(async (tx): Promise<Outcome<AssignmentRow>> => {
    const app = await findApp(tx, appId);
    if (app.kind !== "done") return app;
    const who = await findAssignee(tx, scope, id);
    if (who.kind !== "done") return who;
    const row = await tx.apps.assignment(appId, scope, who.value.id);
    return row ? done(row) : { kind: "not-found", what: "assignment" };
  });
}

export function listAssignments(store: Store, appId: string, scope: Scope, page: Page): Promise<Outcome<AssignmentRow[]>> {
  return store.read(async (tx): Promise<Outcome<AssignmentRow[]>> => {
    const app = await findApp(tx, appId);
    return app.kind === "done" ? done(await tx.apps.assignments(appId, scope, page)) : app;
  });
}

async function findAssignee(tx: Tx, scope: Scope, id: string): Promise<Outcome<{ id: string; name: string }>> {
  if (scope === "GROUP") {
    const group = await findGroup(tx, id);
    return group.kind === "done" ? done({ id: group.value.id, name: group.value.name }) : group;
  }
  const user = await findUser(tx, id);
  return user.kind === "done" ? done({ id: user.value.id, name: user.value.profile.login }) : user;
}
