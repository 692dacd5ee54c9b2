/** What differs between kinds of directories: which attributes are asked for, and how an entry becomes a person or a group. */
import type { Filter } from "ldapts";
import type { DirectoryDomain, DirectoryPerson } from "../flows/directory.ts";
import type { Entry } from "./entry.ts";
import type { Session } from "./session.ts";

/** What a server says of itself before anything is read from it. */
export interface Ground {
  domain?: DirectoryDomain;
  /** Changes whenever a server's counts or times can no longer be compared with those of before. */
  identity: string;
  /** Active Directory: the count of changes before the read. */
  usn?: bigint;
  /** Milliseconds since 1970, by the server's clock where it tells it. */
  now: number;
}

/** A person as far as one entry says; their primary group is known by a key of the group. */
export type PersonFound = Omit<DirectoryPerson, "externalId" | "dn" | "primaryGroup"> & { primaryKey?: string };

export interface Kind {
  peopleFilter: string;
  /** Undefined if the source takes no groups. */
  groupsFilter: string | undefined;
  personAttributes: string[];
  groupAttributes: string[];
  /** What is asked for to know who is there at all: id, keys and time of change. */
  presentAttributes: string[];
  ground(session: Session): Promise<Ground>;
  idOf(entry: Entry): string | undefined;
  /** Undefined where the text can be no id of this directory. */
  idFilter(externalId: string): Filter | undefined;
  /** Throws `Unreadable`. */
  person(entry: Entry, externalId: string, ground: Ground): PersonFound;
  /** How a group is named by a person whose primary group it is. */
  groupKeys(entry: Entry): string[];
  /** How a person or group is named by a group otherwise than by its dn. */
  memberKeys(entry: Entry): string[];
  groupName(entry: Entry): string | undefined;
  /** Attributes of a group that name members, and whether they hold a dn. */
  memberAttributes: { name: string; dn: boolean }[];
  /** What matches entries that changed since a read; `undefined` if that cannot be asked. */
  changedSince(since: Since, now: number): string | undefined;
  /** Milliseconds since 1970; undefined where changes are counted instead. */
  changeTime(entry: Entry): number | undefined;
}

/** From where on changes are asked for. */
export interface Since {
  usn?: string;
  /** Milliseconds since 1970. */
  at: number;
  /** A digest of the containers of people. */
  rooms: string;
  /** Of the newest change that was seen: where there are no counts. */
  changed?: number;
}
