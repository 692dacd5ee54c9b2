/** What the flows need of a directory: everybody in it, what has changed, and whether a password is right. */
import type { CauseId, ImportedPerson, LdapSettings } from "@sallyport/contracts";

/** Where a directory is and how it is asked; `secret` is the password of the account that reads. */
export interface DirectorySource {
  settings: LdapSettings;
  secret: string;
}

export interface DirectoryPerson {
  externalId: string;
  dn: string;
  active: boolean;
  /** Why they are not active, in words. */
  why?: string;
  profile: ImportedPerson["profile"];
  /** External id of the group that a person is in without being named there (Active Directory, posixAccount). */
  primaryGroup?: string;
}

export interface DirectoryGroup {
  externalId: string;
  dn: string;
  name: string;
  description?: string;
  /** External ids of people and groups, as far as they are in `present`; primary groups are not among them. */
  members: string[];
}

/** External id → dn. */
export interface Present {
  people: Map<string, string>;
  groups: Map<string, string>;
}

/** How Active Directory names a domain; `dns` and `upnSuffixes` in lower case. */
export interface DirectoryDomain {
  netbios?: string;
  dns: string[];
  upnSuffixes: string[];
}

export interface DirectoryRead {
  kind: "full" | "changes";
  /** Everybody, or whoever was changed (and, at the edge, somebody who was not). */
  people: DirectoryPerson[];
  groups: DirectoryGroup[];
  /** All that is there now, also in a `changes` read: who is gone, renamed or moved shows here. Unreadable entries are in it too. */
  present: Present;
  /** JSON, for the next read; to be kept only after everything of this one was carried out. */
  cursor: unknown;
  /** The URL that answered. */
  server: string;
  domain?: DirectoryDomain;
  /** Entries that no person or group can be made of; what the org has of them stays as it is. */
  unreadable: { dn: string; externalId?: string; why: string }[];
}

export interface ReadOptions {
  /** Of the last read that was carried out. Without one, or with one that this server does not know, everything is read. */
  cursor?: unknown;
  signal: AbortSignal;
  onProgress(progress: { people: number; groups: number }): void;
}

/** The first few, to look at before anything is taken over. `people` and `groups` hold at most `limit`. */
export interface DirectoryLook {
  server: string;
  domain?: DirectoryDomain;
  people: DirectoryPerson[];
  groups: DirectoryGroup[];
  unreadable: DirectoryRead["unreadable"];
}

/** `overloaded`: too many checks wait, and nobody was asked. `wrong`: the directory itself refused this person, and `cause` says why; `adData` is Active Directory's sub-code.
 * `proven`: the password was right all the same. */
export type DirectoryVerdict =
  | { kind: "right"; server: string }
  | { kind: "overloaded" }
  | { kind: "wrong"; cause: CauseId; proven?: boolean; evidence: { server: string; adData?: string; reason?: string } };

/** Every method throws a `DirectoryFault` where the directory cannot be asked, and nothing else but the reason of an aborted signal. */
export interface Directory {
  read(source: DirectorySource, options: ReadOptions): Promise<DirectoryRead>;
  look(source: DirectorySource, options: { limit: number; signal: AbortSignal }): Promise<DirectoryLook>;
  /** Binds as the person of this id. An empty password is wrong without asking anybody (S33). */
  check(source: DirectorySource, externalId: string, password: string, options: { signal: AbortSignal }): Promise<DirectoryVerdict>;
}

/** The directory could not be asked. `sentence` is for the administrator and says who can put it right; it holds no secret. */
export class DirectoryFault extends Error {
  readonly causeId = "org.directory";
  readonly sentence: string;
  readonly evidence: { server: string; error: string };

  constructor(sentence: string, evidence: { server: string; error: string }, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "DirectoryFault";
    this.sentence = sentence;
    this.evidence = evidence;
  }
}
