/** The remote desktop port of this machine, where xrdp is set up: does it answer, and what does it ask for before a session (MS-RDPBCGR 2.2.1.1). */
import { existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import type { Answer, Check } from "../../check.ts";
import type { HostFacts, MachineFacts } from "../facts.ts";
import { confirmed, ruledOut } from "./evidence.ts";
import { processesOf, type Running } from "./processes.ts";

const SETTINGS = "/etc/xrdp/xrdp.ini";
const USUAL = 3389;
const PROGRAMS = ["xrdp", "xrdp-sesman"];
const ANSWER_MS = 2000;
/** PROTOCOL_SSL and PROTOCOL_HYBRID: what a client of today offers. */
const SSL = 1;
const HYBRID = 2;
/** RDP_NEG_FAILURE's codes (MS-RDPBCGR 2.2.1.2.2). */
const FAILURES: Record<number, string> = {
  1: "SSL_REQUIRED_BY_SERVER",
  2: "SSL_NOT_ALLOWED_BY_SERVER",
  3: "SSL_CERT_NOT_ON_SERVER",
  4: "INCONSISTENT_FLAGS",
  5: "HYBRID_REQUIRED_BY_SERVER",
  6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
};

export type Negotiated = { kind: "selected"; protocol: number } | { kind: "failed"; code: number } | { kind: "none"; why: string };

export function rdpChecks(): Check<HostFacts>[] {
  return [
    {
      code: "host.rdp",
      title: "the remote desktop port",
      dependsOn: [],
      needs: ["machine"],
      run: async ({ machine }, signal) => {
        const settings = settingsOf(processesOf(machine.root));
        const place = listenPlace(machine.root, settings);
        if (place) return judgePort(place, machine, signal);
        return listens(machine.root, USUAL) ? judgePort({ host: "127.0.0.1", port: USUAL }, undefined, signal) : { seen: [] };
      },
    },
  ];
}

interface Place {
  host: string;
  port: number;
}

/** Whether a socket of this machine listens there: state 0A in /proc/net/tcp (proc(5)). */
function listens(root: string, port: number): boolean {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  return ["tcp", "tcp6"].some((table) => {
    try {
      return new RegExp(`^ *\\d+: [0-9A-F]+:${hex} [0-9A-F]+:0000 0A `, "m").test(readFileSync(join(root, "proc/net", table), "utf8"));
    } catch {
      return false;
    }
  });
}

/** As the daemons were told, else the system's own; the session manager's settings stand beside those of xrdp. */
function settingsOf(running: readonly Running[]): string {
  const told = (program: string) =>
    running.flatMap(({ name, command }) => (name === program ? (/ (?:-c|--config) (\S+)/.exec(command)?.slice(1) ?? []) : []))[0];
  const manager = told("xrdp-sesman");
  return told("xrdp") ?? (manager === undefined ? SETTINGS : join(dirname(manager), "xrdp.ini"));
}

/** `port` of xrdp.ini's section Globals: a number, or `tcp://address:port`, several of them with a space between; the first counts. */
export function listenPlace(root: string, settings = SETTINGS): Place | undefined {
  let text: string;
  try {
    text = readFileSync(join(root, settings), "utf8");
  } catch {
    return undefined;
  }
  const globals = /^\[globals\]([\s\S]*?)(?=^\[|(?![\s\S]))/im.exec(text)?.[1] ?? "";
  const first = /^\s*port\s*=\s*(\S+)/m.exec(globals)?.[1] ?? "3389";
  if (/^\d+$/.test(first)) return { host: "127.0.0.1", port: Number(first) };
  const address = /^tcp6?:\/\/(?:\[?([^\]]*?)\]?:)?(\d+)$/.exec(first);
  if (!address) return undefined;
  const host = address[1] ?? "";
  return { host: host === "" || host === "." || host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host, port: Number(address[2]) };
}

/** A port that nobody opens is a fault only where somebody wants it open: a half of xrdp runs, or the system is to start it. */
async function judgeClosed(why: string, where: string, machine: MachineFacts, signal: AbortSignal): Promise<Answer> {
  const running = processesOf(machine.root).filter(({ name }) => PROGRAMS.includes(name));
  const state = { what: "runs", value: running.map(({ name }) => name).join(", ") || "neither xrdp nor xrdp-sesman", where: "/proc" };
  const closed = confirmed("host.rdp-closed", [{ what: "port", value: why, where }, state]);
  const unit = await unitState(machine, signal);
  const start = { what: "systemctl is-enabled xrdp", value: unit ?? "", where: "systemd" };
  if (unit === "enabled") return { seen: [closed] };
  if (running.length === 0)
    return { seen: [], missed: [{ what: "the remote desktop port", why: "xrdp is installed, and neither runs nor is to be started" }] };
  const off = unit === "disabled" || unit === "masked";
  return { seen: off ? [confirmed("host.remote-off", [start]), closed] : [closed] };
}

/** `undefined` where no systemd runs. */
async function unitState({ root, run }: MachineFacts, signal: AbortSignal): Promise<string | undefined> {
  if (!existsSync(join(root, "run/systemd/system"))) return undefined;
  const done = await run("systemctl", ["is-enabled", "xrdp"], signal);
  return "missing" in done ? undefined : done.out.trim();
}

/** Without `machine` no xrdp is set up: then only what answers as a remote desktop is judged. */
async function judgePort({ host, port }: Place, machine: MachineFacts | undefined, signal: AbortSignal): Promise<Answer> {
  const where = `${host}:${port}`;
  const [offered, bare] = await Promise.all([negotiate({ host, port }, SSL | HYBRID, signal), negotiate({ host, port }, SSL, signal)]);
  if (offered.kind === "none") return machine ? judgeClosed(offered.why, where, machine, signal) : { seen: [] };
  const seen = [ruledOut("host.rdp-closed", "the port", "answers", where), ruledOut("host.remote-off", "the port", "answers", where)];
  if (bare.kind === "failed" && (bare.code === 5 || bare.code === 6)) {
    // Right for clients of today; whoever has an older one cannot connect.
    const proof = { what: "required", value: `a client without NLA is refused: ${FAILURES[bare.code]}`, where };
    return { seen: [...seen, { cause: "host.nla", verdict: "candidate", evidence: [proof] }] };
  }
  const available = offered.kind === "selected" && (offered.protocol & HYBRID) !== 0;
  const told = available ? "offered, not required" : "not offered, as with xrdp";
  return { seen: [...seen, ruledOut("host.nla", "NLA", told, where)] };
}

/**
 * One X.224 connection request with an RDP negotiation request (MS-RDPBCGR 2.2.1.1): TPKT 03 00, length; LI, CR e0; type 1, flags, length 8,
 * protocols, little-endian. A server that selects what nobody asked for, as xrdp does, has not got it.
 */
export function negotiate({ host, port }: Place, protocols: number, signal: AbortSignal): Promise<Negotiated> {
  return new Promise((done) => {
    const socket = connect({ host, port, signal });
    const end = (answer: Negotiated) => {
      socket.destroy();
      done(answer);
    };
    let got = Buffer.alloc(0);
    const silent = () => (socket.connecting ? "no answer at all: dropped on the way" : "takes connections and does not answer");
    socket.setTimeout(ANSWER_MS, () => end({ kind: "none", why: silent() }));
    socket.once("error", ({ code, message }: NodeJS.ErrnoException) => {
      end({ kind: "none", why: code === "ECONNREFUSED" ? "nothing listens" : message });
    });
    socket.once("close", () => end({ kind: "none", why: "closes the connection without an answer" }));
    socket.once("connect", () => socket.write(Buffer.from([3, 0, 0, 19, 14, 0xe0, 0, 0, 0, 0, 0, 1, 0, 8, 0, protocols, 0, 0, 0])));
    socket.on("data", (part: Buffer) => {
      got = Buffer.concat([got, part]);
      const read = readConfirm(got);
      if (read) end(read);
    });
  });
}

/** `undefined` until it is whole. Without a negotiation response the server speaks plain RDP security, protocol 0. */
function readConfirm(got: Buffer): Negotiated | undefined {
  if (got.length < 4) return undefined;
  const length = got.readUInt16BE(2);
  if (got[0] !== 3 || length < 11 || length > 512) return { kind: "none", why: "answers, but not as a remote desktop does" };
  if (got.length < length) return undefined;
  if (((got[5] ?? 0) & 0xf0) !== 0xd0) return { kind: "none", why: "answers, but not as a remote desktop does" };
  if (length < 19) return { kind: "selected", protocol: 0 };
  const value = got.readUInt32LE(15);
  return got[11] === 3 ? { kind: "failed", code: value } : { kind: "selected", protocol: value };
}
