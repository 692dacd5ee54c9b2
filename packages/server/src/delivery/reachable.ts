/** S34: addresses that others gave are connected to only where everybody could reach them, or where an administrator says so. */
import { type LookupAddress, lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { networkContains, readIp, readNetwork } from "@sallyport/logon";

/** Networks that are no place on the internet (IANA's registries of special-purpose addresses), and those that carry others inside. */
const NOT_PUBLIC = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"],
  ...["192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  // IPv6 outside of 2000::/3 is not global unicast; NAT64 (RFC 6052), Teredo, 6to4 would reach IPv4 addresses.
  ...["::/3", "4000::/2", "8000::/1", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"],
].map(networkOf);

/** Why an address may not be connected to. `code` is `PRIVATE_ADDRESS`. */
export class PrivateAddress extends Error {
  readonly code = "PRIVATE_ADDRESS";
  constructor(host: string) {
    super(`${host} is, or leads to, an address that is not on the internet`);
    this.name = "PrivateAddress";
  }
}

function networkOf(text: string) {
  const network = readNetwork(text);
  if (!network) throw new Error(`${text} is no network`);
  return network;
}

/** @param allowed CIDR networks that count although they are private. What cannot be read is not reachable. */
export function isReachable(address: string, allowed: readonly string[] = []): boolean {
  const ip = readIp(address);
  if (!ip) return false;
  const inside = (text: string) => {
    const network = readNetwork(text);
    return network !== undefined && networkContains(network, ip);
  };
  return allowed.some(inside) || !NOT_PUBLIC.some((network) => networkContains(network, ip));
}

/**
 * For `lookup` of a socket or an agent: gives the very addresses that were looked at, and none if one of them is private: a name server
 * that answers otherwise the next time is not asked again. A host that is an address is never looked up: see `judgeHost`.
 */
export function reachableLookup(allowed: readonly string[] = []): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      const addresses = (found ?? []) as LookupAddress[];
      const first = addresses[0];
      if (error) return callback(error, "", 0);
      if (!first || addresses.some(({ address }) => !isReachable(address, allowed))) return callback(new PrivateAddress(hostname), "", 0);
      if (options.all) return callback(null, addresses);
      return callback(null, first.address, first.family);
    });
  };
}

/** Throws `PrivateAddress` for a URL whose host is itself a private address; a name is judged when it is looked up. */
export function judgeHost(url: URL, allowed: readonly string[] = []): void {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !isReachable(host, allowed)) throw new PrivateAddress(host);
}
