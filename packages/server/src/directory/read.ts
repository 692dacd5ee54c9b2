/** Reads a directory over one session: everybody, or what has changed and who is there. */
import { createHash } from "node:crypto";
import type { LdapSettings } from "@sallyport/contracts";
import { escapeFilter } from "ldapts";
import type { DirectoryGroup, DirectoryLook, DirectoryPerson, DirectoryRead, ReadOptions } from "../flows/directory.ts";
import { cursorOf, sinceOf } from "./cursor.ts";
import { type Entry, Unreadable } from "./entry.ts";
import { ServerFault } from "./faults.ts";
import type { Ground, Kind, PersonFound } from "./kind.ts";
import { Roll } from "./roll.ts";
import type { Search, Session } from "./session.ts";

interface Reading {
  session: Session;
  settings: LdapSettings;
  kind: Kind;
  ground: Ground;
  onProgress: ReadOptions["onProgress"];
}

interface Found {
  people: (PersonFound & { externalId: string; dn: string })[];
  groups: DirectoryGroup[];
  unreadable: DirectoryRead["unreadable"];
}

/** Rooms of people. Where one was moved in, everything is read: nobody in it was changed, and none of them would come. */
const CONTAINERS = "(|(objectClass=organizationalUnit)(objectClass=container)(objectClass=organization))";
/** Names of one filter: more make a search slow, and some servers refuse it. */
const NAMES_AT_ONCE = 50;
/** With more changes than this, all groups are read rather than searched for by their members. */
const MANY_CHANGES = 500;

/** Throws a `ServerFault` or the signal's reason. */
export async function readAll(reading: Reading, cursor: unknown): Promise<DirectoryRead> {
  const { session, settings, kind, ground } = reading;
  // A base that is gone or hidden must not look like one where nobody is left.
  await session.entry(settings.base, ["objectClass"]);
  const since = sinceOf(cursor, settings, ground);
  const changed = since && kind.changedSince(since, ground.now);
  const rooms = await roomsOf(reading);
  const roll = await call(reading);
  const setBack = since?.changed !== undefined && (roll.newest ?? 0) < since.changed;
  const changes = setBack || since?.rooms !== rooms ? undefined : changed;
  const { newest } = roll;
  const found = await details(reading, roll, changes);
  return {
    kind: changes === undefined ? "full" : "changes",
    people: found.people.map((one) => settled(one, roll)),
    groups: found.groups,
    present: roll.present,
    cursor: cursorOf({ server: session.server, settings, ground, rooms }, newest),
    server: session.server,
    ...(ground.domain === undefined ? {} : { domain: ground.domain }),
    unreadable: found.unreadable,
  };
}

/** The first of everything. Members of groups are those among them. */
export async function lookAround(reading: Reading, limit: number): Promise<DirectoryLook> {
  const { session, settings, kind, ground } = reading;
  await session.entry(settings.base, ["objectClass"]);
  const first = async (search: Search | undefined) => {
    if (search)
      for await (const page of session.pages(search, Math.min(limit, settings.pageSize))) if (page.length > 0) return page.slice(0, limit);
    return [];
  };
  const [people, groups] = [await first(peopleSearch(reading)), await first(groupsSearch(reading))];
  const roll = new Roll(kind);
  for (const entry of people) enrol(roll, "people", entry, session.server);
  for (const entry of groups) enrol(roll, "groups", entry, session.server);
  const found: Found = { people: [], groups: [], unreadable: [] };
  for (const entry of people) takePerson(reading, found, entry);
  for (const entry of groups) await takeGroup(reading, found, roll, entry);
  const { server } = session;
  const domain = ground.domain === undefined ? {} : { domain: ground.domain };
  return { server, ...domain, people: found.people.map((one) => settled(one, roll)), groups: found.groups, unreadable: found.unreadable };
}

/** Who is there at all, by id and name only. It comes first: what changes from here on is read below, or has a later count or time. */
async function call({ session, settings, kind, ...reading }: Reading): Promise<Roll> {
  const roll = new Roll(kind);
  const searches = { people: peopleSearch({ settings, kind }), groups: groupsSearch({ settings, kind }) };
  for (const what of ["people", "groups"] as const) {
    const search = searches[what];
    if (!search) continue;
    for await (const page of session.pages({ ...search, attributes: kind.presentAttributes }, settings.pageSize))
      for (const entry of page) enrol(roll, what, entry, session.server);
  }
  reading.onProgress({ people: 0, groups: 0 });
  return roll;
}

/** Throws where an entry has no id: nobody could say any more who is missing. */
function enrol(roll: Roll, what: "people" | "groups", entry: Entry, server: string): void {
  try {
    roll.add(what, entry);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const sentence = `${server} does not give out the id of ${entry.dn}. The source's account must be allowed to read it, or idAttribute names the wrong one.`;
    throw new ServerFault(server, sentence, `no id at ${entry.dn}`, false);
  }
}

/** Ids and names of all containers, as a digest. */
async function roomsOf({ session, settings, kind }: Reading): Promise<string> {
  const bases = [settings.base, ...(settings.groups === false || !settings.groups.base ? [] : [settings.groups.base])];
  const rooms: string[] = [];
  for (const base of bases) {
    const search: Search = { base, scope: "sub", filter: CONTAINERS, attributes: kind.presentAttributes };
    for (const entry of await session.all(search, settings.pageSize)) rooms.push(`${kind.idOf(entry)} ${entry.dn}`);
  }
  return createHash("sha256").update(rooms.sort().join("\n")).digest("hex").slice(0, 32);
}

