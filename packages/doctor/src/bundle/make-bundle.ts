/** Puts a support bundle together, and finds what changed in one. */
import { createHash } from "node:crypto";
import { type BundleOmission, canonicalJson, type SupportBundle, supportBundle } from "@sallyport/contracts";
import { holdsSecret } from "./known-secrets.ts";

/** Content that went through an allow-list, and what of it was left out. */
export interface BundlePart {
  name: string;
  from: string;
  content: unknown;
  leftOut: BundleOmission[];
}

export interface BundleOptions {
  /** ISO 8601. */
  made: string;
  /** Version of the program. */
  by: string;
  /** Secrets that this machine really has: a part that holds one, in whatever allowed place, stays out. */
  secrets: readonly string[];
}

export function makeBundle(parts: readonly BundlePart[], { made, by, secrets }: BundleOptions): SupportBundle {
  const clean = parts.filter(({ content }) => !holdsSecret(canonicalJson(content), secrets));
  const dirty = parts.filter((part) => !clean.includes(part));
  const manifest: SupportBundle["manifest"] = {
    format: "sallyport-bundle",
    version: 1,
    made,
    by,
    entries: clean.map(({ name, from, content }) => ({ name, from, ...hashed(content) })),
    leftOut: [
      ...dirty.map(({ name }) => ({ what: name, why: "a secret of this machine stood in it, where none belongs: look there by yourself" })),
      ...clean.flatMap(({ leftOut }) => leftOut),
    ],
  };
  const entries = Object.fromEntries(clean.map(({ name, content }) => [name, JSON.parse(canonicalJson(content))]));
  return { manifest, seal: sha256(canonicalJson(manifest)), entries };
}

/** The one way to write a bundle down, so that every byte of the file is held. */
export function writeBundle(bundle: SupportBundle): string {
  return `${JSON.stringify(bundle, null, 1)}\n`;
}

/** One sentence for everything that is not as it was made; none if nothing changed. */
export function checkBundle(text: string): string[] {
  const bundle = read(text);
  if (!bundle) return ["this is no support bundle, or it was changed so that it can no longer be read"];
  const { manifest, seal, entries } = bundle;
  const wrong: string[] = [];
  if (sha256(canonicalJson(manifest)) !== seal) wrong.push("the manifest does not fit its seal");
  for (const { name, sha256: hash, bytes } of manifest.entries) {
    const content = Object.hasOwn(entries, name) ? hashed(entries[name]) : undefined;
    if (!content) wrong.push(`${name}: it is missing`);
    else if (content.sha256 !== hash || content.bytes !== bytes) wrong.push(`${name}: it was changed`);
  }
  const listed = new Set(manifest.entries.map(({ name }) => name));
  for (const name of Object.keys(entries)) if (!listed.has(name)) wrong.push(`${name}: the manifest does not list it`);
  if (wrong.length === 0 && writeBundle(bundle) !== text)
    wrong.push("the file was written anew: what it holds is the same, its bytes are not");
  return wrong;
}

function read(text: string): SupportBundle | undefined {
  try {
    return supportBundle.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function hashed(content: unknown): { sha256: string; bytes: number } {
  const text = canonicalJson(content);
  return { sha256: sha256(text), bytes: Buffer.byteLength(text) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
