/** What stands in the messages that carry a code: where it is to be typed, and what to do if nobody here asked for it. */
import { SENT_CODE_MS } from "@sallyport/logon";
import type { Mail } from "../post.ts";
import { type Language, oneLine, writeLetter, writeTime } from "./letter.ts";

export interface CodeOccasion {
  code: string;
  /** Epoch ms. */
  at: number;
  /** Name of the machine, and what for; both absent in a browser, and where an address is only being confirmed. */
  host?: string | undefined;
  service?: string | undefined;
  /** Of the client, as the machine said it. */
  address?: string | undefined;
  reference?: string | undefined;
  /** It confirms the address itself. */
  confirms: boolean;
}

const MINUTES = SENT_CODE_MS / 60_000;

const TEXTS = {
  en: {
    subject: "Your code to log on",
    confirmSubject: "Your code to confirm this address",
    type: `Type this code where you are logging on. It works once, for ${MINUTES} minutes.`,
    confirm: `Type this code where you set up this address. It works once, for ${MINUTES} minutes.`,
    not: "If you are not logging on right now, somebody else has your password. Give the code to nobody, also not to somebody who says they are from support; change your password, and tell your administrator.",
    notConfirm: "If you did not ask for it, you need not do anything: without the code nothing comes of it.",
    host: "Machine",
    service: "For",
    address: "From",
    time: "Time",
    reference: "Reference",
  },
  de: {
    subject: "Ihr Code für die Anmeldung",
    confirmSubject: "Ihr Code, um diese Adresse zu bestätigen",
    type: `Geben Sie diesen Code dort ein, wo Sie sich gerade anmelden. Er gilt einmal, ${MINUTES} Minuten lang.`,
    confirm: `Geben Sie diesen Code dort ein, wo Sie diese Adresse einrichten. Er gilt einmal, ${MINUTES} Minuten lang.`,
    not: "Falls Sie sich gerade nicht anmelden, kennt jemand anders Ihr Passwort. Geben Sie den Code niemandem, auch niemandem, der sagt, er sei vom Support; ändern Sie Ihr Passwort und sagen Sie es Ihrem Administrator.",
    notConfirm: "Falls Sie das nicht angefordert haben, müssen Sie nichts tun: Ohne den Code wird nichts daraus.",
    host: "Rechner",
    service: "Wofür",
    address: "Von",
    time: "Zeit",
    reference: "Referenz",
  },
} as const satisfies Record<Language, Record<string, string>>;

export function codeLetter(to: string, language: Language, org: string, occasion: CodeOccasion): Mail {
  const text = TEXTS[language];
  const { code, confirms, at } = occasion;
  const facts = (["host", "service", "address"] as const).flatMap((name): [string, string][] => {
    const value = occasion[name];
    return value === undefined ? [] : [[text[name], oneLine(value)]];
  });
  const known: [string, string][] = [...facts, [text.time, writeTime(at, language)]];
  if (occasion.reference !== undefined) known.push([text.reference, occasion.reference]);
  const paragraphs = confirms ? [text.confirm, text.notConfirm] : [text.type, text.not];
  return writeLetter(to, language, org, {
    subject: `${confirms ? text.confirmSubject : text.subject} (${org})`,
    paragraphs,
    code,
    facts: known,
  });
}

/** One text message; its last line lets a browser fill in the code on the org's own page only (WICG, origin-bound one-time codes). */
export function codeText(language: Language, org: string, { code, host }: CodeOccasion): string {
  const at = host === undefined ? "" : ` (${oneLine(host).slice(0, 40)})`;
  const text = language === "de" ? `Code${at}: ${code}. Nicht Sie? Niemandem geben!` : `Code${at}: ${code}. Not you? Give it to nobody!`;
  return `${text}\n\n@${org} #${code}`;
}

/** What a voice says: the digits one by one, twice. */
export function codeSpeech(language: Language, { code }: CodeOccasion): string {
  const digits = [...code].join(", ");
  return language === "de"
    ? `Ihr Code für die Anmeldung ist: ${digits}. Noch einmal: ${digits}. Wenn Sie sich gerade nicht anmelden, legen Sie auf und geben Sie ihn niemandem.`
    : `Your code to log on is: ${digits}. Once more: ${digits}. If you are not logging on right now, hang up, and give it to nobody.`;
}
