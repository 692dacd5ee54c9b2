/** `npm run docs`: writes what in docs/ is made from the code. */
import { prepare, projectNode } from "./prepare.js";
import { runSteps } from "./steps.js";

prepare();
await runSteps([{ name: "docs", command: projectNode(), args: ["--disable-warning=ExperimentalWarning", "scripts/docs/main.ts"] }]);
