/** A person's latest logons in plain words, and their word that one of them was not theirs. */
import type { CauseId, PlainReason } from "@sallyport/contracts";
import { newId } from "../ids.ts";
import { done, inUnit, type Outcome } from "../management/outcome.ts";
import { personOf } from "../person.ts";
import type { Signed } from "../sessions/session.ts";
import type { Store, Tx } from "../store.ts";
import type { LogonRow } from "../store-logons.ts";
import { actorOf } from "./my-sessions.ts";

/** As many as a person reads. */
const SHOWN = 30;

export interface LogonShown {
  logon: LogonRow;
  host: string;
  app: string;
}

/** Newest first; also those under a user who is the same person. */
export function myLogons(store: Store, { user }: Signed): Promise<LogonShown[]> {
  return store.read(async (tx) => {
    const own = (await personOf(tx, user)).map(({ id }) => id);
    const shown: LogonShown[] = [];
    for (const logon of await tx.logons.ofUsers(own, SHOWN)) {
      const [host, app] = [await tx.hosts.byId(logon.hostId), await tx.apps.byId(logon.appId)];
      shown.push({ logon, host: host?.name ?? logon.hostId, app: app?.label ?? logon.appId });
    }
    return shown;
  });
}

/** Somebody else's logon is as good as none. Said twice, it is written once. */
export function disownLogon(store: Store, { user }: Signed, which: { host: string; reference: string }): Promise<Outcome<undefined>> {
  return inUnit(store, async (tx): Promise<Outcome<undefined>> => {
    const own = (await personOf(tx, user)).map(({ id }) => id);
    const logon = await tx.logons.ofHost(which.host, which.reference);
    if (!logon || logon.userId === null || !own.includes(logon.userId)) return { kind: "not-found", what: "logon" };
    if (isDisowned(logon)) return done(undefined);
    const { hostId, reference, service, address, result, started } = logon;
    await tx.logons.update(hostId, reference, { evidence: { ...logon.evidence, disownedAt: tx.now } });
    const stop = await stopPushes(tx, user.id, logon);
    await tx.log.append({
      type: "logon.disowned",
      actor: actorOf(user),
      outcome: "success",
      reference,
      host: hostId,
      data: { service, address, result, at: new Date(started).toISOString(), ...(stop ? { stop } : {}) },
    });
    return done(undefined);
  });
}

/** As after *not me* on the phone: nobody at that place wears the person down with requests until an administrator has looked. */
async function stopPushes(tx: Tx, userId: string, { hostId, reference, address }: LogonRow): Promise<string | undefined> {
  const phones = (await tx.enrolments.ofUser(userId)).filter(({ kind, status }) => kind === "push" && status === "ACTIVE");
  if (phones.length === 0) return undefined;
  const id = newId("stp");
  const place = { scope: "place" as const, hostId, address: address?.value ?? null };
  await tx.pushStops.insert({ id, userId, ...place, challengeId: reference, created: tx.now, liftedAt: null, liftedBy: null });
  return id;
}

export function isDisowned({ evidence }: LogonRow): boolean {
  return typeof evidence["disownedAt"] === "number";
}

/** Causes by what their person makes of them; whatever is not here is trouble of the machine or the org. */
const REASONS: readonly [RegExp, PlainReason][] = [
  [/^factor\.(code-|passkey-|recovery-|bypass-|offline-)|^clock\.factor$|^factor\.number-mismatch$/, "code"],
  [/^factor\.(push-denied|push-reported|push-stopped)$/, "declined"],
  [/^factor\.(timeout|push-timeout|push-undelivered)$|^logon\.expired$/, "no-answer"],
  [/^factor\.(throttled|locked|push-capped)$|^user\.locked$/, "waited"],
  [/^user\.password/, "password"],
  [/^logon\.cancelled$/, "cancelled"],
  [/^(app|policy|user|address)\.|^factor\.(none|not-allowed|enrol-)/, "not-allowed"],
];

export function reasonOf(cause: CauseId | null): PlainReason | null {
  if (cause === null) return null;
  return REASONS.find(([pattern]) => pattern.test(cause))?.[1] ?? "trouble";
}
