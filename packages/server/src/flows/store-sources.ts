/** What the flows need of the stored sources and their runs, of domains with their other names, and of duplicates that wait for a decision. */
import type { Page } from "./store.ts";

export interface SourceRow {
  /** As in `users.source`; the key. */
  name: string;
  kind: "ldap" | "scim";
  /** JSON of its kind's schema in contracts. */
  settings: unknown;
  /** Bind password, sealed in the context `source:NAME`; empty if there is none. */
  sealedSecret: string;
  /** How often it is synchronised by itself; null: only when somebody asks. */
  everyMinutes: number | null;
  /** Percent of its people who may be deactivated at once; with more, nothing is changed. */
  brake: number;
  paused: boolean;
  /** Where the last sync that was carried out whole ended; null: the next one reads everything. */
  cursor: unknown;
  /** When the next sync is due, epoch ms; null if none is. */
  nextAt: number | null;
  created: number;
  createdBy: string;
}

export interface RunRow {
  id: string;
  source: string;
  kind: "full" | "changes" | "import";
  /** Why it began. */
  cause: "schedule" | "manual";
  actor: string;
  status: "running" | "done" | "failed" | "braked" | "interrupted";
  /** What it is at: `reading`, `planning`, `people`, `groups`, `ended`. */
  stage: string;
  done: number;
  /** How many there are in this stage; null if not known yet. */
  total: number | null;
  /** Fate → how many. */
  counts: Record<string, number>;
  /** Sentences on single entries, the first hundred. */
  problems: string[];
  /** Why it ended without being carried out: a cause of the table with its sentence. */
  error: { cause: string; sentence: string } | null;
  node: string;
  started: number;
  ended: number | null;
}

export interface SourcesStore {
  /** Throws `Conflict` if the name exists. */
  insert(source: SourceRow): Promise<void>;
  byName(name: string): Promise<SourceRow | undefined>;
  list(page: Page): Promise<SourceRow[]>;
  update(name: string, change: Partial<Omit<SourceRow, "name" | "kind" | "created" | "createdBy">>): Promise<void>;
  /** The row and its runs; its people and groups stay. */
  remove(name: string): Promise<void>;
  /** Those whose next sync is due at `now` and that are not paused. */
  due(now: number): Promise<SourceRow[]>;
  insertRun(run: RunRow): Promise<void>;
  updateRun(
    id: string,
    change: Partial<Pick<RunRow, "kind" | "status" | "stage" | "done" | "total" | "counts" | "problems" | "error" | "ended">>,
  ): Promise<void>;
  runById(id: string): Promise<RunRow | undefined>;
  /** Newest first; `after` is the id of the last one of the page before. */
  runs(source: string, page: Page): Promise<RunRow[]>;
  /** Runs of this source that still stand as running. */
  running(source: string): Promise<RunRow[]>;
  /** Forgets all runs but the newest `keep` of this source. */
  forgetRuns(source: string, keep: number): Promise<void>;
}

export interface DomainRow {
  /** DNS name such as `corp.example`; the key, compared folded. */
  name: string;
  /** Such as `CORP`. */
  netbios: string | null;
  /** Further names that mean the same, such as old ones. Not UPN suffixes: the domains of a forest share them. */
  aliases: string[];
  /** The source that says so; null if an administrator does. */
  source: string | null;
  created: number;
}

export interface DomainsStore {
  /** Makes it or replaces what was said of it. */
  put(domain: DomainRow): Promise<void>;
  byName(name: string): Promise<DomainRow | undefined>;
  /** All of them: there are few. */
  list(): Promise<DomainRow[]>;
  remove(name: string): Promise<boolean>;
}

export interface DuplicateRow {
  id: string;
  /** Of kind, name and users: the same clash is kept once. */
  fingerprint: string;
  /** Kind of the shared name, as in `user_names`, or `look-alike`. */
  kind: string;
  folded: string;
  userIds: string[];
  /** `gone`: no longer true, without anybody having decided it. */
  status: "open" | "decided" | "gone";
  found: number;
  /** What was decided, and what is needed to undo it; JSON of the flow that decides. */
  decision: unknown;
  decided: number | null;
  decidedBy: string | null;
}

export interface DuplicatesStore {
  /** False if this clash is kept already. One statement. */
  insert(duplicate: DuplicateRow): Promise<boolean>;
  byId(id: string): Promise<DuplicateRow | undefined>;
  byFingerprint(fingerprint: string): Promise<DuplicateRow | undefined>;
  /** All that this user has part in. */
  ofUser(userId: string): Promise<DuplicateRow[]>;
  list(page: Page & { status?: DuplicateRow["status"] | undefined }): Promise<DuplicateRow[]>;
  /** Only while it stands in `from`; false if somebody was faster. One statement. */
  move(
    id: string,
    from: DuplicateRow["status"],
    change: Partial<Pick<DuplicateRow, "status" | "decision" | "decided" | "decidedBy">>,
  ): Promise<boolean>;
}
