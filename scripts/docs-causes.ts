/** Writes docs/causes.md from the cause table: `node scripts/docs-causes.ts`. */
import { writeFileSync } from "node:fs";
import { writeCausesPage } from "../packages/contracts/src/causes/page.ts";

writeFileSync(new URL("../docs/causes.md", import.meta.url), writeCausesPage());
