/** A letter of the org to a person: plain text, and the same as a simple page. Nothing is loaded from anywhere, and no link stands in it. */

import type { UserProfile } from "@sallyport/contracts";
import { languageOf } from "@sallyport/logon";
import type { Mail } from "../post.ts";

export type Language = "en" | "de";

export interface Letter {
  subject: string;
  /** Each a paragraph. */
  paragraphs: string[];
  /** Shown large, to be typed. */
  code?: string;
  /** What is known of it, as label and value. */
  facts: [label: string, value: string][];
}

const CLOSING: Record<Language, string> = {
  en: "This message was written by a machine; nobody reads an answer to it.",
  de: "Diese Nachricht hat eine Maschine geschrieben; eine Antwort darauf liest niemand.",
};

/** @param org host name of the org. */
export function writeLetter(to: string, language: Language, org: string, letter: Letter): Mail {
  const { subject, paragraphs, code, facts } = letter;
  const closing = `${CLOSING[language]} ${org}`;
  const [first = "", ...rest] = paragraphs;
  const list = facts.map(([label, value]) => `${label}: ${value}`).join("\n");
  const text = [first, ...(code ? [`    ${code}`] : []), ...(list ? [list] : []), ...rest, "--", closing].join("\n\n");
  return { to, subject, text: `${text}\n`, html: pageOf({ language, subject, first, rest, code, facts, closing }) };
}

interface Page extends Pick<Letter, "subject" | "facts"> {
  language: Language;
  first: string;
  rest: string[];
  code: string | undefined;
  closing: string;
}

/** Names come from logon screens and directories: they must not become markup. */
function pageOf({ language, subject, first, rest, code, facts, closing }: Page): string {
  const style = "font-family:sans-serif;font-size:16px;line-height:1.5;max-width:36em;margin:1em auto;padding:0 1em";
  const shown = code ? `<p style="font-size:32px;letter-spacing:4px;font-family:monospace">${code}</p>` : "";
  const rows = facts.map(
    ([label, value]) => `<tr><td style="padding-right:1em">${escapeHtml(label)}</td><td>${escapeHtml(value)}</td></tr>`,
  );
  const table = rows.length > 0 ? `<table>${rows.join("")}</table>` : "";
  const paragraphs = rest.map((one) => `<p>${escapeHtml(one)}</p>`).join("");
  return (
    `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>` +
    `<body style="${style}"><p>${escapeHtml(first)}</p>${shown}${table}${paragraphs}<p style="color:#666">${escapeHtml(closing)}</p></body></html>`
  );
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Profiles come from directories, which write `locale` in every way. */
export function languageOfUser({ locale }: UserProfile): Language {
  return languageOf(locale);
}

/** Such as `25 Nov 2026, 21:30 UTC`: a person far from the org must not have to know its time zone. @param at epoch ms. */
export function writeTime(at: number, language: Language): string {
  const format = new Intl.DateTimeFormat(language === "de" ? "de-DE" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return `${format.format(at)} UTC`;
}

/** Of what somebody typed or a machine said, only what fits one line of a letter. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]+/g, " ").slice(0, 200);
}
