/** `npm start`: installs what is missing, then starts the org and an agent on this machine. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { prepare, ROOT } from "./prepare.js";

prepare();
const child = spawn(process.execPath, [join(ROOT, "bin/sallyport.js"), "start", ...process.argv.slice(2)], { stdio: "inherit" });
// The terminal sends Ctrl-C to the child as well; this process only waits for its end.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code) => process.exit(code ?? 1));