async function details(reading: Reading, roll: Roll, changed: string | undefined): Promise<Found> {
  const { session, settings } = reading;
  const found: Found = { people: [], groups: [], unreadable: [] };
  const progress = () => reading.onProgress({ people: found.people.length, groups: found.groups.length });
  const [people, groups] = [peopleSearch(reading, changed), groupsSearch(reading, changed)];
  for await (const page of session.pages(people, settings.pageSize)) {
    for (const entry of page) {
      enrol(roll, "people", entry, session.server);
      takePerson(reading, found, entry);
    }
    progress();
  }
  if (!groups) return found;
  const touched = [...found.people.map(({ dn }) => dn)];
  for await (const page of session.pages(groups, settings.pageSize)) {
    // Also those who were not there a moment ago.
    for (const entry of page) enrol(roll, "groups", entry, session.server);
    for (const entry of page) {
      await takeGroup(reading, found, roll, entry);
      touched.push(entry.dn);
    }
    progress();
  }
  if (changed !== undefined) await groupsOf(reading, found, roll, touched);
  progress();
  return found;
}

/** Who came in from outside the base is in groups that did not change; so the groups of whoever changed are read again. */
async function groupsOf(reading: Reading, found: Found, roll: Roll, dns: readonly string[]): Promise<void> {
  const { session, settings, kind } = reading;
  const had = new Set(found.groups.map(({ externalId }) => externalId));
  for (const filter of filtersOf(kind, dns)) {
    const search = groupsSearch(reading, filter);
    if (!search) return;
    for await (const page of session.pages(search, settings.pageSize))
      for (const entry of page) if (!had.has(kind.idOf(entry) ?? "")) await takeGroup(reading, found, roll, entry);
  }
}

/** What matches the groups of these entries, and perhaps more: a group that names its members otherwise than by dn may be any. */
function filtersOf({ memberAttributes }: Kind, dns: readonly string[]): string[] {
  if (dns.length === 0) return [];
  if (dns.length > MANY_CHANGES) return [""];
  const otherwise = memberAttributes.filter(({ dn }) => !dn).map(({ name }) => `(${name}=*)`);
  const named = memberAttributes.filter(({ dn }) => dn);
  const byDn = (dn: string) => named.map(({ name }) => escapeFilter`(${name}=${dn})`).join("");
  return [...batches(dns).map((some) => `(|${some.map(byDn).join("")})`), ...otherwise];
}

const batches = (dns: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(dns.length / NAMES_AT_ONCE) }, (_, index) =>
    dns.slice(index * NAMES_AT_ONCE, (index + 1) * NAMES_AT_ONCE),
  );

function peopleSearch({ settings, kind }: Pick<Reading, "settings" | "kind">, and = ""): Search {
  return { base: settings.base, scope: "sub", filter: `(&${kind.peopleFilter}${and})`, attributes: kind.personAttributes };
}

function groupsSearch({ settings, kind }: Pick<Reading, "settings" | "kind">, and = ""): Search | undefined {
  if (kind.groupsFilter === undefined || settings.groups === false) return undefined;
  const base = settings.groups.base ?? settings.base;
  return { base, scope: "sub", filter: `(&${kind.groupsFilter}${and})`, attributes: kind.groupAttributes };
}

function takePerson({ kind, ground }: Reading, found: Found, entry: Entry): void {
  const externalId = kind.idOf(entry);
  if (externalId === undefined) return;
  attempt(found, entry, externalId, () => found.people.push({ externalId, dn: entry.dn, ...kind.person(entry, externalId, ground) }));
}

async function takeGroup(reading: Reading, found: Found, roll: Roll, entry: Entry): Promise<void> {
  const { kind } = reading;
  const externalId = kind.idOf(entry);
  if (externalId === undefined) return;
  const members: { names: string[]; dn: boolean }[] = [];
  for (const { name, dn } of kind.memberAttributes) members.push({ names: await allOf(reading.session, entry, name), dn });
  attempt(found, entry, externalId, () => {
    const name = kind.groupName(entry)?.trim();
    const description = entry.text("description")?.trim();
    if (!name) throw new Unreadable("the group has no name");
    found.groups.push({ externalId, dn: entry.dn, name, ...(description ? { description } : {}), members: roll.members(members) });
  });
}

function attempt(found: Found, { dn }: Entry, externalId: string, take: () => void): void {
  try {
    take();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    found.unreadable.push({ dn, externalId, why: error.message });
  }
}

/** Active Directory gives out large groups in parts, 1500 members at a time (MS-ADTS §3.1.1.3.1.3.3). */
export async function allOf(session: Pick<Session, "entry">, entry: Entry, name: string): Promise<string[]> {
  const names = entry.texts(name);
  for (let { next } = entry.all(name); next !== undefined; ) {
    const part = await session.entry(entry.dn, [`${name};range=${next}-*`]);
    for (const one of part.texts(name)) names.push(one);
    const { next: after } = part.all(name);
    // A server that goes round in circles must not hold us.
    next = after !== undefined && after > next ? after : undefined;
  }
  return names;
}

function settled({ primaryKey, ...person }: Found["people"][number], roll: Roll): DirectoryPerson {
  const primaryGroup = roll.groupOf(primaryKey);
  return { ...person, ...(primaryGroup === undefined ? {} : { primaryGroup }) };
}
