/** Lays a played scene out for a terminal of 80 columns. */
import type { Why } from "./machine.ts";
import type { Played, Tried } from "./play.ts";

const WIDTH = 80;
const LABEL = 15;

export function showHead(url: string): string {
  return [
    "",
    `An org at ${url}, under a certificate made just now, and`,
    "agents that registered themselves with client id and secret. All of it is real:",
    "what goes wrong is a file, a clock, what is typed, or who is in the directory.",
    "",
    "",
  ].join("\n");
}

export function showRight(machine: string, { answer }: Tried, complaints: string[]): string {
  return paragraph("A logon as it should be", complaints.length === 0 ? "let in" : "FAILED", [
    [`at ${machine}`, "password, then the code from the app"],
    ["reference", answer.reference],
    ...complaints.map((text): [string, string] => ["WRONG", text]),
  ]);
}

export function showPlayed({ scene, broken, repaired, complaints }: Played): string {
  const { answer, why } = broken;
  const row = why.about[scene.cause];
  const read = answer.result === "deny" ? (answer.text ?? "") : "Let in.";
  const again = complaints.length === 0 ? `let in, and why finds nothing (${repaired.answer.reference})` : "see above";
  return paragraph(scene.cause, complaints.length === 0 ? scene.expected : "NOT NAMED", [
    [`at ${scene.machine}`, scene.changed],
    ["the person read", read],
    ["reference", answer.reference],
    [answer.result === "deny" ? "why: refused" : "why: let in", `${answer.result === "deny" ? "" : "finding — "}${row?.title ?? ""}`],
    ["evidence", evidenceOf(scene.cause, why)],
    ["what to do", `${row?.who ?? "?"}: ${row?.fix.any ?? row?.fix.linux ?? ""}`],
    ...complaints.map((text): [string, string] => ["WRONG", text]),
    ["put right", again],
  ]);
}

/** What proves it, as `why` prints it; paths of the demo's own folder say nothing. */
const TELLING = ["reason", "value", "offsetMs", "offsetSeconds", "direction", "timeZoneGuess", "users", "tries", "rule"];

function evidenceOf(cause: string, why: Why): string {
  const found = why.findings.find((one) => one.cause === cause)?.evidence;
  const all = found ?? { ...why.agent.at(-1)?.evidence, ...why.org[0]?.evidence };
  const seen = TELLING.filter((name) => name in all && all[name] !== null).filter((name) => found || name !== "offsetMs");
  return seen.map((name) => `${name}: ${plain(all[name])}`).join("; ") || "see why";
}

function plain(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((one: { login: string; source: string }) => `${one.login} (${one.source})`).join(" and ");
}

function paragraph(title: string, state: string, rows: [label: string, text: string][]): string {
  const head = `${title} ${"·".repeat(WIDTH - title.length - state.length - 2)} ${state}`;
  return `${[head, ...rows.flatMap(([label, text]) => wrapped(label, text)), ""].join("\n")}\n`;
}

function wrapped(label: string, text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && [...line].length + [...word].length + 1 > WIDTH - LABEL - 4) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.map((line, at) => `  ${(at === 0 ? label : "").padEnd(LABEL)}  ${line}`);
}
