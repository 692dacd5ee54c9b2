/** Reads an rdp_app_config.json: its JSON by line and column, its options by type and range, its connection values by character. */
import { oddCharacters } from "@sallyport/contracts";
import { nearest, readStrictJson } from "@sallyport/settings";
import * as z from "zod";
import type { Missed, Seen } from "../check.ts";
import { OPTIONS, type Option, optionOf } from "./config-options.ts";
import { judgeClientId, judgeSecret, judgeUrl, pastedCharacter } from "./config-values.ts";

export interface ConfigRead {
  seen: Seen[];
  missed: Missed[];
  /** The org's URL, if there is a usable one. */
  url?: string;
  /** The options that are in the file, in its order; none where it cannot be read as JSON. */
  options?: FoundOption[];
}

export interface FoundOption {
  /** As the vendor writes it; absent for a key that no option has. */
  name?: string;
  /** As the file writes it. */
  key: string;
  /** Switches and numbers that their option takes: anything else may be a secret that was typed there. */
  value?: boolean | number;
  /** File, line and column. */
  where: string;
}

const DEPTH = 16;
const JUDGES = { Url: judgeUrl, ClientId: judgeClientId, ClientSecret: judgeSecret } as const;

/** `text` without its byte order mark; `file` as it should stand in the evidence. Never throws for what the text holds. */
export function readConfig(text: string, file: string): ConfigRead {
  const parsed = readStrictJson(text, z.unknown(), { file, depth: DEPTH });
  if (!parsed.ok) {
    const missed = [{ what: `the options in ${file}`, why: "it is not JSON, so that nothing in it can be read with certainty" }];
    return { seen: parsed.complaints.map((one) => invalid(text, file, one)), missed };
  }
  if (typeof parsed.value !== "object" || parsed.value === null || Array.isArray(parsed.value)) {
    return {
      seen: [
        {
          cause: "config.invalid",
          verdict: "confirmed",
          evidence: [{ what: "content", value: "is no object in braces", where: `${file}:1:1` }],
        },
      ],
      missed: [],
    };
  }
  const typed = readStrictJson(text, shapeOf(parsed.value), { file, depth: DEPTH });
  const wrong = typed.ok ? [] : typed.complaints;
  const seen: Seen[] = wrong.map((one) => invalid(text, file, one));
  const found = new Map<string, unknown>();
  const options: FoundOption[] = [];
  for (const { path, key, value } of leavesOf(parsed.value)) {
    const option = optionOf(key);
    const place = placeOf(text, file, key, path);
    seen.push(...oddKey(key, place));
    options.push(tellable(option, key, value, place));
    if (option && !found.has(option.name)) {
      found.set(option.name, value);
      seen.push(...judge(option, key, value, place));
    } else if (!option) seen.push(...mistyped(key, place));
  }
  if (wrong.length === 0 && !seen.some(({ cause }) => cause === "config.invalid")) {
    seen.push({
      cause: "config.invalid",
      verdict: "ruled-out",
      evidence: [{ what: "JSON, types and ranges", value: "as documented", where: file }],
    });
  }
  const url = found.get("Url");
  return { seen, missed: missing(found, file), options, ...(typeof url === "string" ? { url } : {}) };
}

function tellable(option: Option | undefined, key: string, value: unknown, where: string): FoundOption {
  if (option === undefined) return { key, where };
  const isPlain = typeof value === "boolean" || typeof value === "number";
  return { name: option.name, key, ...(isPlain && option.schema.safeParse(value).success ? { value } : {}), where };
}

function judge(option: Option, key: string, value: unknown, where: string): Seen[] {
  if (typeof value === "string" && option.name in JUDGES) return JUDGES[option.name as keyof typeof JUDGES](value, key, where);
  const seen: Seen[] = [];
  if (option.risk && value === option.risk.value) {
    // Whether it was decided on purpose is not in the file.
    seen.push({ cause: "config.risky", verdict: "candidate", evidence: [{ what: key, value: `${value}: ${option.risk.allows}`, where }] });
  }
  if (option.name === "SslPinningEnabled" && value === false) {
    seen.push({
      cause: "tls.inspected",
      verdict: "ruled-out",
      evidence: [{ what: key, value: "false: no pin is compared", where }],
      explains: ["tls-handshake"],
    });
  }
  return seen;
}

/** A schema with the known options wherever they stand, under whatever spelling. */
function shapeOf(value: unknown): z.ZodType {
  if (Array.isArray(value) || typeof value !== "object" || value === null) return z.unknown();
  const entries = Object.entries(value).map(([key, inner]) => [key, optionOf(key)?.schema ?? shapeOf(inner)] as const);
  return z.looseObject(Object.fromEntries(entries));
}

function* leavesOf(value: object, above = ""): Generator<{ path: string; key: string; value: unknown }> {
  for (const [key, inner] of Object.entries(value)) {
    const path = above === "" ? key : `${above}.${key}`;
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner)) yield* leavesOf(inner, path);
    else yield { path, key, value: inner };
  }
}

/** Types and ranges by line and column. The reader quotes keys, never values; a misread text may still hold one, so messages are ours. */
function invalid(text: string, file: string, complaint: { line: number; column: number; path: string; message: string }): Seen {
  const { line, column, path, message } = complaint;
  const pasted = pastedCharacter((text.split("\n")[line - 1] ?? "").replace(/"(?:[^"\\]|\\.)*"/g, (inside) => " ".repeat(inside.length)));
  const hint = path === "" && pasted ? `; character ${pasted.position} of the line is a ${pasted.name}` : "";
  return {
    cause: "config.invalid",
    verdict: "confirmed",
    evidence: [{ what: path === "" ? "JSON" : path, value: `${message}${hint}`, where: `${file}:${line}:${column}` }],
  };
}

/** A key with a character that no option has is none to the product, however alike it looks. */
function oddKey(key: string, where: string): Seen[] {
  const [odd] = optionOf(key) ? oddCharacters(key, /[A-Za-z0-9_-]/) : [];
  if (!odd) return [];
  const value = `character ${odd.position} of the key is a ${odd.name}`;
  return [{ cause: "config.invalid", verdict: "confirmed", evidence: [{ what: "key", value, where }] }];
}

function mistyped(key: string, where: string): Seen[] {
  const meant = nearest(
    key,
    OPTIONS.map(({ name }) => name),
  );
  if (meant === undefined) return [];
  return [
    {
      cause: "config.invalid",
      verdict: "candidate",
      evidence: [{ what: key, value: `no option has this name; was ${meant} meant?`, where }],
    },
  ];
}

function missing(found: Map<string, unknown>, file: string): Missed[] {
  const names: Record<string, string> = { Url: "the org's URL", ClientId: "the client id", ClientSecret: "the client secret" };
  const missed = Object.entries(names)
    .filter(([name]) => !found.has(name))
    .map(([name, what]): Missed => ({ what: `${what} in ${file}`, why: `no key such as ${name} is in the file` }));
  if (found.size > 0 && !found.has("FilterCredentialProvider")) {
    missed.push({ what: `FilterCredentialProvider in ${file}`, why: "not set; by default other tiles stay at the logon screen" });
  }
  return missed;
}

/** Where a key stands. A key may stand twice at different depths: the first is as good a place to start looking. */
function placeOf(text: string, file: string, key: string, path: string): string {
  const at = text.indexOf(JSON.stringify(key));
  if (at === -1) return `${file}, ${path}`;
  const before = text.slice(0, at);
  return `${file}:${before.split("\n").length}:${[...before.slice(before.lastIndexOf("\n") + 1)].length + 1}`;
}
