/** The built pages, read once at the start: small enough to be kept, and the same until the server ends. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { BUILT, MANIFEST, type Manifest } from "@sallyport/web";

export interface PageFile {
  type: string;
  bytes: Buffer;
  /** Absent where it saves nothing. */
  gzip: Buffer | undefined;
}

export interface BuiltPages {
  manifest: Manifest;
  /** By their path in the folder, such as `assets/portal-ABC.js`. */
  files: ReadonlyMap<string, PageFile>;
}

const TYPES: Record<string, string> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** Undefined where nothing was built: the org then works without its pages. A half-built folder is a fault. */
export function readBuiltPages(folder = fileURLToPath(BUILT)): BuiltPages | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const manifest = JSON.parse(text) as Manifest;
  const names = [...readdirSync(join(folder, "assets")).map((name) => `assets/${name}`), ...manifest.files];
  if (manifest.worker) names.push("service-worker.js");
  return { manifest, files: new Map(names.map((name) => [name, readPageFile(join(folder, name))])) };
}

function readPageFile(file: string): PageFile {
  const bytes = readFileSync(file);
  const gzip = gzipSync(bytes, { level: 9 });
  return { type: TYPES[extname(file)] ?? "application/octet-stream", bytes, gzip: gzip.length < bytes.length ? gzip : undefined };
}
