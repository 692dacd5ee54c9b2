/** Apps: the protected things, with the rules by which a typed name finds a user. */
import { type createAppRequest, type NameRule, type PolicyDocument, plainRule, ruleText } from "@sallyport/contracts";
import type * as z from "zod";
import { newId } from "../ids.ts";
import type { Store, Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** Without any rule of its own every app ends with *ask for a factor*. */
const FIRST_POLICY: PolicyDocument = { rules: [] };
/** In this order; an exact login wins over every guess from a part of a name. */
const ALL_RULES: NameRule[] = [...plainRule.options];

export function createApp(store: Store, caller: Caller, body: z.infer<typeof createAppRequest>, active = true): Promise<Outcome<AppRow>> {
  return inUnit(store, async (tx) => {
    if (await tx.apps.byLabel(body.label)) return { kind: "exists", field: "label" };
    const app: AppRow = {
      id: newId("app"),
      label: body.label,
      status: active ? "ACTIVE" : "INACTIVE",
      nameRules: body.settings?.nameRules ?? ALL_RULES,
      policyVersion: 1,
      policy: FIRST_POLICY,
      legacy: body.settings?.legacy ?? false,
      created: tx.now,
    };
    await tx.apps.insert(app);
    await tx.log.append({
      type: "app.created",
      actor: caller.actor,
      target: targetOf(app),
      outcome: "success",
      data: { label: app.label },
    });
    if (app.legacy) await sayLegacy(tx, caller, app);
    return done(app);
  });
}

export async function findApp(tx: Tx, id: string): Promise<Outcome<AppRow>> {
  const app = await tx.apps.byId(id);
  return app ? done(app) : { kind: "not-found", what: "app" };
}

export interface AppChange {
  label?: string | undefined;
  nameRules?: NameRule[] | undefined;
  legacy?: boolean | undefined;
}

export function updateApp(store: Store, caller: Caller, id: string, change: AppChange): Promise<Outcome<AppRow>> {
  return inUnit(store, async (tx) => {
    const found = await findApp(tx, id);
    if (found.kind !== "done") return found;
    const app = found.value;
    const label = change.label ?? app.label;
    const nameRules = change.nameRules ?? app.nameRules;
    const legacy = change.legacy ?? app.legacy;
    const namesake = await tx.apps.byLabel(label);
    if (namesake && namesake.id !== id) return { kind: "exists", field: "label" };
    const next = { ...app, label, nameRules, legacy };
    const sameRules = nameRules.map(ruleText).join() === app.nameRules.map(ruleText).join();
    const changed = [...(label === app.label ? [] : ["label"]), ...(sameRules ? [] : ["nameRules"])];
    if (changed.length === 0 && legacy === app.legacy) return done(app);
    await tx.apps.update(id, { label, nameRules, legacy });
    if (legacy !== app.legacy) await sayLegacy(tx, caller, next);
    if (changed.length === 0) return done(next);
    await tx.log.append({
      type: "app.updated",
      actor: caller.actor,
      target: targetOf({ id, label }),
      outcome: "success",
      data: { changed, label },
    });
    return done(next);
  });
}

/** A line of its own: it lets a whole fleet's shared secret count as a signature. */
async function sayLegacy(tx: Tx, caller: Caller, app: AppRow): Promise<void> {
  const type = app.legacy ? "app.legacy-on" : "app.legacy-off";
  await tx.log.append({ type, actor: caller.actor, target: targetOf(app), outcome: "success", data: { label: app.label } });
}

export function switchApp(store: Store, caller: Caller, id: string, status: AppRow["status"]): Promise<Outcome<AppRow>> {
  return inUnit(store, async (tx) => {
    const found = await findApp(tx, id);
    if (found.kind !== "done" || found.value.status === status) return found;
    const { label } = found.value;
    await tx.apps.update(id, { status });
    const type = status === "ACTIVE" ? "app.activated" : "app.deactivated";
    await tx.log.append({ type, actor: caller.actor, target: targetOf({ id, label }), outcome: "success", data: { label } });
    return done({ ...found.value, status });
  });
}

/** Refused while a host belongs to it: that host's logons would have nothing to be judged by. */
export function deleteApp(store: Store, caller: Caller, id: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const found = await findApp(tx, id);
    if (found.kind !== "done") return found;
    const host = await hostOf(tx, id);
    if (host !== undefined) return { kind: "conflict", why: `the host ${host} belongs to this app` };
    const { label } = found.value;
    await tx.apps.remove(id);
    await tx.log.append({ type: "app.deleted", actor: caller.actor, target: targetOf({ id, label }), outcome: "success", data: { label } });
    return done(undefined);
  });
}

async function hostOf(tx: Tx, appId: string): Promise<string | undefined> {
  let after: string | undefined;
  for (;;) {
    const hosts = await tx.hosts.list({ limit: 500, after });
    const own = hosts.find((host) => host.appId === appId);
    if (own || hosts.length < 500) return own?.name;
    after = hosts.at(-1)?.id;
  }
}

export function targetOf(app: Pick<AppRow, "id" | "label">): { type: string; id: string; name: string } {
  return { type: "app", id: app.id, name: app.label };
}
