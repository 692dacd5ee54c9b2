/** What to read on a Windows machine: the pages in the folders of the source, so that each link in them leads to a page that is there too. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../prepare.js";

/** Below the program's folder, with a slash between folders; and the file that it is made of. */
export type Document = [name: string, from: string];

export function documents(): Document[] {
  const own = (name: string): Document => [name, join(ROOT, name)];
  return [
    ["LICENSE.txt", join(ROOT, "LICENSE")],
    ["node.LICENSE.txt", join(ROOT, "node_modules/node22-linux-x64/LICENSE")],
    ...["ARCHITECTURE.md", "CHANGELOG.md", "README.md", "SECURITY.md"].map(own),
    ...["checklist.ps1", "collect.ps1"].map((name): Document => [name, join(ROOT, "packages/doctor/src/host/windows", name)]),
  ];
}

/** Pages for operators with their pictures. */
export function pages(): Document[] {
  return readdirSync(join(ROOT, "docs"))
    .sort()
    .map((name): Document => [`docs/${name}`, join(ROOT, "docs", name)]);
}
