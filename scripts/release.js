/** `npm run release`: bundles, Debian packages, SBOM and checksums, into dist/; the same bytes for the same commit. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { preparePages } from "./pages.js";
import { prepare, projectNode, ROOT } from "./prepare.js";

prepare();
preparePages();
const run = ["--disable-warning=ExperimentalWarning", join(ROOT, "scripts/release/main.ts"), ...process.argv.slice(2)];
process.exit(spawnSync(projectNode(), run, { stdio: "inherit" }).status ?? 1);
