#!/usr/bin/env node
/** Hands over to the project's own Node 24: plain JavaScript, so that any Node from 20 on can start it. */
import { fileURLToPath } from "node:url";
import { handOver } from "./hand-over.js";

handOver(fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url)), process.argv.slice(2));
