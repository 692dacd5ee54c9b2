/** Gathers what a support bundle of this machine holds; every piece goes through its allow-list before anything else sees it (S25). */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { agentFiles, readSettings, readStatus } from "@sallyport/agent";
import type { BundleOmission, Diagnosis } from "@sallyport/contracts";
import {
  type BundlePart,
  type Scrubbed,
  scrubDiagnosis,
  scrubFile,
  scrubIdentity,
  scrubPath,
  scrubSettings,
  scrubStack,
  scrubStatus,
} from "@sallyport/doctor";
import { logParts } from "./doctor-bundle-log.ts";
import { jsonIn, readIfThere, secretsIn } from "./doctor-bundle-read.ts";
import { systemFacts } from "./doctor-bundle-system.ts";

export interface BundleSources {
  state?: string | undefined;
  /** Folder below which the system's own files lie: `/`. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** Makes the diagnosis of this machine, if one is to be in it. */
  diagnose?: (() => Promise<Diagnosis>) | undefined;
}

/** Stacks of the services that people log on by, and those that they include. */
const STACKS =
  "sshd sudo sudo-i su su-l login xrdp-sesman runuser runuser-l polkit-1 other common-auth common-account common-password common-session common-session-noninteractive".split(
    " ",
  );

export async function gatherBundle(sources: BundleSources): Promise<{ parts: BundlePart[]; secrets: string[] }> {
  const read = readSettings(sources.state);
  const files = read.ok ? read.settings.files : agentFiles(sources.state);
  const identity = join(files.state, "host.json");
  const parts = [
    systemFacts(sources.env),
    jsonPart("settings", files.settings, scrubSettings),
    jsonPart("identity", identity, scrubIdentity),
    await statusPart(sources.state),
    filesPart([files.settings, files.log, ...inFolder(files.state)]),
    ...(await logParts(files)),
    ...STACKS.flatMap((name) => stackPart(join(sources.root, "etc/pam.d", name), name)),
    ...(sources.diagnose ? [await diagnosisPart(sources.diagnose)] : []),
  ];
  return { parts, secrets: secretsIn(files.state, sources.env) };
}

function omitted(what: string, why: string): BundleOmission[] {
  return [{ what, why }];
}

/** What is there in a form that cannot be read is not shown at all: no list knows what is in it. */
function jsonPart(name: string, file: string, scrub: (value: unknown) => Scrubbed): BundlePart {
  const read = jsonIn(file);
  if (!read.ok) return { name, from: scrubPath(file), content: null, leftOut: omitted(name, read.why) };
  const { record, leftOut } = scrub(read.value);
  const some =
    leftOut === 0 ? [] : omitted(name, `${leftOut} values: not on the list of what is shown, or not of the form that it has there`);
  return { name, from: scrubPath(file), content: record, leftOut: some };
}

async function statusPart(state: string | undefined): Promise<BundlePart> {
  const { record, leftOut } = scrubStatus(await readStatus({ state }));
  const some = leftOut === 0 ? [] : omitted("status", `${leftOut} values: not on the list of what is shown`);
  return { name: "status", from: "the agent", content: record, leftOut: some };
}

function inFolder(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function filesPart(paths: string[]): BundlePart {
  const seen = [...new Set(paths)].sort().map((path) => scrubFile(path, statOf(path)));
  const others = seen.filter((one) => one === undefined).length;
  const leftOut = others === 0 ? [] : omitted("files", `${others} files or folders whose names are not ours`);
  return { name: "files", from: "the agent's folders", content: seen.filter((one) => one !== undefined), leftOut };
}

function statOf(path: string) {
  try {
    const { mode, uid, gid, size, mtimeMs } = statSync(path);
    return { mode: (mode & 0o7777).toString(8), uid, gid, size, changed: new Date(mtimeMs).toISOString() };
  } catch {
    return undefined;
  }
}

function stackPart(file: string, service: string): BundlePart[] {
  const read = readIfThere(file);
  if (!read.ok) return [];
  const { lines, leftOut } = scrubStack(read.text);
  const some = leftOut === 0 ? [] : omitted(`pam/${service}`, `${leftOut} parts of its lines: not on the list of what is shown`);
  return [{ name: `pam/${service}`, from: `/etc/pam.d/${service}`, content: lines, leftOut: some }];
}

async function diagnosisPart(make: () => Promise<Diagnosis>): Promise<BundlePart> {
  const part = { name: "diagnosis", from: "sallyport doctor host" };
  try {
    return { ...part, content: scrubDiagnosis(await make()), leftOut: [] };
  } catch (error) {
    // A bundle is wanted most where something is broken.
    return {
      ...part,
      content: null,
      leftOut: omitted("diagnosis", `it could not be made (${error instanceof Error ? error.name : "fault"})`),
    };
  }
}
