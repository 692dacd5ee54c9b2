/** S18: whoever can be reached by mail is told of everything that changes who can log on as them, in the very unit that changes it. */
import { mailAddress } from "@sallyport/contracts";
import type { Keys } from "../keys/keys.ts";
import { type Language, languageOfUser, oneLine, writeLetter, writeTime } from "./letters/letter.ts";
import { noticeOf } from "./letters/notice-texts.ts";
import { listenToLog } from "./listen-to-log.ts";
import { putOut } from "./outbox.ts";
import { personOf } from "./person.ts";
import type { Store, Tx } from "./store.ts";
import type { UserRow } from "./store-directory.ts";
import type { NewEvent } from "./store-logons.ts";
import { isSet, MAIL } from "./ways-out.ts";

export interface NoticeDeps {
  keys: Pick<Keys, "seal">;
  orgUrl: string;
}

/** A notice that is this old says nothing new. */
const NOTICE_MS = 24 * 3_600_000;

const WORDS = {
  en: {
    not: "If this was not you, or nobody told you of it, tell your administrator at once, and name this reference.",
    time: "Time",
    reference: "Reference",
    account: "Account",
    host: "Machine",
    by: "By",
    you: "your own account",
    administrator: "an administrator",
  },
  de: {
    not: "Falls Sie das nicht waren oder niemand es Ihnen gesagt hat, sagen Sie es sofort Ihrem Administrator und nennen Sie diese Referenz.",
    time: "Zeit",
    reference: "Referenz",
    account: "Konto",
    host: "Rechner",
    by: "Durch",
    you: "Ihr eigenes Konto",
    administrator: "einen Administrator",
  },
} as const satisfies Record<Language, Record<string, string>>;

/**
 * The same store; what a unit writes to the log becomes a letter of the same unit where its user is to know of it. Every flow that writes
 * such an event tells the user by that: none can forget it.
 */
export function tellUsers(store: Store, deps: NoticeDeps): Store {
  return listenToLog(store, { written: (tx, event, id) => tell(tx, deps, event, id) });
}

async function tell(tx: Tx, { keys, orgUrl }: NoticeDeps, event: NewEvent, id: string): Promise<void> {
  // Most events are nothing that anybody is told of: nothing is read for them.
  const about = event.target?.type === "user" ? event.target : event.actor.type === "user" ? event.actor : undefined;
  if (!about || !noticeOf(event, "en") || !(await isSet(tx, MAIL))) return;
  const user = await tx.users.byId(about.id);
  if (!user) return;
  // Whoever changed the address of somebody else must not be the only one to hear of it, and of what they change next.
  const to = new Set([readAddress(event.formerEmail), await addressOf(tx, user)]);
  const language = languageOfUser(user.profile);
  const notice = noticeOf(event, language);
  if (!notice) return;
  const words = WORDS[language];
  const org = new URL(orgUrl).hostname;
  const host = event.host === undefined ? undefined : (await tx.hosts.byId(event.host))?.name;
  const own = event.actor.type === "user" && event.actor.id === user.id;
  const facts: [string, string][] = [
    [words.account, oneLine(user.profile.login)],
    ...(event.actor.type === "system" || event.actor.type === "host"
      ? []
      : [[words.by, own ? words.you : words.administrator] as [string, string]]),
    ...(host === undefined ? [] : [[words.host, oneLine(host)] as [string, string]]),
    [words.time, writeTime(tx.now, language)],
    [words.reference, event.reference ?? id],
  ];
  const letter = { subject: `${notice.subject} (${org})`, paragraphs: [notice.what, words.not], facts };
  for (const address of to)
    if (address !== undefined)
      await putOut(tx, keys, { kind: "mail", about: user.id, payload: writeLetter(address, language, org, letter), lifeMs: NOTICE_MS });
}

/** The user's own address; of a person of several users, the first that there is. */
async function addressOf(tx: Tx, user: UserRow): Promise<string | undefined> {
  for (const { profile } of [user, ...(await personOf(tx, user))]) {
    const address = readAddress(profile.email);
    if (address !== undefined) return address;
  }
  return undefined;
}

/** Directories write anything there. */
function readAddress(text: string | undefined): string | undefined {
  return mailAddress.safeParse(text).data;
}
