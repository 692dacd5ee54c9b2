/** Writes the pages of docs/ that are made from the code. */
import { writeFileSync } from "node:fs";
import { PAGES } from "./pages.ts";

for (const [name, write] of Object.entries(PAGES)) {
  writeFileSync(new URL(`../../docs/${name}`, import.meta.url), await write());
  process.stdout.write(`docs/${name}\n`);
}
