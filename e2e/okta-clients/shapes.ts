/** The public documentation's answers, as key paths, and what of them an answer of the org lacks or has beyond them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Kind of answer → the leaves that all documented answers of the kind have. */
export const DOCUMENTED: ReadonlyMap<string, string[]> = new Map(
  readFileSync(join(import.meta.dirname, "documented-shapes.txt"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [kind = "", paths = ""] = line.split(": ");
      return [kind, paths.split(" ")];
    }),
);

/** Paths of an answer with no value but a leaf or an empty object or array; `[]` is each of an array. */
export function leavesOf(value: unknown, path = ""): Set<string> {
  const below = Array.isArray(value)
    ? value.flatMap((one) => [...leavesOf(one, `${path}[]`)])
    : value !== null && typeof value === "object"
      ? Object.entries(value).flatMap(([key, one]) => [...leavesOf(one, path === "" ? key : `${path}.${key}`)])
      : [];
  return new Set(below.length > 0 ? below.map((leaf) => leaf.replace(/\[\]$/, "")) : [path]);
}

/** Documented, and not there. An array that is documented with its elements may be empty in the documentation's other examples only. */
export function lacking(kind: string, value: unknown): string[] {
  const documented = DOCUMENTED.get(kind);
  if (!documented) throw new Error(`nothing is documented of ${kind}`);
  const there = leavesOf(value);
  return documented.filter(
    (path) => ![...there].some((leaf) => leaf === path || leaf.startsWith(`${path}.`) || leaf.startsWith(`${path}[]`)),
  );
}

/** There, and not documented. */
export function beyond(kind: string, value: unknown): string[] {
  const documented = DOCUMENTED.get(kind) ?? [];
  return [...leavesOf(value)].filter(
    (leaf) =>
      !documented.some(
        (path) => path === leaf || path.startsWith(`${leaf}.`) || leaf.startsWith(`${path}[]`) || path.startsWith(`${leaf}[]`),
      ),
  );
}
