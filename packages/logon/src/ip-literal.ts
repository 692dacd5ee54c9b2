/** Reads IP literals and CIDR networks as numbers; an IPv4 address mapped into IPv6 counts as IPv4 (RFC 4291 §2.5.5.2). */

export interface IpAddress {
  family: 4 | 6;
  value: bigint;
}

export interface Network extends IpAddress {
  /** Length of the prefix in bits. */
  prefix: number;
}

const MAPPED = 0xffffn << 32n;

/** `undefined` for anything that is not exactly one IPv4 or IPv6 literal; zone ids (`%eth0`) are none. */
export function readIp(text: string): IpAddress | undefined {
  if (text.includes(":")) {
    const value = readIpv6(text);
    if (value === undefined) return undefined;
    return value >> 32n === MAPPED >> 32n ? { family: 4, value: value & 0xffffffffn } : { family: 6, value };
  }
  const value = readIpv4(text);
  return value === undefined ? undefined : { family: 4, value };
}

/** `203.0.113.0/24`, `2001:db8::/32`, or a single address. Bits behind the prefix must be zero: else it is a mistake. */
export function readNetwork(text: string): Network | undefined {
  const [address = "", length, ...rest] = text.split("/");
  const ip = readIp(address);
  if (!ip || rest.length > 0 || (length !== undefined && !/^(0|[1-9][0-9]{0,2})$/.test(length))) return undefined;
  const bits = ip.family === 4 ? 32 : 128;
  const mapped = ip.family === 4 && address.includes(":") ? 96 : 0;
  const prefix = length === undefined ? bits : Number(length) - mapped;
  if (prefix < 0 || prefix > bits) return undefined;
  const rest0 = ip.value & ((1n << BigInt(bits - prefix)) - 1n);
  return rest0 === 0n ? { ...ip, prefix } : undefined;
}

export function networkContains(network: Network, ip: IpAddress): boolean {
  const bits = BigInt((network.family === 4 ? 32 : 128) - network.prefix);
  return network.family === ip.family && network.value >> bits === ip.value >> bits;
}

function readIpv4(text: string): bigint | undefined {
  const parts = text.split(".");
  // A leading zero would be octal to some readers and decimal to others: it is refused.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function readIpv6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = readGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? readGroups(halves[1] ?? "", true) : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: halves.length === 1 ? 0 : missing }, () => 0), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

function readGroups(text: string, last: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes(".")) {
      const ipv4 = readIpv4(part);
      if (ipv4 === undefined) return undefined;
      groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn));
    } else {
      if (!/^[0-9A-Fa-f]{1,4}$/.test(part)) return undefined;
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}
