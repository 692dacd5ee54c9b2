/** Reads who imports whom, and complains about what a table of rooms does not allow. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { ROOT } from "./prepare.js";

/** Lines of a file: of the product, and of whatever tests it. */
export const LONGEST = { product: 320, test: 400 };

export interface Source {
  file: string;
  text: string;
  imports: string[];
}

export function sourcesBelow(folder: string): Source[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name !== "node_modules" && name !== "dist" && name !== "build")
    .flatMap((name) => {
      const file = join(folder, name);
      if (statSync(join(ROOT, file)).isDirectory()) return sourcesBelow(file);
      if (!/\.(tsx?|js)$/.test(name)) return [];
      const text = readFileSync(join(ROOT, file), "utf8");
      return [{ file, text, imports: importsOf(text) }];
    });
}

export function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:^import |^export [^;]*?from |^} from |^import .* from |\bimport\()\s*"([^"]+)"/gm)].map(
    (match) => match[1] ?? "",
  );
}

/** Tests, and what only tests use. */
const RIG = /\.(test|contract|fixture)\.ts$|\/(test|doubles)\//;
export const production = (source: Source) => !RIG.test(source.file) && /^(packages|bin|scripts)\//.test(source.file);

/** Complaints of one package's sources against its row. */
export function packageComplaints(name: string, sources: Source[], declared: string[], may: string[]): string[] {
  return sources.filter(production).flatMap(({ file, imports }) =>
    imports.flatMap((target) => {
      if (target.startsWith(".")) {
        const inside = resolve("/", file, "..", target).startsWith(`/packages/${name}/`);
        if (!inside) return [`${file} reaches out of its package: ${target}`];
        return RIG.test(target) ? [`${file} is shipped, and imports what only tests use: ${target}`] : [];
      }
      if (target.startsWith("node:")) return [];
      const dependency = target
        .split("/")
        .slice(0, target.startsWith("@") ? 2 : 1)
        .join("/");
      if (dependency.startsWith("@sallyport/") && !may.includes(dependency.slice("@sallyport/".length)))
        return [`${file} may not import ${dependency}`];
      return declared.includes(dependency) ? [] : [`${file} imports ${dependency}, which its package.json does not declare`];
    }),
  );
}

export function roomComplaints(sources: Source[], rooms: Record<string, { may: string[] }>, base: string): string[] {
  return sources.filter(production).flatMap(({ file, imports }) => {
    const room = relative(base, file).split("/")[0] ?? "";
    const row = rooms[room];
    if (!row) return [];
    return imports
      .filter((target) => target.startsWith("."))
      .flatMap((target) => {
        const to = relative(base, relative("/", resolve("/", file, "..", target))).split("/")[0] ?? "";
        return to === room || row.may.includes(to) ? [] : [`${file} (${room}) may not import ${target} (${to})`];
      });
  });
}

/** Complaints about folders beside the packages: what they import of ours beyond their row, by name or by path. */
export function outsideComplaints(sources: Source[], may: string[]): string[] {
  return sources.flatMap(({ file, imports }) =>
    imports
      .filter((target) => {
        const name = target.startsWith(".")
          ? resolve("/", file, "..", target).match(/^\/packages\/([^/]+)/)?.[1]
          : target.match(/^@sallyport\/(.+)/)?.[1];
        return name !== undefined && (target.startsWith(".") || !may.includes(name));
      })
      .map((target) => `${file} may not import ${target}`),
  );
}

export function shapeComplaints(sources: Source[]): string[] {
  return sources.flatMap((source) => {
    const longest = production(source) ? LONGEST.product : LONGEST.test;
    const lines = source.text.split("\n").length - 1;
    return [
      ...(/^(#!.*\n)?\/\*\* \S.*[.:] \*\/\n/.test(source.text) ? [] : [`${source.file} does not say in one sentence what it is`]),
      ...(lines > longest ? [`${source.file} has ${lines} lines, more than ${longest}`] : []),
    ];
  });
}

/** Permissions that no source uses: a table that permits more than the house needs no longer describes it. */
export function staleRows(used: Set<string>, rows: Record<string, { may: string[] }>): string[] {
  return Object.entries(rows).flatMap(([from, { may }]) => may.map((to) => `${from} → ${to}`).filter((row) => !used.has(row)));
}

export interface Locked {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  resolved?: string;
  link?: boolean;
  os?: string[];
  cpu?: string[];
  hasInstallScript?: boolean;
}

/** Everything that npm installs for a package, found as Node finds it: the nearest node_modules first. */
export function closure(lock: Record<string, Locked>, start: string): Map<string, Locked> {
  const found = new Map<string, Locked>();
  const open = [start];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const linked = lock[at]?.link ? (lock[at]?.resolved ?? at) : at;
    const entry = lock[linked];
    if (entry === undefined || found.has(linked)) continue;
    found.set(linked, entry);
    for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const near = `${linked}/node_modules/${name}`;
      open.push(lock[near] ? near : `node_modules/${name}`);
    }
  }
  return found;
}

export const native = (entries: Map<string, Locked>) =>
  [...entries].filter(([, entry]) => entry.os ?? entry.cpu ?? entry.hasInstallScript).map(([path]) => path);
