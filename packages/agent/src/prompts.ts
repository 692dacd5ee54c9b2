/** What a person is asked, in words that tell nothing but their own clear mistakes (S16). */
import { type CauseId, causeOf, type ShowFrame } from "@sallyport/contracts";
import { drawQr } from "./draw-qr.ts";
import type { Finding } from "./finding.ts";
import type { Answer } from "./link/answer.ts";
import { OFFLINE_DIGITS } from "./outage/totp.ts";
import type { Offer } from "./steps/offer.ts";

type Show = ShowFrame["show"];
type Ways = readonly { word: string; label: string }[];

/** @param offer of recovery codes is spoken only to whom has some; of a bypass code never. */
export function factorShow(offer: Offer, again: string | undefined): Show {
  const { typed, recovery, ways } = offer;
  const code = typed?.kind === "recovery" ? "Recovery code" : recovery ? "Code from your app, or a recovery code" : "Code from your app";
  const label = typed ? (ways.length > 0 ? `${code}, or choose from the list` : code) : "Choose from the list";
  return { title: "Second factor", ...said(again), fields: [codeField(label, typed?.digits, ways)] };
}

const SENT = { email: "by mail", sms: "by text message", call: "by a call" } as const;

/** Says by which way the code comes, never to where (S16). */
export function sentCodeShow(kind: string, digits: number | undefined, ways: Ways, again: string | undefined): Show {
  const how = SENT[kind as keyof typeof SENT] ?? "to you";
  const text = again ?? `A code was sent ${how}.`;
  return { title: "Second factor", text, fields: [codeField("Code that was sent to you, or choose from the list", digits, ways)] };
}

/** A show that waits: nothing is asked here, the answer comes from the phone. */
export function pushShow(number: string | undefined): Show {
  const text = number === undefined ? "Answer the request on your phone." : `Type ${number} on your phone.`;
  return { title: "Second factor", text, wait: true };
}

/** @param url shown with the first prompt; the code may be mistyped without the screen filling with links. */
export function linkShow(url: string | undefined, ways: Ways, again: string | undefined): Show {
  const text = "Open the link in any browser and use your passkey there. It gives you a code to type here. Send the link to nobody.";
  const link = url === undefined ? [] : [{ id: "link", kind: "link" as const, label: "Link", value: url }, qrField("Or scan this", url)];
  const told = again ?? (url === undefined ? undefined : text);
  return { title: "Second factor", ...said(told), fields: [...link, codeField("Code that the page shows", undefined, ways)] };
}

/** As an administrator handed it over. */
export function ticketShow(again: string | undefined): Show {
  const text = again ?? "You have no second factor yet. With the enrolment ticket that you were given you set one up now.";
  return { title: "Set up your second factor", text, fields: [codeField("Enrolment ticket", undefined, [])] };
}

/** The secret is shown once; `undefined` where only the code was mistyped. */
export function firstCodeShow(
  shown: { sharedSecret: string; otpauth: string } | undefined,
  digits: number,
  again: string | undefined,
): Show {
  const groups = shown?.sharedSecret.replace(/.{4}(?=.)/g, "$& ") ?? "";
  const text = `Scan this with an authenticator app, or type the secret into it by hand: ${groups}`;
  const told = again ?? (shown ? text : undefined);
  const qr = shown ? [qrField("Scan", shown.otpauth)] : [];
  return { title: "Set up your second factor", ...said(told), fields: [...qr, codeField("Code that the app shows", digits, [])] };
}

/** `value` is what the code says, for who draws pictures; `drawn` is it as lines of text, for terminals. */
function qrField(label: string, value: string): NonNullable<Show["fields"]>[number] {
  const drawn = drawQr(value);
  return { id: "qr", kind: "qr", label, value, ...(drawn.length > 4096 ? {} : { drawn }) };
}

/** One field for every code; with `choices` it takes the word or the number of one of them as well. */
function codeField(label: string, digits: number | undefined, ways: Ways): NonNullable<Show["fields"]>[number] {
  const choices = ways.map((way) => ({ value: way.word, label: way.label }));
  return {
    id: "code",
    kind: "code",
    label,
    ...(digits === undefined ? {} : { digits }),
    ...(choices.length === 0 ? {} : { choices }),
  };
}

function said(again: string | undefined): { text?: string } {
  return again === undefined ? {} : { text: again };
}

