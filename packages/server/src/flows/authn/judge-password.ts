/** Whether a typed password is right, as whoever keeps it says: the org by its hash, or the directory that the user comes from. */
import { setTimeout } from "node:timers/promises";
import { type CauseId, ldapSettings } from "@sallyport/contracts";
import type { Keys } from "../../keys/keys.ts";
import { type Directory, DirectoryFault, type DirectoryVerdict } from "../directory.ts";
import { personOf } from "../person.ts";
import type { Tx } from "../store.ts";
import type { UserRow } from "../store-directory.ts";
import type { SourceRow } from "../store-sources.ts";
import type { PasswordHashing } from "./passwords.ts";

/** A host waits ten seconds for its answer, unless it is told otherwise. */
const ASK_MS = 8000;
/** For each step at one server, so that there is time left for the next. */
const STEP_SECONDS = 3;

export interface PasswordDeps {
  keys: Keys;
  passwords: PasswordHashing;
  directory: Directory;
  /** Aborted when the server begins to stop. */
  stopping?: AbortSignal | undefined;
}

/** The directory that keeps a user's password, and the user's id in it. */
export interface Keeper {
  source: SourceRow;
  externalId: string;
}

/** `proven`: the directory said it of an account only because the password was right. */
export type Judged =
  | { kind: "right" }
  | { kind: "overloaded" }
  | { kind: "wrong"; cause: CauseId; proven: boolean; evidence: Record<string, unknown> };

/** Undefined for whoever has a hash here, comes from no directory, or is nobody. Of users who are one person, it is the user's own directory first. */
export async function keeperOf(tx: Tx, user: UserRow | undefined): Promise<Keeper | undefined> {
  if (!user || user.passwordHash !== null) return undefined;
  for (const { source: name, externalId } of [user, ...(await personOf(tx, user))]) {
    const source = await tx.sources.byName(name);
    if (source?.kind === "ldap") return { source, externalId };
  }
  return undefined;
}

/**
 * Who keeps the password must not show in the time (S16): the hash of somebody or of nobody is compared in any case, and whoever is not let
 * in hears of it after as long as a directory takes, as soon as this org has asked one.
 */
export async function judgePassword(
  deps: PasswordDeps,
  user: UserRow | undefined,
  keeper: Keeper | undefined,
  password: string,
): Promise<Judged> {
  const began = performance.now();
  const [compared, asked] = await Promise.all([
    deps.passwords.verify(user?.passwordHash ?? null, password),
    keeper && askDirectory(deps, keeper, password),
  ]);
  if (compared === "overloaded") return { kind: "overloaded" };
  const judged = asked ?? ofHash(compared, user);
  if (judged.kind === "wrong") await delay(began + usualMs(deps.directory) - performance.now());
  return judged;
}

/** Nobody mistypes a password that is kept nowhere: the evidence says who keeps it. */
function ofHash(compared: "right" | "wrong", user: UserRow | undefined): Judged {
  if (compared === "right") return { kind: "right" };
  const evidence = user ? { source: user.source, keeper: user.passwordHash === null ? "none" : "org" } : {};
  return { kind: "wrong", cause: "user.password", proven: false, evidence };
}

/** Of the last checks, milliseconds. */
const took = new WeakMap<Directory, number[]>();
const CHECKS = 16;
/** A directory that is dead must not hold everybody up as long as those who come from it. */
const LONGEST_MS = 2000;

const usualMs = (directory: Directory) => Math.min(LONGEST_MS, Math.max(0, ...(took.get(directory) ?? [])));

function remember(directory: Directory, ms: number): void {
  took.set(directory, [...(took.get(directory) ?? []), ms].slice(-CHECKS));
}

async function delay(ms: number): Promise<void> {
  if (ms > 0) await setTimeout(ms);
}

async function askDirectory(deps: PasswordDeps, keeper: Keeper, password: string): Promise<Judged> {
  const source = keeper.source.name;
  const limit = AbortSignal.timeout(ASK_MS);
  const signal = deps.stopping ? AbortSignal.any([limit, deps.stopping]) : limit;
  const began = performance.now();
  try {
    const verdict = await deps.directory.check(asked(deps.keys, keeper.source), keeper.externalId, password, { signal });
    return verdict.kind === "wrong" ? refused(source, verdict) : { kind: verdict.kind };
  } catch (error) {
    // Whatever goes wrong, nobody is let in by it.
    const evidence =
      error instanceof DirectoryFault
        ? error.evidence
        : { error: limit.aborted ? "no answer in time" : "the source's settings or secret cannot be read" };
    return { kind: "wrong", cause: "org.directory", proven: false, evidence: { source, ...evidence } };
  } finally {
    remember(deps.directory, performance.now() - began);
  }
}

function asked(keys: Keys, { name, settings: stored, sealedSecret }: SourceRow) {
  const settings = ldapSettings.parse(stored);
  const timeoutSeconds = Math.min(settings.timeoutSeconds, STEP_SECONDS);
  return { settings: { ...settings, timeoutSeconds }, secret: Buffer.from(keys.unseal(sealedSecret, `source:${name}`)).toString() };
}

function refused(source: string, { cause, proven, evidence }: Extract<DirectoryVerdict, { kind: "wrong" }>): Judged {
  return { kind: "wrong", cause, proven: proven ?? false, evidence: { source, ...evidence } };
}
