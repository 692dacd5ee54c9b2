/** `npm run bundle`: one file for the server with the command, one for its process that reads directories, one for the agent, one for the command beside an agent, into dist/. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { BUNDLES, makeBundles } from "./bundles.js";
import { preparePages } from "./pages.js";
import { prepare, ROOT } from "./prepare.js";

prepare();
preparePages();
const dist = join(ROOT, "dist");
rmSync(dist, { recursive: true, force: true });
await makeBundles(dist);
process.stdout.write(
  `${Object.keys(BUNDLES)
    .map((name) => `dist/${name}`)
    .join(", ")}\n`,
);