/** One sentence for every reason why a factor is not asked just now: the reason may be for nobody at this screen (S16). */
export function cannotBeAsked(answer: Extract<Answer<unknown>, { kind: "refused" }>): string {
  return askAgain(answer) ?? "That is not possible just now. Please choose another way, or try again later.";
}

export const BREAK_GLASS = { word: "break-glass", label: "break-glass: an answer from an administrator" } as const;

export function offlineShow(ways: Ways, again: string | undefined): Show {
  const label = `Offline code of this machine${ways.length > 0 ? ", or choose from the list" : ""}`;
  return { title: AWAY, ...said(again), fields: [codeField(label, OFFLINE_DIGITS, ways)] };
}

const AWAY = "The logon cannot be checked with the org just now.";

/** All that an administrator needs stands on the screen each time: they may be on the telephone. */
export function breakGlassShow(shown: { host: string; name: string; account: string; challenge: string }, again: string | undefined): Show {
  const lines = [
    ...(again === undefined ? ["An administrator can let you in. Call them, and read out:"] : [again]),
    `Machine: ${shown.name} (${shown.host})`,
    `User: ${shown.account}`,
    `Challenge: ${shown.challenge}`,
  ];
  return { title: AWAY, text: lines.join("\n"), fields: [codeField("Answer", undefined, [])] };
}

/** Enter leaves it for another time. */
export function offerOfflineShow(): Show {
  const choices = [
    { value: "yes", label: "yes: set them up now, with an authenticator app" },
    { value: "no", label: "no: do not ask for a month" },
  ];
  const text =
    "Set up offline codes for this machine? They let you in while the org cannot be reached. Press Enter to be asked another time.";
  const later = { id: "later", kind: "button" as const, label: "Another time" };
  return { title: "Offline codes", text, fields: [{ id: "offline", kind: "choice", label: "Choose", choices }, later] };
}

/** Without a title: a terminal writes it above the label, which says the same. */
export function passwordShow(again: string | undefined): Show {
  return {
    ...said(again),
    fields: [{ id: "password", kind: "secret", label: "Password" }],
  };
}

/** Codes that were wrong in some way: one sentence for all, so that an observer learns nothing about a code (S5). */
export const WRONG: ReadonlySet<CauseId> = new Set([
  "factor.code-wrong",
  "factor.code-used",
  "factor.code-expired",
  "factor.recovery-wrong",
  "factor.bypass-used",
  "factor.bypass-expired",
  "clock.factor",
]);

/** What stands above the next prompt after this answer; `undefined` if there is no next one. */
export function askAgain(answer: Answer<unknown>): string | undefined {
  return answer.kind === "refused" ? askAfter(answer) : undefined;
}

/** As `askAgain`, for a no of the org or of this machine. */
export function askAfter({ cause, evidence }: Finding): string | undefined {
  if (WRONG.has(cause)) return "That code is not right. Try again.";
  if (cause === "factor.code-malformed") return causeOf(cause).person;
  if (cause === "factor.throttled")
    return `There were too many tries. Please wait ${waitOf(evidence["waitSeconds"])} before you try again.`;
  return undefined;
}

/** As `askAgain`, where a number was typed that the list does not have. */
export function askListAgain(answer: Answer<unknown>, ways: Ways, typed: string): string | undefined {
  const inList =
    answer.kind === "refused" && answer.cause === "factor.code-malformed" && ways.length > 0 && /^[0-9]{1,2}$/.test(typed.trim());
  if (!inList) return askAgain(answer);
  return ways.length === 1
    ? "The list has one choice: type 1 for it."
    : `The list has ${ways.length} choices: type a number from 1 to ${ways.length}.`;
}

/** As `askAgain`, where a ticket was asked for: one sentence for all that is wrong with one. */
export function askTicketAgain(answer: Answer<unknown>): string | undefined {
  if (answer.kind !== "refused") return undefined;
  if (WRONG.has(answer.cause)) return "That ticket is not right. Try again.";
  if (answer.cause === "factor.code-malformed")
    return "That does not look like a ticket. Type it as it was given to you: twenty letters and digits, with or without hyphens.";
  return askAgain(answer);
}

function waitOf(seconds: unknown): string {
  if (typeof seconds !== "number" || seconds <= 0) return "a little";
  return seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}
