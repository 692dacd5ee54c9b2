/** `npm test`: format and lint, types, rooms, and every test that needs no system package. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { preparePages } from "./pages.js";
import { prepare, projectNode, ROOT } from "./prepare.js";
import { runSteps } from "./steps.js";

prepare();
preparePages();

/** Test files below a folder, in a fixed order (fs.globSync needs Node 22). */
function testsBelow(folder) {
  const path = join(ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const inner = join(folder, name);
      if (statSync(join(ROOT, inner)).isDirectory()) return name === "node_modules" || name === "dist" ? [] : testsBelow(inner);
      return name.endsWith(".test.ts") ? [inner] : [];
    });
}

const node = projectNode();
const tests = ["rooms.test.ts", ...testsBelow("bin"), ...testsBelow("scripts"), ...testsBelow("packages"), ...testsBelow("demo")];
await runSteps([
  { name: "format and lint", command: node, args: ["node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings", "."] },
  { name: "types", command: node, args: ["node_modules/typescript/bin/tsc", "--noEmit", "-p", "."] },
  {
    name: "tests",
    command: node,
    args: ["--disable-warning=ExperimentalWarning", "--import", "./scripts/test-seed.js", "--test", "--test-reporter=spec", ...tests],
  },
]);
