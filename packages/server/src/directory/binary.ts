/** Values of Active Directory that are bytes or counts of its own: GUIDs, SIDs and times. */

/** The canonical text of a GUID; its first three parts are stored little-endian (MS-DTYP §2.3.4.2). */
export function guidText(bytes: Buffer): string | undefined {
  if (bytes.length !== 16) return undefined;
  const parts = [swapped(bytes, 0, 4), swapped(bytes, 4, 6), swapped(bytes, 6, 8), bytes.subarray(8, 10), bytes.subarray(10)];
  return parts.map((part) => part.toString("hex")).join("-");
}

/** The bytes of a GUID's canonical text, as they are stored. */
export function guidBytes(text: string): Buffer | undefined {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return undefined;
  const bytes = Buffer.from(text.replaceAll("-", ""), "hex");
  return Buffer.concat([swapped(bytes, 0, 4), swapped(bytes, 4, 6), swapped(bytes, 6, 8), bytes.subarray(8)]);
}

const swapped = (bytes: Buffer, from: number, to: number) => Buffer.from(bytes.subarray(from, to)).reverse();

/** `S-1-5-21-…` (MS-DTYP §2.4.2.1). */
export function sidText(bytes: Buffer): string | undefined {
  const count = bytes[1] ?? 0;
  if (bytes[0] !== 1 || count > 15 || bytes.length !== 8 + 4 * count) return undefined;
  const parts = Array.from({ length: count }, (_, index) => bytes.readUInt32LE(8 + 4 * index));
  return ["S-1", bytes.readUIntBE(2, 6), ...parts].join("-");
}

/** The group of the same domain with this relative id. */
export const sibling = (sid: string, rid: string): string => `${sid.slice(0, sid.lastIndexOf("-"))}-${rid}`;

/** Hundreds of nanoseconds since 1601, as in `accountExpires` (MS-ADTS §3.1.1.1.8). */
const EPOCH = 116_444_736_000_000_000n;
export const fileTime = (ms: number): bigint => BigInt(ms) * 10_000n + EPOCH;

/** Milliseconds since 1970; undefined for *never*, which is written as 0 or as the largest number. */
export function expiryMs(value: string): number | undefined {
  if (!/^\d{1,19}$/.test(value)) return undefined;
  const ticks = BigInt(value);
  return ticks === 0n || ticks >= 0x7fffffffffffffffn ? undefined : Number((ticks - EPOCH) / 10_000n);
}

/** Milliseconds since 1970 of a generalized time in UTC, such as `20261125174414Z` or `20261125174414.0Z` (RFC 4517 §3.3.13). */
export function generalizedMs(value: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,]\d+)?Z$/
    .exec(value)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

export const generalizedTime = (ms: number): string => `${new Date(ms).toISOString().replace(/[-:T]|\.\d+Z$/g, "")}Z`;
