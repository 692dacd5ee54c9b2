/** Finds the user that the name on the logon screen means, or the cause why it means nobody. */
import { type KnownDomain, namesAnotherDomain, otherForms, type Resolution, whyNoName } from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { AppRow, UserRow } from "../store-directory.ts";
import type { Asked, JudgedHost, PersonRefused } from "./judge-person.ts";
import { resolveName } from "./resolve-name.ts";

/** Reads only. Somebody who is not assigned, a name that several share and a name that nobody has each end with their own cause. */
export async function findUser(
  tx: Tx,
  app: AppRow,
  host: JudgedHost,
  asked: Asked,
): Promise<{ kind: "found"; user: UserRow } | PersonRefused> {
  const why = whyNoName(asked.username);
  if (why !== undefined) return { kind: "refused", cause: "user.unknown", evidence: { username: asked.username, why } };
  const { resolution, domains } = await resolveName(tx, app, host, asked);
  if (resolution.kind === "found") {
    const user = await tx.users.byId(resolution.userId);
    if (user) return { kind: "found", user };
  }
  return explainUnresolved(tx, app, asked, resolution, domains);
}

async function explainUnresolved(
  tx: Tx,
  app: AppRow,
  asked: Asked,
  resolution: Resolution,
  domains: readonly KnownDomain[],
): Promise<PersonRefused> {
  const { trace } = resolution;
  if (resolution.kind === "ambiguous") {
    const users = await Promise.all(resolution.userIds.map((id) => tx.users.byId(id)));
    const shared = users.flatMap((u) => (u ? [{ id: u.id, login: u.profile.login, source: u.source }] : []));
    return { kind: "refused", cause: "user.ambiguous", evidence: { rule: resolution.rule, users: shared, trace } };
  }
  if (resolution.kind === "not-assigned") {
    return { kind: "refused", cause: "app.not-assigned", evidence: { rule: resolution.rule, trace }, userId: resolution.userId };
  }
  const other = await findByOtherForm(tx, app, asked, domains);
  if (other) return { kind: "refused", cause: "user.name-shape", evidence: { ...other, trace } };
  const why = trace.length === 0 ? { username: asked.username, why: "no rule can read this name" } : {};
  return { kind: "refused", cause: "user.unknown", evidence: { ...why, trace } };
}

/** Only where every other form that finds anybody finds the same one user: a guess between two people explains nothing. */
async function findByOtherForm(
  tx: Tx,
  app: AppRow,
  asked: Asked,
  domains: readonly KnownDomain[],
): Promise<{ foundAs: string; rule: string } | undefined> {
  const keys = otherForms(asked, app.nameRules, domains);
  const holders = await tx.users.holders(keys.map(({ kind, folded }) => ({ kind, folded })));
  const ids = new Set(holders.map(({ userId }) => userId));
  const [id] = ids;
  const user = ids.size === 1 && id !== undefined ? await tx.users.byId(id) : undefined;
  const key = keys.find(({ kind, folded }) => holders.some((one) => one.kind === kind && one.folded === folded));
  if (!user || !key || namesAnotherDomain(asked, user.profile, domains)) return undefined;
  return { foundAs: key.folded, rule: key.rule };
}
