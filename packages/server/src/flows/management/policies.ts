/** The policy of an app, replaced by compare-and-set after everything that it names was found. */
import { createHash } from "node:crypto";
import { canonicalJson, type PolicyDocument } from "@sallyport/contracts";
import { checkPolicy } from "@sallyport/logon";
import type { Page, Store, Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import { findApp, targetOf } from "./apps.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** `expected`: the version that the document was made from; a newer one is never overwritten. */
export function setPolicy(
  store: Store,
  caller: Caller,
  appId: string,
  expected: number,
  document: PolicyDocument,
): Promise<Outcome<AppRow>> {
  return inUnit(store, async (tx) => {
    const found = await findApp(tx, appId);
    if (found.kind !== "done") return found;
    const app = found.value;
    const causes = await complaintsOf(tx, document);
    if (causes.length > 0) return { kind: "invalid", causes };
    const version = await tx.apps.setPolicy(appId, expected, document);
    if (version === undefined)
      return { kind: "conflict", why: `the policy is at version ${app.policyVersion}, not ${expected}: read it again` };
    const data = {
      app: appId,
      version,
      digest: digestOf(document),
      rules: document.rules.map(({ name, then }) => `${name}: ${then}`),
      failModes: document.failModes ?? {},
      before: { version: app.policyVersion, digest: digestOf(app.policy) },
    };
    await tx.log.append({ type: "policy.changed", actor: caller.actor, target: targetOf(app), outcome: "success", data });
    return done({ ...app, policy: document, policyVersion: version });
  });
}

async function complaintsOf(tx: Tx, document: PolicyDocument): Promise<string[]> {
  // A list is read only where a rule names something of it: nobody waits for all users in vain.
  const named = (part: "users" | "groups" | "hosts") => document.rules.some((rule) => rule.if?.[part] !== undefined);
  const anyGroup = named("groups") || document.breakGlass?.groups !== undefined;
  const known = {
    users: named("users") ? (await all((page) => tx.users.list(page))).flatMap((user) => [user.profile.login, user.id]) : [],
    groups: anyGroup ? (await all((page) => tx.groups.list(page))).map((group) => group.name) : [],
    hosts: named("hosts") ? (await all((page) => tx.hosts.list(page))).flatMap((host) => [host.name, host.id]) : [],
    zones: (await tx.zones.list()).map((zone) => zone.name),
  };
  return checkPolicy(document, known).map((complaint) => `document.${complaint}`);
}

async function all<T extends { id: string }>(list: (page: Page) => Promise<T[]>): Promise<T[]> {
  const rows: T[] = [];
  for (;;) {
    const page = await list({ limit: 500, after: rows.at(-1)?.id });
    rows.push(...page);
    if (page.length < 500) return rows;
  }
}

function digestOf(document: PolicyDocument): string {
  return createHash("sha256").update(canonicalJson(document)).digest("hex");
}
