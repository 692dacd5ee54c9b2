/** `npm run test:system`: the stories that need Debian packages; says the one line that installs what is missing. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { preparePages } from "./pages.js";
import { prepare, prepareFolder, projectNode, ROOT } from "./prepare.js";
import { runSteps } from "./steps.js";

prepare();
preparePages();
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
/** Groups at once: most of their time they wait for logons that are slow on purpose. */
const LANES = 2;
/** Each group has a machine of its own: private mounts, processes and network, all gone at its end. */
const own = ["-mpnf", "--kill-child", "--mount-proc", join(ROOT, "e2e/in-namespace.sh")];
/** Longest first, so that none is left over at the end; those of one chain must not meet: they build into the project, or look at it as it was cloned. */
const FIRST = [["wine"], ["release", "systemd", "readme"], ["postgres"], ["faults"], ["matrix"], ["directory"], ["xrdp"]];
const chains = [...FIRST, ...groups.filter((group) => !FIRST.flat().includes(group)).map((group) => [group])];
await runSteps(
  [
    { name: "native/pam", command: "make", args: ["-s", "-C", "native/pam", "all", "test"] },
    { name: "native/windows", command: "make", args: ["-s", "-C", "native/windows"] },
  ],
  chains.map((chain) => chain.map(stepOf)),
  LANES,
);

function stepOf(group) {
  const tests = ["--test", "--test-force-exit", "--test-concurrency=1", "--test-reporter=spec", ...testsOf(group)];
  return { name: `e2e/${group}`, command: "unshare", args: [...own, node, "--disable-warning=ExperimentalWarning", ...tests] };
}

function testsOf(group) {
  const names = readdirSync(join(ROOT, "e2e", group)).filter((name) => name.endsWith(".test.ts"));
  return names.sort().map((name) => `e2e/${group}/${name}`);
}
