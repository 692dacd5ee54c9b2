/** Check characters that locate one wrong character in a block: a Reed–Solomon code over GF(32) with two parity symbols. */

/** Data symbols in a full block, and its length with the two parity symbols. Must stay below 32 (the field's size). */
export const BLOCK_DATA = 23;
export const BLOCK_LENGTH = BLOCK_DATA + 2;

/** Powers of the generator 2 in GF(2^5) with the primitive polynomial x^5 + x^2 + 1, and their logarithms. */
const POWER: number[] = [];
const LOG: number[] = [];
for (let i = 0, x = 1; i < 31; i++) {
  POWER[i] = x;
  LOG[x] = i;
  x <<= 1;
  if (x & 32) x ^= 0b100101;
}

function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : (POWER[((LOG[a] ?? 0) + (LOG[b] ?? 0)) % 31] ?? 0);
}

function inverse(a: number): number {
  return POWER[(31 - (LOG[a] ?? 0)) % 31] ?? 0;
}

/** The two sums that are zero for an intact block: Σ c_i and Σ c_i·2^i. */
function syndromes(block: readonly number[]): [number, number] {
  let s0 = 0;
  let s1 = 0;
  for (const [i, symbol] of block.entries()) {
    s0 ^= symbol;
    s1 ^= times(symbol, POWER[i % 31] ?? 0);
  }
  return [s0, s1];
}

/** Appends the two parity symbols that bring both sums to zero. */
export function sealBlock(data: readonly number[]): number[] {
  const n = data.length;
  const [s0, s1] = syndromes(data);
  // p + q = s0 and p·2^n + q·2^(n+1) = s1, solved for q first.
  const at = POWER[n % 31] ?? 0;
  const next = POWER[(n + 1) % 31] ?? 0;
  const q = times(s1 ^ times(s0, at), inverse(at ^ next));
  return [...data, s0 ^ q, q];
}

export type BlockCheck =
  | { fault: "none"; data: number[] }
  | { fault: "one"; index: number; data: number[] }
  | { fault: "many"; data: number[] };

/** Finds a single wrong symbol by its index in the block; two or more are only noticed. `data` has the single mistake repaired. */
export function checkBlock(block: readonly number[]): BlockCheck {
  const data = block.slice(0, -2);
  const [s0, s1] = syndromes(block);
  if (s0 === 0 && s1 === 0) return { fault: "none", data };
  if (s0 === 0 || s1 === 0) return { fault: "many", data };
  const index = ((LOG[s1] ?? 0) - (LOG[s0] ?? 0) + 31) % 31;
  if (index >= block.length) return { fault: "many", data };
  const repaired = block.map((symbol, i) => (i === index ? symbol ^ s0 : symbol)).slice(0, -2);
  return { fault: "one", index, data: repaired };
}
