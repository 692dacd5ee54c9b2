/** `npm run bench`: every measurement with its floor, one after the other. */
import { join } from "node:path";
import { preparePages } from "./pages.js";
import { prepare, projectNode, ROOT } from "./prepare.js";
import { runSteps } from "./steps.js";

prepare();
preparePages();
const node = projectNode();
const quiet = "--disable-warning=ExperimentalWarning";
const own = ["-mpnf", "--kill-child", "--mount-proc", join(ROOT, "e2e/in-namespace.sh")];
await runSteps([
  { name: "logon", command: node, args: [quiet, "bench/logon.ts"] },
  { name: "logon on PostgreSQL", command: node, args: [quiet, "bench/nodes.ts"] },
  { name: "TOTP", command: node, args: [quiet, "bench/totp.ts"] },
  { name: "password and TOTP", command: node, args: [quiet, "bench/primary.ts"] },
  { name: "unknown name", command: node, args: [quiet, "bench/unknown-name.ts"] },
  { name: "migrate", command: node, args: [quiet, "bench/migrate.ts"] },
  { name: "doctor's log reader", command: node, args: [quiet, "bench/doctor-log.ts"] },
  { name: "backup", command: node, args: [quiet, "bench/backup.ts"] },
  { name: "sync", command: "unshare", args: [...own, node, quiet, "bench/sync.ts"] },
  { name: "names", command: node, args: [quiet, "bench/names.ts"] },
  { name: "duplicates", command: node, args: [quiet, "bench/duplicates.ts"] },
  { name: "memory", command: node, args: [quiet, "bench/memory.ts"] },
  { name: "build the module", command: "make", args: ["-s", "-C", "native/pam", "all"] },
  { name: "doctor host", command: "unshare", args: [...own, node, quiet, "bench/doctor-host.ts"] },
  { name: "build the Windows parts", command: "make", args: ["-s", "-C", "native/windows"] },
  { name: "windows", command: "unshare", args: [...own, node, quiet, "bench/windows.ts"] },
  { name: "pam", command: "unshare", args: [...own, node, quiet, "bench/pam.ts"] },
]);
