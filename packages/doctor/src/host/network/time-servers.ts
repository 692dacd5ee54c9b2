/** The time servers that this machine is set to: of chrony, of ntpd, of systemd-timesyncd. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KnownTimeServer } from "./facts.ts";

interface Place {
  file: string;
  /** A folder: every file in it that ends so. */
  every?: string;
  read(text: string): { host: string; port?: number }[];
}

/** In this order; the first program that names any is the one that is used. */
const PROGRAMS: readonly (readonly Place[])[] = [
  [
    { file: "etc/chrony/chrony.conf", read: readLines },
    { file: "etc/chrony.conf", read: readLines },
    { file: "etc/chrony/conf.d", every: ".conf", read: readLines },
    { file: "etc/chrony/sources.d", every: ".sources", read: readLines },
  ],
  [
    { file: "etc/ntpsec/ntp.conf", read: readLines },
    { file: "etc/ntp.conf", read: readLines },
  ],
  [
    { file: "etc/systemd/timesyncd.conf", read: readTimesyncd },
    { file: "etc/systemd/timesyncd.conf.d", every: ".conf", read: readTimesyncd },
    { file: "run/systemd/timesyncd.conf.d", every: ".conf", read: readTimesyncd },
    { file: "usr/lib/systemd/timesyncd.conf.d", every: ".conf", read: readTimesyncd },
  ],
];

/** `root`: where the machine's files begin. A file that is not there, or that may not be read, names none. */
export async function readTimeServers(root = "/"): Promise<KnownTimeServer[]> {
  for (const places of PROGRAMS) {
    const found = (await Promise.all(places.map((place) => readPlace(root, place)))).flat();
    if (found.length > 0) return found;
  }
  return [];
}

async function readPlace(root: string, { file, every, read }: Place): Promise<KnownTimeServer[]> {
  const names =
    every === undefined ? [file] : (await list(join(root, file))).filter((name) => name.endsWith(every)).map((name) => join(file, name));
  const texts = await Promise.all(names.map(async (name) => ({ name, text: await readFile(join(root, name), "utf8").catch(() => "") })));
  return texts.flatMap(({ name, text }) => read(text).map((server) => ({ ...server, from: `/${name}` })));
}

async function list(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort();
}

/** `server NAME [port N] …` or `pool NAME …` (chrony.conf(5), ntp.conf(5)); 127.127.x.y is a clock that is plugged in. */
function readLines(text: string): { host: string; port?: number }[] {
  return text.split("\n").flatMap((line) => {
    const [word = "", host, ...options] = line.trim().split(/\s+/);
    if (!/^(server|pool|peer)$/i.test(word) || host === undefined || host.startsWith("127.127.")) return [];
    const port = Number(options[options.indexOf("port") + 1]);
    return [{ host, ...(options.includes("port") && Number.isInteger(port) ? { port } : {}) }];
  });
}

/** `NTP=` and, where that is empty, `FallbackNTP=` (timesyncd.conf(5)). */
function readTimesyncd(text: string): { host: string }[] {
  const of = (key: string) =>
    text.split("\n").flatMap((line) => {
      const [name, value = ""] = line.split("=", 2).map((part) => part.trim());
      return name === key ? value.split(/\s+/).filter(Boolean) : [];
    });
  const own = of("NTP");
  return (own.length > 0 ? own : of("FallbackNTP")).map((host) => ({ host }));
}
