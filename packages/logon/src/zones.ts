/** Whether a client address lies in a zone: yes, no, or not known (S35). */
import type { ClientAddress, Zone } from "@sallyport/contracts";
import { networkContains, readIp, readNetwork } from "./ip-literal.ts";

export type InZone = "inside" | "outside" | "unknown";

/** Only an IP literal of the TCP peer can be judged: missing, claimed and host names are unknown. */
export function judgeZone(zone: Zone, address: ClientAddress | undefined): InZone {
  const ip = address?.origin === "socket" ? readIp(address.value) : undefined;
  if (!ip) return "unknown";
  const inside = zone.cidrs.some((cidr) => {
    const network = readNetwork(cidr);
    return network !== undefined && networkContains(network, ip);
  });
  return inside ? "inside" : "outside";
}

/** Names of the zones among `names` that all `addresses` are in; a zone that does not exist holds nobody. */
export function sharedZones(names: readonly string[], zones: readonly Zone[], addresses: readonly (ClientAddress | undefined)[]): string[] {
  return names.filter((name) => {
    const zone = zones.find((one) => one.name.toLowerCase() === name.toLowerCase());
    return zone !== undefined && addresses.every((address) => judgeZone(zone, address) === "inside");
  });
}

/** A sentence about what is wrong with a typed network, or undefined. */
export function checkCidr(text: string): string | undefined {
  if (readNetwork(text)) return undefined;
  const [address = ""] = text.split("/");
  if (!readIp(address)) return `“${text}” is not an IP network such as 203.0.113.0/24 or 2001:db8::/32`;
  return `“${text}” is not exact: its length is out of range, or it names an address inside the network`;
}

const ALWAYS_REMOTE = new Set(["xrdp", "rdp", "sshd"]);

/** S35: these services are remote whatever they say of the address; others are if they name one. */
export function isRemote(service: string, address: ClientAddress | undefined): boolean {
  return ALWAYS_REMOTE.has(service) || address !== undefined;
}
