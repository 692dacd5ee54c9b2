/** Reads a settings file by a schema and says what is wrong with it by line, column and path. */
import { findNodeAtLocation, type Node } from "jsonc-parser";
import type * as z from "zod";
import { readTree } from "./json-tree.ts";
import { knownKeys } from "./known-keys.ts";
import { nearest } from "./nearest.ts";

export interface Complaint {
  /** 1-based; the column counts characters (code points). */
  line: number;
  column: number;
  /** As `timeouts.connectMs` or `rules[2].then`; empty for the file as a whole. */
  path: string;
  message: string;
}
export type StrictJson<T> = { ok: true; value: T } | { ok: false; complaints: Complaint[] };

export interface StrictJsonOptions {
  /** Name of the file, as it should stand in messages; it is not opened. */
  file: string;
  /** Deepest nesting that is read. */
  depth?: number;
}

const DEPTH = 16;

/**
 * Reads `text` as strict JSON (RFC 8259, no duplicate keys) and checks it against `schema`, whose objects should be strict.
 * An unknown key is answered with the nearest known one. Never throws for what the text holds.
 */
export function readStrictJson<S extends z.ZodType>(text: string, schema: S, options: StrictJsonOptions): StrictJson<z.output<S>> {
  const tree = readTree(text, options.depth ?? DEPTH);
  if (!tree.ok) {
    return {
      ok: false,
      complaints: tree.complaints.map((c) => ({ ...place(text, c.offset), path: writePath(c.path), message: c.message })),
    };
  }
  const checked = schema.safeParse(JSON.parse(text));
  if (checked.success) return { ok: true, value: checked.data };
  const complaints = checked.error.issues.flatMap((issue) => explain(issue, schema, tree.root, text));
  complaints.sort((a, b) => a.line - b.line || a.column - b.column);
  return { ok: false, complaints };
}

/** One line for people: `agent.json:3:5: timeouts.conectMs: …`. */
export function describeComplaint(file: string, complaint: Complaint): string {
  const path = complaint.path === "" ? "" : `${complaint.path}: `;
  return `${file}:${complaint.line}:${complaint.column}: ${path}${complaint.message}`;
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, schema: z.ZodType, root: Node, text: string, above: PropertyKey[] = []): Complaint[] {
  const path = [...above, ...issue.path];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return likeliest(issue.errors).flatMap((inner) => explain(inner, schema, root, text, path));
  }
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(schema, path);
    return issue.keys.map((key) => complain(text, root, [...path, key], unknownKey(key, known)));
  }
  const missing = issue.code === "invalid_type" && !findNodeAtLocation(root, textSteps(path));
  return [complain(text, root, path, missing ? "is missing" : issue.message)];
}

function textSteps(path: PropertyKey[]): (string | number)[] {
  return path.filter((step) => typeof step !== "symbol");
}

/** Of the alternatives of a union the one that got furthest is the one that was meant. */
function likeliest(branches: Issue[][]): Issue[] {
  const depth = (issues: Issue[]) => Math.max(0, ...issues.map((i) => i.path.length));
  const sorted = branches.filter((b) => b.length > 0).sort((a, b) => depth(b) - depth(a) || a.length - b.length);
  return sorted[0] ?? [];
}

function unknownKey(key: string, known: string[]): string {
  const meant = nearest(key, known);
  if (meant) return `unknown key “${key}”; did you mean “${meant}”?`;
  return known.length > 0 ? `unknown key “${key}”; known are ${known.join(", ")}` : `unknown key “${key}”`;
}

function complain(text: string, root: Node, path: PropertyKey[], message: string): Complaint {
  return { ...place(text, offsetOf(root, path)), path: writePath(path), message };
}

/** Where the path's value stands; an unknown key's own place is its key; what is missing stands at the object that lacks it. */
function offsetOf(root: Node, path: PropertyKey[]): number {
  const steps = textSteps(path);
  for (let length = steps.length; length >= 0; length--) {
    const node = findNodeAtLocation(root, steps.slice(0, length));
    if (!node) continue;
    const isProperty = length === steps.length && node.parent?.type === "property";
    return isProperty ? (node.parent?.offset ?? node.offset) : node.offset;
  }
  return 0;
}

function place(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: [...before.slice(lineStart)].length + 1 };
}

function writePath(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) text += typeof step === "number" ? `[${step}]` : `${text === "" ? "" : "."}${String(step)}`;
  return text;
}
