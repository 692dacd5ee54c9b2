/** The one time that every file of a release bears: of the commit, or as told. */
import { spawnSync } from "node:child_process";
import { ReleaseRefused } from "./run.ts";

/** Seconds since 1970: SOURCE_DATE_EPOCH (reproducible-builds.org) where it is set, else the time of the commit. */
export function releaseTime(root: string): number {
  const told = process.env["SOURCE_DATE_EPOCH"];
  // The project may belong to another account than the one that builds.
  const text =
    told ?? spawnSync("git", ["-c", `safe.directory=*`, "-C", root, "log", "-1", "--format=%ct"], { encoding: "utf8" }).stdout?.trim();
  if (text !== undefined && /^[0-9]{1,12}$/.test(text)) return Number(text);
  throw new ReleaseRefused(
    told === undefined ? "this is no git clone: set SOURCE_DATE_EPOCH" : `SOURCE_DATE_EPOCH=${told} is not a number of seconds`,
  );
}
