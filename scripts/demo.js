/** `npm run demo`: installs what is missing, then brings each cause about and has it named. */
import { fileURLToPath } from "node:url";
import { handOver } from "../bin/hand-over.js";
import { preparePages } from "./pages.js";
import { prepare } from "./prepare.js";

prepare();
preparePages();
handOver(fileURLToPath(new URL("../demo/main.ts", import.meta.url)), process.argv.slice(2));
