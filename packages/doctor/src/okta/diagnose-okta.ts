/** Diagnoses the other product from its files alone: no org, no network, nothing changed. */
import { readFile } from "node:fs/promises";
import { type Diagnosis, readOrgUrl } from "@sallyport/contracts";
import type { Answer, Check, Missed, Seen } from "../check.ts";
import { diagnose, type Progress } from "../diagnose.ts";
import { decodeFile } from "../encoding.ts";
import { readBytes, systemSays } from "../read-bytes.ts";
import { compareUrls, judgeUrl } from "./config-values.ts";
import { type FoundFile, findFiles, LARGEST_SETTINGS } from "./find-files.ts";
import { type OrgFacts, orgChecks } from "./look-at-org.ts";
import { readConfig } from "./read-config.ts";
import { logReader } from "./read-log.ts";
import { readRegistry } from "./read-registry.ts";
import { Tally } from "./tally.ts";
import { oktaText } from "./texts.ts";

export interface OktaFacts extends OrgFacts {
  logs: FoundFile[];
  settings: FoundFile[];
  registry: FoundFile[];
}

export interface OktaOptions {
  /** The org's URL, as typed: it is looked at from this machine, without any secret. */
  org?: string;
  /** This machine's clock, in milliseconds since 1970. */
  clock?: () => number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
  /** Bytes read of all bytes of all files. */
  onBytes?: (read: number, all: number) => void;
}

const LIMIT_MS = 8000;

export async function diagnoseOkta(paths: readonly string[], options: OktaOptions = {}): Promise<Diagnosis> {
  const { files, missed } = await findFiles(paths);
  const all = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let read = 0;
  const onBytes = (count: number) => {
    read += count;
    options.onBytes?.(read, all);
  };
  const of = (kind: FoundFile["kind"]) => {
    const some = files.filter((file) => file.kind === kind);
    return some.length > 0 ? some : undefined;
  };
  const [logs, settings, registry] = [of("log"), of("settings"), of("registry")];
  const org = options.org === undefined ? undefined : readOrgUrl(options.org);
  const facts: Partial<OktaFacts> = {
    ...(org?.ok ? { org: new URL(org.url) } : {}),
    ...(logs && { logs }),
    ...(settings && { settings }),
    ...(registry && { registry }),
  };
  if (org?.ok === false) missed.push({ what: "--org", why: org.reason, asked: true });
  const typed = options.org !== undefined && settings === undefined ? [typedUrl(options.org)] : [];
  const live = options.org === undefined ? [] : orgChecks<OktaFacts>(options.clock ?? Date.now, settings !== undefined);
  return diagnose<OktaFacts>([lookedFor(missed), ...typed, ...live, ...fileChecks(onBytes, org?.ok ? org.url : undefined)], {
    facts,
    limitMs: LIMIT_MS,
    bring: {
      org: "what --org names is no usable URL",
      logs: "no log was given (logs\\OktaWidget.log in the product's folder)",
      settings: "no settings were given (config\\rdp_app_config.json in the product's folder)",
      registry: 'no registry export was given (`reg export "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication" okta.reg`)',
    },
    textOf: oktaText,
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  });
}

/** The paths that were given: what of them could not be opened. */
function lookedFor(missed: Missed[]): Check<OktaFacts> {
  return { code: "okta.paths", title: "the given paths", dependsOn: [], needs: [], run: async () => ({ seen: [], missed }) };
}

/** Without settings, a slash that was typed may stand in them as well; what was typed well says nothing of them. */
function typedUrl(url: string): Check<OktaFacts> {
  const slash = judgeUrl(url, "--org", "as typed").filter(
    ({ cause, verdict }) => cause === "url.trailing-slash" && verdict === "confirmed",
  );
  const seen = slash.map((one): Seen => ({ ...one, verdict: "candidate" }));
  return { code: "org.url", title: "the org's URL", dependsOn: [], needs: [], run: async () => ({ seen }) };
}

function fileChecks(onBytes: (count: number) => void, org?: string): Check<OktaFacts>[] {
  const limitMs = Number.POSITIVE_INFINITY;
  return [
    {
      code: "okta.settings",
      title: "rdp_app_config.json",
      dependsOn: [],
      needs: ["settings"],
      limitMs,
      run: ({ settings }, signal) => each(settings, signal, (file) => readSettings(file, onBytes, org)),
    },
    {
      code: "okta.registry",
      title: "the registry",
      dependsOn: [],
      needs: ["registry"],
      limitMs,
      run: ({ registry }, signal) => each(registry, signal, (file) => readRegistry(file.name, readBytes(file.path, onBytes), signal)),
    },
    {
      code: "okta.logs",
      title: "the logs",
      dependsOn: [],
      needs: ["logs"],
      limitMs,
      run: ({ logs }, signal) => readLogs(logs, signal, onBytes),
    },
  ];
}

async function readSettings({ path, name, bytes }: FoundFile, onBytes: (count: number) => void, org?: string): Promise<Answer> {
  if (bytes > LARGEST_SETTINGS) return { seen: [], missed: [{ what: name, why: "too large for a settings file", asked: true }] };
  onBytes(bytes);
  const { seen, missed, url } = readConfig(decodeFile(await readFile(path)), name);
  return { seen: [...seen, ...(org === undefined || url === undefined ? [] : compareUrls(url, org, name))], missed };
}

async function readLogs(logs: FoundFile[], signal: AbortSignal, onBytes: (count: number) => void): Promise<Answer> {
  const tally = new Tally();
  const reader = logReader(tally);
  const answer = await each(logs, signal, async ({ path, name, given }) => {
    const events = await reader.read(name, readBytes(path, onBytes), signal);
    const ours = events > 0 || /okta/i.test(name);
    return { seen: [], missed: ours || !given ? [] : [{ what: name, why: "nothing in it is of the other product", asked: true }] };
  });
  const incidents = tally.incidents();
  const missed = [...(answer.missed ?? []), ...incidents.flatMap(({ kind }) => openQuestion(kind))];
  if (tally.foreign > 0) missed.push({ what: `${tally.foreign} exceptions in the logs`, why: "their stack is another program's" });
  return { seen: [], incidents, missed };
}

/** Incidents that by themselves say nothing about their cause, and what would. */
function openQuestion(kind: string): Missed[] {
  if (kind === "dialog-failed") {
    return [
      {
        what: "what is behind “Multi Factor Authentication Failed”",
        why: "the dialog stands for every error; the exception in OktaWidget.log at that minute decides",
      },
    ];
  }
  if (kind === "cut-off")
    return [
      {
        what: "exceptions that are cut off",
        why: "the part that tells the cause is missing; the file before or after it in the rotation may hold it",
      },
    ];
  return [];
}

/** One file after the other; a file that cannot be read does not hide the others. */
async function each(files: FoundFile[], signal: AbortSignal, read: (file: FoundFile) => Promise<Answer>): Promise<Answer> {
  const answers: Answer[] = [];
  for (const file of files) {
    signal.throwIfAborted();
    try {
      answers.push(await read(file));
    } catch (error) {
      signal.throwIfAborted();
      answers.push({ seen: [], missed: [{ what: file.name, why: systemSays(error), asked: true }] });
    }
  }
  return { seen: answers.flatMap(({ seen }) => seen), missed: answers.flatMap(({ missed }) => missed ?? []) };
}
