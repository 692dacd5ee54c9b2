/** `npm run windows-agent`: the agent as one Windows program, into native/windows/build/. */
import { join } from "node:path";
import { prepare, projectNode, ROOT } from "./prepare.js";
import { runSteps } from "./steps.js";

prepare();
const quiet = "--disable-warning=ExperimentalWarning";
await runSteps([{ name: "sallyport-agent.exe", command: projectNode(), args: [quiet, join(ROOT, "scripts/release/windows-agent.ts")] }]);
