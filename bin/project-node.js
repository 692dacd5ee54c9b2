/** Finds a Node that can run the project: plain JavaScript, so that any Node from 20 on can look for it. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const NEEDED = 24;

/** Path of the Node that npm brought with the project; undefined when it is not installed, or not made for this machine. */
export function broughtNode() {
  const windows = process.platform === "win32";
  try {
    const path = createRequire(import.meta.url).resolve(
      `node-${windows ? "win" : process.platform}-${process.arch}/bin/node${windows ? ".exe" : ""}`,
    );
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

/** Path of the running Node when it is new enough, else undefined. */
export function runningNode() {
  return Number(process.versions.node.split(".")[0]) >= NEEDED ? process.execPath : undefined;
}
