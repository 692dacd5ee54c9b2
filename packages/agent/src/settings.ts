/** The agent's settings: where they stand, what may be in them, what stands in for what is left out. */
import { dirname, join } from "node:path";
import { describeComplaint, readStrictJson } from "@sallyport/settings";
import * as z from "zod";
import type { Finding } from "./finding.ts";
import { readOwnFile } from "./state/files.ts";
import { readTypedValues } from "./typed-values.ts";

/** A person may have typed it: what is wrong with it is judged by `readTypedValues`, so that a logon can name the place. */
const typed = z.string().min(1).max(512);
const path = z.string().regex(/^(\/|[A-Za-z]:\\)/, "an absolute path");
const ms = (least: number, most: number) => z.int().min(least).max(most);

/** `agent.json`. What is described here is the page docs/configure.md. */
export const agentSettings = z.strictObject({
  org: typed.describe("The org's address: scheme, name and port only. Enrolment writes it."),
  host: typed.describe("This machine's id in the org. Enrolment writes it."),
  client: typed.optional().describe("Client id of a `legacy` machine, which signs with that client's secret (docs/client-secrets.md)."),
  decisionKey: z
    .string()
    .length(43)
    .optional()
    .describe("Thumbprint (RFC 7638, SHA-256) of the org's decision key, as enrolled. A different key in `host.json` is refused."),
  state: path.optional().describe("Folder of the key, the counters and the kept reports. Left out: `/var/lib/sallyport`."),
  socket: path.optional().describe("The door. Left out: `/run/sallyport/agent.sock`. Then PAM needs `socket=PATH` as well."),
  log: path.optional().describe("The agent's log, one JSON object a line. Left out: `/var/log/sallyport/agent.log`."),
  proxy: z
    .string()
    .regex(/^http:\/\/[^/@\s]+$/, "http://name:port")
    .optional()
    .describe("`http://name:port` of a forward proxy (CONNECT). No fail mode opens for what happens behind one."),
  timeouts: z
    .strictObject({
      connectMs: ms(100, 30_000).optional().describe("Until the org's name is found, connected to and proved. Left out: 3000."),
      answerMs: ms(500, 60_000).optional().describe("Until the org has answered one question. Left out: 10000."),
      promptMs: ms(1000, 600_000).optional().describe("What a person may take in all. Left out: 120000."),
      serialMs: ms(500, 30_000)
        .optional()
        .describe("The same for callers that take one logon after the other, as xrdp does. Left out: 3000."),
    })
    .optional()
    .describe("Milliseconds."),
  selfCheckSeconds: z
    .int()
    .min(10)
    .max(3600)
    .optional()
    .describe("How often the machine checks itself and takes the newest policy. Left out: 300."),
  connections: z.int().min(4).max(10_000).optional().describe("Logons at a time; beyond it the agent refuses. Left out: 1024."),
});

/** All files of one agent. */
export interface AgentFiles {
  settings: string;
  state: string;
  socket: string;
  /** Second socket in the door's folder, for `arm` and `status` of the same machine's CLI. */
  control: string;
  log: string;
}

export interface Settings {
  files: AgentFiles;
  org: string;
  /** As it stands in the file. */
  orgTyped: string;
  host: string;
  client: string | undefined;
  /** A typed value that cannot be right: the agent runs, and refuses every logon with this finding. */
  mistyped: Finding | undefined;
  /** What was forgiven and is worth a finding. */
  findings: Finding[];
  decisionKey: string | undefined;
  proxy: string | undefined;
  connectMs: number;
  answerMs: number;
  /** How long a person may take in all (120 s). */
  promptMs: number;
  /** How long a logon through a provider without conversation may take in all (3 s). */
  serialMs: number;
  selfCheckMs: number;
  /** Connections of providers at a time; beyond it the agent refuses. */
  connections: number;
}

/** Names of the pipes that the relay makes (native/windows/relay): one service a machine has them. Windows lets administrators and the system
 * alone make names below this prefix: whoever opens one speaks with one of them. */
const PIPE = "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport";
const PIPES = { socket: PIPE, control: `${PIPE}-control` };

/** Where an agent's files stand: in the system's folders, or all in one if `state` is given. */
export function agentFiles(state?: string): AgentFiles {
  if (process.platform === "win32") {
    const folder = state ?? join(process.env["ProgramData"] ?? "C:\\ProgramData", "Sallyport");
    return { settings: join(folder, "agent.json"), state: folder, ...PIPES, log: join(folder, "agent.log") };
  }
  if (state !== undefined) {
    return {
      settings: join(state, "agent.json"),
      state,
      socket: join(state, "agent.sock"),
      control: join(state, "control.sock"),
      log: join(state, "agent.log"),
    };
  }
  return {
    settings: "/etc/sallyport/agent.json",
    state: "/var/lib/sallyport",
    socket: "/run/sallyport/agent.sock",
    control: "/run/sallyport/control.sock",
    log: "/var/log/sallyport/agent.log",
  };
}

/** Longest path of a Unix socket on Linux, without the NUL. */
const SOCKET_PATH = 107;

/** Reads and checks the settings. Causes: `config.missing`, `config.unreadable`, `config.exposed`, `config.invalid`. */
export function readSettings(state?: string): { ok: true; settings: Settings } | { ok: false; finding: Finding } {
  const defaults = agentFiles(state);
  const read = readOwnFile(defaults.settings, { secret: false });
  if (!read.ok) return read;
  const parsed = readStrictJson(read.text, agentSettings, { file: defaults.settings });
  if (!parsed.ok) {
    const [first] = parsed.complaints;
    const lines = parsed.complaints.map((c) => describeComplaint(defaults.settings, c)).join("\n");
    return invalid(defaults.settings, lines, first?.line, first?.column);
  }
  const { value } = parsed;
  const files = {
    settings: defaults.settings,
    state: value.state ?? defaults.state,
    socket: value.socket ?? defaults.socket,
    control: value.socket ? join(dirname(value.socket), "control.sock") : defaults.control,
    log: value.log ?? defaults.log,
  };
  if (Buffer.byteLength(files.socket) > SOCKET_PATH) {
    return invalid(defaults.settings, `socket: the path ${files.socket} is longer than ${SOCKET_PATH} bytes`);
  }
  const times = value.timeouts ?? {};
  return {
    ok: true,
    settings: {
      files,
      orgTyped: value.org,
      host: value.host,
      ...readTypedValues(defaults.settings, value),
      decisionKey: value.decisionKey,
      proxy: value.proxy,
      connectMs: times.connectMs ?? 3000,
      answerMs: times.answerMs ?? 10_000,
      promptMs: times.promptMs ?? 120_000,
      serialMs: times.serialMs ?? 3000,
      selfCheckMs: (value.selfCheckSeconds ?? 300) * 1000,
      connections: value.connections ?? 1024,
    },
  };
}

function invalid(file: string, reason: string, line?: number, column?: number): { ok: false; finding: Finding } {
  const place = line === undefined || column === undefined ? {} : { line, column };
  return { ok: false, finding: { cause: "config.invalid", evidence: { file, reason, ...place } } };
}

/** Folder of the door's socket; none where the door is a pipe. */
export function doorFolder(settings: Settings): string | undefined {
  return settings.files.socket === PIPES.socket ? undefined : dirname(settings.files.socket);
}
