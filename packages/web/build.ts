/** Builds the pages into `dist/`: one script and one style for each, named by their contents, and `manifest.json` that says which. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { type BuiltPage, MANIFEST, type Manifest, PAGES, type PageName } from "./src/index.ts";

const WEB = import.meta.dirname;
const ROOT = join(WEB, "../..");
const WORKER = "src/phone/service-worker.ts";

const COMMON: BuildOptions = {
  bundle: true,
  minify: true,
  metafile: true,
  absWorkingDir: ROOT,
  target: ["es2022", "safari16"],
  legalComments: "none",
  logLevel: "warning",
  jsx: "automatic",
  jsxImportSource: "preact",
};

/** Writes beside `out` first, so that a server that starts meanwhile reads the old pages or the new ones. */
export async function buildPages(out: string): Promise<Manifest> {
  const fresh = `${out}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, "assets"), { recursive: true });
  const metafiles = [await buildEntries(fresh)];
  if (existsSync(join(WEB, WORKER))) metafiles.push(await buildWorker(fresh));
  const manifest: Manifest = {
    pages: pagesOf(metafiles[0] as Metafile, fresh),
    worker: metafiles.length > 1,
    files: copyStatic(fresh),
    inputs: inputsOf(metafiles),
  };
  writeFileSync(join(fresh, MANIFEST), `${JSON.stringify(manifest, null, 1)}\n`);
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
  return manifest;
}

const entryOf = (page: PageName) => `packages/web/src/${page}/main.tsx`;

async function buildEntries(fresh: string): Promise<Metafile> {
  const there = PAGES.filter((page) => existsSync(join(ROOT, entryOf(page))));
  const { metafile } = await build({
    ...COMMON,
    entryPoints: Object.fromEntries(there.map((page) => [page, entryOf(page)])),
    outdir: join(fresh, "assets"),
    entryNames: "[name]-[hash]",
    format: "esm",
  });
  return metafile as Metafile;
}

/** A browser knows a service worker by its address: that one never changes. */
async function buildWorker(fresh: string): Promise<Metafile> {
  const outfile = join(fresh, "service-worker.js");
  const { metafile } = await build({ ...COMMON, entryPoints: [join(WEB, WORKER)], outfile, format: "iife" });
  return metafile as Metafile;
}

function pagesOf({ outputs }: Metafile, fresh: string): Manifest["pages"] {
  const nameOf = (file: string) => relative(join(fresh, "assets"), join(ROOT, file));
  const pages: Manifest["pages"] = {};
  for (const page of PAGES) {
    const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === entryOf(page));
    if (!found) continue;
    const [file, { cssBundle }] = found;
    const built: BuiltPage = { script: nameOf(file) };
    pages[page] = cssBundle === undefined ? built : { ...built, style: nameOf(cssBundle) };
  }
  return pages;
}

/** What a page has in its folder `static` is served under the page's own address and name. */
function copyStatic(fresh: string): string[] {
  return PAGES.flatMap((page) => {
    const from = join(WEB, "src", page, "static");
    if (!existsSync(from)) return [];
    cpSync(from, join(fresh, page), { recursive: true });
    return readdirSync(from)
      .sort()
      .map((name) => `${page}/${name}`);
  });
}

/** By these `scripts/pages.js` knows whether the pages are older than what they are made of. */
function inputsOf(metafiles: Metafile[]): Record<string, string> {
  const statics = PAGES.map((page) => `packages/web/src/${page}/static`).filter((folder) => existsSync(join(ROOT, folder)));
  const files = [
    ...metafiles.flatMap(({ inputs }) => Object.keys(inputs)),
    ...statics.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`)),
    "packages/web/build.ts",
    "packages/web/src/index.ts",
  ];
  return Object.fromEntries([...new Set(files)].sort().map((file) => [file, hashOf(join(ROOT, file))]));
}

function hashOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

if (import.meta.main) await buildPages(join(WEB, "dist"));
