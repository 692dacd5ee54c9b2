/** Gathers what `sallyport doctor host` goes by: this machine's agent, the machine below it, and the org where an administrator may ask it. */
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { askAgent, lookAtAgent } from "@sallyport/agent";
import { type Diagnosis, type HostView, type orgView, readOrgUrl } from "@sallyport/contracts";
import {
  diagnoseWindowsFacts,
  type HostFacts,
  type KnownTimeServer,
  type OrgLookup,
  type Progress,
  type Ran,
  readTimeServers,
} from "@sallyport/doctor";
import type * as z from "zod";
import type { CommonOptions } from "../command.ts";
import { Complaint } from "../complaint.ts";
import type { OrgClient } from "../org-client.ts";
import { readBytes } from "../read-text.ts";
import { findApp } from "../resources.ts";
import { agentHere } from "../this-machine.ts";

export interface HostFlags extends CommonOptions {
  state?: string;
  html?: string;
  windows?: string;
  user?: string;
  sntp?: string;
}

/** A Windows machine, from what collect.ps1 wrote there; nothing of this machine is looked at. */
export async function diagnoseWindows(
  file: string,
  { user, state }: HostFlags,
  onProgress: (progress: Progress) => void,
): Promise<Diagnosis> {
  if (state !== undefined) throw new Complaint("--state names an agent on this machine, --windows the facts of another one");
  return diagnoseWindowsFacts(readBytes(file), { file: basename(file), onProgress, ...(user === undefined ? {} : { user }) });
}

/** `org`: left out, no administrator is asked. */
export async function gatherHost(
  org: OrgClient | undefined,
  flags: Omit<HostFlags, "data"> & Partial<Pick<HostFlags, "data">>,
): Promise<Partial<HostFacts>> {
  const look = await lookAtAgent(agentHere(flags.state));
  const { settings, files } = look;
  const typed = settings
    ? { value: settings.orgTyped, where: files.settings }
    : flags.org
      ? { value: flags.org, where: "--org" }
      : undefined;
  const url = typed === undefined ? undefined : readOrgUrl(typed.value);
  return {
    agent: {
      ...look,
      host: settings?.host,
      client: settings?.client,
      now: look.orgTime,
      ask: (what, signal) => askAgent(files, what, signal),
    },
    machine: { root: "/", mayRead: mayRead(files.state), run, now: Date.now },
    ...(org && mayAsk(flags) ? { lookup: lookup(org) } : {}),
    ...(url?.ok ? { org: new URL(url.url) } : {}),
    ...(typed === undefined ? {} : { orgTyped: typed }),
    timeServers: flags.sntp === undefined ? await readTimeServers() : readNamed(flags.sntp),
    connectMs: settings?.connectMs,
    ...(settings?.proxy === undefined ? {} : { proxy: new URL(settings.proxy) }),
    ...(look.trust ? { trust: look.trust } : {}),
  };
}

/** `NAME` or `NAME:PORT`, several with commas between them; an IPv6 address in brackets where a port follows. */
function readNamed(typed: string): KnownTimeServer[] {
  return typed.split(",").map((one) => {
    const [, name, port] = /^(\[[0-9a-f:.]+\]|[^\s:]+|[0-9a-f:.]+)(?::(\d{1,5}))?$/i.exec(one.trim()) ?? [];
    if (name === undefined) throw new Complaint(`${one.trim()} is no time server; write NAME or NAME:PORT`);
    return { host: name.replace(/^\[|\]$/g, ""), ...(port === undefined ? {} : { port: Number(port) }), from: "--sntp", asked: true };
  });
}

/** Without being told of an org, only one that runs on this very machine is asked. A URL without a token is only looked at. */
function mayAsk({ org, data, tokenFile }: Parameters<typeof gatherHost>[1]): boolean {
  if (org !== undefined) return tokenFile !== undefined || process.env["SALLYPORT_TOKEN"] !== undefined;
  return data !== undefined && existsSync(join(data, "admin.sock"));
}

function lookup(org: OrgClient): OrgLookup {
  return {
    url: async () => (await org.get<z.infer<typeof orgView>>("/api/v1/org")).url,
    app: (label) => findApp(org, label),
    host: async (id) => {
      try {
        return await org.get<HostView>(`/api/v1/hosts/${id}`);
      } catch (error) {
        if (error instanceof Complaint && error.details["code"] === "E0000007") return undefined;
        throw error;
      }
    },
  };
}

/** Root may, and whoever runs an agent of their own. */
function mayRead(state: string): boolean {
  const me = process.geteuid?.();
  return me === undefined || me === 0 || statSync(state, { throwIfNoEntry: false })?.uid === me;
}

/** Standard output and error as text; a command that is not installed is no error. */
function run(file: string, args: readonly string[], signal: AbortSignal): Promise<Ran> {
  return new Promise((done, fail) => {
    execFile(file, args, { signal, encoding: "utf8", maxBuffer: 4 * 1024 * 1024 }, (error, out, stderr) => {
      if (error && error.code === "ENOENT") return done({ missing: file });
      if (error && typeof error.code !== "number") return fail(error);
      done({ code: typeof error?.code === "number" ? error.code : 0, out, error: stderr });
    });
  });
}
