/** What a support bundle says of the machine itself: versions, the system, its clock; of the environment only which names are set. */
import os from "node:os";
import type { BundlePart } from "@sallyport/doctor";
import { VERSION } from "../version.ts";
import { readIfThere } from "./doctor-bundle-read.ts";

/** Variables that change what our programs do. Their values stay out: a proxy's holds a password now and then. */
const VARIABLES = [
  "SALLYPORT_TOKEN",
  "SALLYPORT_DATA",
  "NODE_OPTIONS",
  "NODE_EXTRA_CA_CERTS",
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "TZ",
];

export function systemFacts(env: NodeJS.ProcessEnv): BundlePart {
  const now = new Date();
  const content = {
    sallyport: VERSION,
    node: process.versions.node,
    openssl: process.versions.openssl,
    platform: process.platform,
    arch: process.arch,
    kernel: plain(os.release()),
    system: release(),
    uid: process.geteuid?.() ?? null,
    memoryBytes: os.totalmem(),
    freeBytes: os.freemem(),
    processors: os.cpus().length,
    uptimeSeconds: Math.round(os.uptime()),
    time: now.toISOString(),
    zoneMinutes: -now.getTimezoneOffset(),
    set: VARIABLES.filter((name) => env[name] !== undefined),
  };
  return { name: "system", from: "this machine", content, leftOut: [] };
}

/** `debian 12`, from os-release(5). */
function release(): string | null {
  const read = readIfThere("/etc/os-release");
  if (!read.ok) return null;
  const field = (name: string) => new RegExp(`^${name}="?([a-z0-9.-]{1,20})"?$`, "m").exec(read.text)?.[1];
  return [field("ID"), field("VERSION_ID")].filter(Boolean).join(" ");
}

function plain(text: string): string | null {
  return /^[0-9A-Za-z.+~_-]{1,64}$/.test(text) ? text : null;
}
