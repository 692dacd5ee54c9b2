/** What users are told of by mail, and in which words: everything that changes who can log on as them (S18). */
import type { EnrolledKind, EventType } from "@sallyport/contracts";
import type { NewEvent } from "../store-logons.ts";
import type { Language } from "./letter.ts";

export interface NoticeText {
  subject: string;
  what: string;
}

type Texts = Record<Language, NoticeText>;

const KINDS: Record<Language, Record<EnrolledKind, string>> = {
  en: {
    totp: "codes from an app",
    push: "a phone that approves",
    passkey: "a passkey",
    email: "codes by mail",
    sms: "codes by text message",
    call: "codes by call",
    recovery: "recovery codes",
  },
  de: {
    totp: "Codes aus einer App",
    push: "ein Telefon, das zustimmt",
    passkey: "ein Passkey",
    email: "Codes per E-Mail",
    sms: "Codes per SMS",
    call: "Codes per Anruf",
    recovery: "Wiederherstellungscodes",
  },
};

const DISOWNED: Texts = {
  en: {
    subject: "You said that a logon was not yours",
    what: "On the org's pages it was said that a logon of your account was not yours. Whoever tried it knows your password: change it.",
  },
  de: {
    subject: "Sie haben gesagt, dass eine Anmeldung nicht Ihre war",
    what: "Auf den Seiten der Organisation wurde gesagt, dass eine Anmeldung an Ihrem Konto nicht Ihre war. Wer es versucht hat, kennt Ihr Passwort: Ändern Sie es.",
  },
};

/** `KIND` stands for the kind of factor. */
const TEXTS: Partial<Record<EventType, Texts>> = {
  "factor.activated": {
    en: { subject: "A second factor was added", what: "For your account a second factor was added: KIND." },
    de: { subject: "Ein zweiter Faktor wurde hinzugefügt", what: "Für Ihr Konto wurde ein zweiter Faktor hinzugefügt: KIND." },
  },
  "factor.reset": {
    en: { subject: "A second factor was removed", what: "From your account a second factor was taken away: KIND." },
    de: { subject: "Ein zweiter Faktor wurde entfernt", what: "Von Ihrem Konto wurde ein zweiter Faktor entfernt: KIND." },
  },
  "factor.locked": {
    en: {
      subject: "A second factor was locked",
      what: "After too many wrong tries a second factor of your account was locked: KIND. Somebody may have tried to guess it, and knows your password.",
    },
    de: {
      subject: "Ein zweiter Faktor wurde gesperrt",
      what: "Nach zu vielen falschen Versuchen wurde ein zweiter Faktor Ihres Kontos gesperrt: KIND. Vielleicht wollte ihn jemand erraten, der Ihr Passwort kennt.",
    },
  },
  "factor.unlocked": {
    en: { subject: "A second factor was unlocked", what: "A second factor of your account works again: KIND." },
    de: { subject: "Ein zweiter Faktor wurde entsperrt", what: "Ein zweiter Faktor Ihres Kontos gilt wieder: KIND." },
  },
  "user.locked": {
    en: {
      subject: "Your account was locked",
      what: "After too many wrong passwords your account was locked. Somebody may have tried to guess your password.",
    },
    de: {
      subject: "Ihr Konto wurde gesperrt",
      what: "Nach zu vielen falschen Passwörtern wurde Ihr Konto gesperrt. Vielleicht wollte jemand Ihr Passwort erraten.",
    },
  },
  "user.password-changed": {
    en: { subject: "Your password was changed", what: "The password of your account was changed." },
    de: { subject: "Ihr Passwort wurde geändert", what: "Das Passwort Ihres Kontos wurde geändert." },
  },
  "user.updated": {
    en: {
      subject: "The mail address of your account was changed",
      what: "The mail address of your account was changed or taken away. Messages like this one do not go to the one before any more.",
    },
    de: {
      subject: "Die E-Mail-Adresse Ihres Kontos wurde geändert",
      what: "Die E-Mail-Adresse Ihres Kontos wurde geändert oder entfernt. Nachrichten wie diese gehen nicht mehr an die bisherige.",
    },
  },
  "logon.disowned": DISOWNED,
  "bypass.created": {
    en: {
      subject: "A code in the place of your second factor was made",
      what: "An administrator made a code by which one logon to your account works without your second factor.",
    },
    de: {
      subject: "Ein Code anstelle Ihres zweiten Faktors wurde ausgestellt",
      what: "Ein Administrator hat einen Code ausgestellt, mit dem eine Anmeldung an Ihrem Konto ohne Ihren zweiten Faktor möglich ist.",
    },
  },
  "bypass.used": {
    en: {
      subject: "Somebody logged on without your second factor",
      what: "Somebody logged on to your account by an administrator's code in the place of your second factor.",
    },
    de: {
      subject: "Eine Anmeldung ohne Ihren zweiten Faktor",
      what: "Jemand hat sich an Ihrem Konto mit dem Code eines Administrators anstelle Ihres zweiten Faktors angemeldet.",
    },
  },
  "logon.break-glass": {
    en: {
      subject: "Somebody logged on without your second factor",
      what: "While the org could not be reached, somebody logged on to your account by an administrator's break-glass answer in the place of your second factor.",
    },
    de: {
      subject: "Eine Anmeldung ohne Ihren zweiten Faktor",
      what: "Während die Organisation nicht erreichbar war, hat sich jemand an Ihrem Konto mit der Notfall-Antwort eines Administrators anstelle Ihres zweiten Faktors angemeldet.",
    },
  },
  "push.reported": {
    en: {
      subject: "You said that a logon was not yours",
      what: "A logon was refused because your phone answered “not me”. Whoever tried it knows your password: change it.",
    },
    de: {
      subject: "Sie haben gesagt, dass eine Anmeldung nicht Ihre war",
      what: "Eine Anmeldung wurde abgelehnt, weil Ihr Telefon „Nicht ich“ geantwortet hat. Wer es versucht hat, kennt Ihr Passwort: Ändern Sie es.",
    },
  },
};

const RECOVERY: Texts = {
  en: {
    subject: "New recovery codes were made",
    what: "For your account a new set of recovery codes was made. Each lets in once without your phone.",
  },
  de: {
    subject: "Neue Wiederherstellungscodes",
    what: "Für Ihr Konto wurden neue Wiederherstellungscodes ausgestellt. Jeder lässt einmal ohne Ihr Telefon herein.",
  },
};

/** What to say of an event; undefined for all that a user is not told of. */
export function noticeOf(
  { type, data = {}, formerEmail }: Pick<NewEvent, "type" | "data" | "formerEmail">,
  language: Language,
): NoticeText | undefined {
  // Of all that is changed in a profile only the address leads to somebody else.
  if (type === "user.updated" && formerEmail === undefined) return undefined;
  // What was begun and never finished let nobody in.
  if (type === "factor.reset" && data["before"] === "PENDING_ACTIVATION") return undefined;
  const kind = data["kind"] as EnrolledKind | undefined;
  const reported = type === "factor.link-answered" && data["answer"] === "not-me";
  const texts = type === "factor.activated" && kind === "recovery" ? RECOVERY : TEXTS[reported ? "push.reported" : type];
  const text = texts?.[language];
  return text && { ...text, what: text.what.replace("KIND", kind === undefined ? "" : KINDS[language][kind]) };
}
