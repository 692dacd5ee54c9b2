/** `npm run test:system`: the stories that need Debian packages; says the one line that installs what is missing. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { prepare, prepareFolder, projectNode, ROOT } from "./prepare.js";
import { runSteps } from "./steps.js";

prepare();
const packages = JSON.parse(readFileSync(join(ROOT, "e2e/system-packages.json"), "utf8"));
const missing = Object.entries(packages)
  .filter(([, proof]) => !existsSync(proof))
  .map(([name]) => name);
if (missing.length > 0) {
  process.stderr.write(
    `These Debian packages are missing. Install them with:\n  apt-get install -y --no-install-recommends ${missing.join(" ")}\n`,
  );
  process.exit(1);
}
if (process.getuid?.() !== 0) {
  process.stderr.write("The system stories make users and services of their own inside namespaces: run them as root.\n");
  process.exit(1);
}

const node = projectNode();
const groups = readdirSync(join(ROOT, "e2e"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(ROOT, "e2e", entry.name)).some((name) => name.endsWith(".test.ts")))
  .map((entry) => entry.name)
  .sort();
// Before its machine is there, which has no network.
for (const group of groups)
  if (existsSync(join(ROOT, "e2e", group, "package-lock.json"))) prepareFolder(join(ROOT, "e2e", group), `e2e/${group}`);
/** Each group has a machine of its own: private mounts, processes and network, all gone at its end. */
const own = ["-mpnf", "--kill-child", "--mount-proc", join(ROOT, "e2e/in-namespace.sh")];
runSteps([
  { name: "native/pam", command: "make", args: ["-s", "-C", "native/pam", "all", "test"] },
  { name: "native/windows", command: "make", args: ["-s", "-C", "native/windows"] },
  ...groups.map((group) => ({
    name: `e2e/${group}`,
    command: "unshare",
    args: [
      ...own,
      node,
      "--disable-warning=ExperimentalWarning",
      "--test",
      "--test-force-exit",
      "--test-concurrency=1",
      "--test-reporter=spec",
      ...testsOf(group),
    ],
  })),
]);

function testsOf(group) {
  const names = readdirSync(join(ROOT, "e2e", group)).filter((name) => name.endsWith(".test.ts"));
  return names.sort().map((name) => `e2e/${group}/${name}`);
}
