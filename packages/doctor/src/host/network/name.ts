/** The name of whatever is connected to first; and if it does not resolve, which name server says what. */
import { getServers, Resolver } from "node:dns/promises";
import type { Answer } from "../../check.ts";
import { hostOf, Unresolved } from "../../probe/connect.ts";
import { codeOf, proof, saw } from "../../probe/judge.ts";
import { Late, type Visit } from "../../probe/visit.ts";

const SAID: Record<string, string> = {
  ENOTFOUND: "no such name (ENOTFOUND)",
  ENODATA: "the name has no address (ENODATA)",
  EAI_AGAIN: "no name server answered (EAI_AGAIN)",
};
const SERVER_SAID: Record<string, string> = {
  ENOTFOUND: "no such name (NXDOMAIN)",
  ENODATA: "the name is there, without an address",
  ETIMEOUT: "no answer",
  ECONNREFUSED: "nothing listens there",
  ESERVFAIL: "it cannot find out (SERVFAIL)",
  EREFUSED: "it refuses (REFUSED)",
};
const SERVER_MS = 700;
const MOST_SERVERS = 3;

export async function judgeName(visit: Visit, signal: AbortSignal): Promise<Answer> {
  const host = hostOf(visit.first);
  const whose = visit.plan.proxy === undefined ? "" : "proxy ";
  try {
    const addresses = await visit.addresses(signal);
    return { seen: [saw("net.dns", "ruled-out", `${whose}${host}`, addresses.slice(0, 4).join(", "))] };
  } catch (error) {
    if (signal.aborted || !(error instanceof Late || error instanceof Unresolved)) throw error;
    const code = error instanceof Late ? error.message : error.code;
    const servers = await askServers(host);
    return { seen: [{ cause: "net.dns", verdict: "confirmed", evidence: [proof(`${whose}${host}`, SAID[code] ?? code), ...servers] }] };
  }
}

/** Each name server by itself: the system tells only what came of all of them, and of the hosts file. */
function askServers(host: string) {
  const servers = getServers().slice(0, MOST_SERVERS);
  return Promise.all(
    servers.map(async (server) => {
      const resolver = new Resolver({ timeout: SERVER_MS, tries: 1 });
      resolver.setServers([server]);
      const said = await resolver.resolve4(host).then(
        (addresses) => addresses.join(", "),
        (error: unknown) => SERVER_SAID[codeOf(error)] ?? codeOf(error),
      );
      return proof(`name server ${server}`, said);
    }),
  );
}
