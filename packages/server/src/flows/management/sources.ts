/** Sources as administrators set them up: where people come from, with the sealed secret of the account that reads. */
import { type createSourceRequest, type LdapSettings, ldapSettings, type updateSourceRequest } from "@sallyport/contracts";
import type * as z from "zod";
import type { Keys } from "../../keys/keys.ts";
import type { DirectorySource } from "../directory.ts";
import type { Store, Tx } from "../store.ts";
import type { RunRow, SourceRow } from "../store-sources.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";
import { LOCAL } from "./users.ts";

export interface SourceDeps {
  store: Store;
  keys: Keys;
}

/** A source with its newest run, and when one last succeeded (epoch ms). */
export interface SourceShown {
  row: SourceRow;
  last: RunRow | undefined;
  succeeded: number | null;
}

/** Runs that are kept. */
export const HISTORY = 100;
export const sealedContext = (name: string) => `source:${name}`;

export function createSource(
  { store, keys }: SourceDeps,
  caller: Caller,
  body: z.output<typeof createSourceRequest>,
): Promise<Outcome<SourceShown>> {
  const { name, kind } = body;
  if (name === LOCAL)
    return Promise.resolve({ kind: "invalid", causes: [`name: ${LOCAL} are the people who were made here; choose another name`] });
  const sealedSecret = kind === "ldap" ? keys.seal(Buffer.from(body.secret), sealedContext(name)) : "";
  const own = kind === "ldap" ? body : { settings: {}, everyMinutes: null, brake: 10 };
  return inUnit(
    store,
    async (tx) => {
      const row: SourceRow = {
        name,
        kind,
        settings: own.settings,
        sealedSecret,
        everyMinutes: own.everyMinutes,
        brake: own.brake,
        paused: false,
        cursor: null,
        // Whoever sets up a source looks at the dry run first; the first sync is theirs to begin.
        nextAt: own.everyMinutes === null ? null : tx.now + own.everyMinutes * 60_000,
        created: tx.now,
        createdBy: caller.actor.id,
      };
      await tx.sources.insert(row);
      await tx.log.append({
        type: "source.created",
        actor: caller.actor,
        target: targetOf(name),
        outcome: "success",
        data: { name, kind },
      });
      return done({ row, last: undefined, succeeded: null });
    },
    "name",
  );
}

export function updateSource(
  { store, keys }: SourceDeps,
  caller: Caller,
  name: string,
  body: z.output<typeof updateSourceRequest>,
): Promise<Outcome<SourceShown>> {
  return inUnit(store, async (tx) => {
    const found = await findSource(tx, name);
    if (found.kind !== "done") return found;
    const row = found.value;
    const wrong = judgeChange(row, body);
    if (wrong !== undefined) return { kind: "invalid", causes: [wrong] };
    const { secret, ...rest } = body;
    const every = body.everyMinutes === undefined ? row.everyMinutes : body.everyMinutes;
    const change = {
      ...rest,
      ...(secret === undefined ? {} : { sealedSecret: keys.seal(Buffer.from(secret), sealedContext(name)) }),
      ...(body.everyMinutes === undefined && body.paused === undefined ? {} : { nextAt: every === null ? null : tx.now + every * 60_000 }),
    };
    await tx.sources.update(name, change as Partial<SourceRow>);
    const changed = Object.keys(body).sort();
    await tx.log.append({
      type: "source.updated",
      actor: caller.actor,
      target: targetOf(name),
      outcome: "success",
      data: { changed, name },
    });
    return done(await shown(tx, { ...row, ...(change as Partial<SourceRow>) }));
  });
}

/** A sentence, or undefined. The stored secret is never sent to a server that its administrator did not have in view when giving it. */
function judgeChange(row: SourceRow, { settings, secret, everyMinutes }: z.output<typeof updateSourceRequest>): string | undefined {
  if (row.kind !== "ldap")
    return settings || secret !== undefined || everyMinutes
      ? `settings: a ${row.kind} source has none; its client pushes people`
      : undefined;
  if (!settings || secret !== undefined) return undefined;
  const before = ldapSettings.safeParse(row.settings).data;
  const away = !before || heard(settings) !== heard(before) || settings.servers.some((server) => !before.servers.includes(server));
  return away
    ? "secret: must be given again with other servers, or another way to know them: nobody else is to hear the stored one"
    : undefined;
}

const heard = ({ startTls, trust }: LdapSettings) => JSON.stringify([startTls, trust.ca, trust.pin]);

export async function findSource(tx: Tx, name: string): Promise<Outcome<SourceRow>> {
  const row = await tx.sources.byName(name);
  return row ? done(row) : { kind: "not-found", what: "source" };
}

export async function shown(tx: Tx, row: SourceRow): Promise<SourceShown> {
  const runs = await tx.sources.runs(row.name, { limit: HISTORY });
  return { row, last: runs[0], succeeded: runs.find(({ status }) => status === "done")?.ended ?? null };
}

export function viewSource(store: Store, name: string): Promise<Outcome<SourceShown>> {
  return store.read(async (tx): Promise<Outcome<SourceShown>> => {
    const found = await findSource(tx, name);
    return found.kind === "done" ? done(await shown(tx, found.value)) : found;
  });
}

export function listSources(store: Store, page: { limit: number; after?: string | undefined }): Promise<SourceShown[]> {
  return store.read(async (tx) => {
    const all: SourceShown[] = [];
    for (const row of await tx.sources.list(page)) all.push(await shown(tx, row));
    return all;
  });
}

/** Name and time (epoch ms) of each source's last sync that was carried out whole. */
export async function lastSuccesses(store: Store): Promise<[string, number][]> {
  const all = await listSources(store, { limit: 1000 });
  return all.flatMap(({ row, succeeded }): [string, number][] => (succeeded === null ? [] : [[row.name, succeeded]]));
}

/** How the directory of a source is asked. Throws where the sealed secret does not open. */
export function directoryOf({ keys }: Pick<SourceDeps, "keys">, row: SourceRow): Outcome<DirectorySource> {
  if (row.kind !== "ldap")
    return { kind: "invalid", causes: [`source: ${row.name} is pushed by its client; there is no directory to ask`] };
  const settings = ldapSettings.safeParse(row.settings);
  if (!settings.success) return { kind: "invalid", causes: [`settings: ${settings.error.issues[0]?.message}: write them again`] };
  return done({ settings: settings.data, secret: Buffer.from(keys.unseal(row.sealedSecret, sealedContext(row.name))).toString() });
}

export const targetOf = (name: string) => ({ type: "source", id: name, name });
