/** Domains: which names mean the same one, as administrators and directories say. */
import type { domainRequest } from "@sallyport/contracts";
import { foldName } from "@sallyport/logon";
import type * as z from "zod";
import type { Store, Tx } from "../store.ts";
import type { DomainRow } from "../store-sources.ts";
import { type Caller, done, inUnit, type Outcome, type Refusal } from "./outcome.ts";

/** Makes the domain known or replaces its other names. What is left out stays. */
export function putDomain(store: Store, caller: Caller, name: string, body: z.infer<typeof domainRequest>): Promise<Outcome<DomainRow>> {
  return inUnit(store, (tx) => saveDomain(tx, caller, name, body));
}

/** @param source the directory that says so; left out, whoever said it first stays. */
export async function saveDomain(
  tx: Tx,
  caller: Caller,
  name: string,
  said: { netbios?: string | null | undefined; aliases?: readonly string[] | undefined; source?: string },
): Promise<Outcome<DomainRow>> {
  const before = await tx.domains.byName(name);
  const netbios = said.netbios === undefined ? (before?.netbios ?? null) : said.netbios;
  const aliases = [...(said.aliases ?? before?.aliases ?? [])];
  const source = said.source ?? before?.source ?? null;
  const domain: DomainRow = { name, netbios, aliases, source, created: before?.created ?? tx.now };
  const complaint = await judgeForms(tx, domain);
  if (complaint) return complaint;
  if (before && before.source === source && JSON.stringify(shownOf(before)) === JSON.stringify(shownOf(domain))) return done(before);
  await tx.domains.put(domain);
  const target = { type: "domain", id: name, name };
  const type = before ? "domain.updated" : "domain.created";
  const data = { ...shownOf(domain), ...(before ? { before: shownOf(before) } : {}) };
  await tx.log.append({ type, actor: caller.actor, target, outcome: "success", data });
  return done(domain);
}

/** One name that means two domains would mean two people: it is refused. */
async function judgeForms(tx: Tx, domain: DomainRow): Promise<Refusal | undefined> {
  const own = formsOf(domain);
  const bad = own.find((form) => foldName(form) === undefined);
  if (bad !== undefined) return { kind: "invalid", causes: [`name: ${bad} holds a character that no name can have`] };
  const folded = new Set(own.map(foldName));
  for (const other of await tx.domains.list()) {
    if (foldName(other.name) === foldName(domain.name)) continue;
    const shared = formsOf(other).find((form) => folded.has(foldName(form)));
    if (shared !== undefined) return { kind: "conflict", why: `${shared} means the domain ${other.name} already` };
  }
  return undefined;
}

const formsOf = ({ name, netbios, aliases }: DomainRow) => [name, ...(netbios === null ? [] : [netbios]), ...aliases];
const shownOf = ({ name, netbios, aliases }: DomainRow) => ({ name, netbios, aliases });

export function deleteDomain(store: Store, caller: Caller, name: string): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx) => {
    const domain = await tx.domains.byName(name);
    if (!domain) return { kind: "not-found", what: "domain" };
    await tx.domains.remove(name);
    const target = { type: "domain", id: domain.name, name: domain.name };
    await tx.log.append({ type: "domain.deleted", actor: caller.actor, target, outcome: "success", data: shownOf(domain) });
    return done(undefined);
  });
}
