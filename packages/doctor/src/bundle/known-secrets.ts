/** Looks once more before a bundle is written whether a secret that this machine really has stands in it, in any plain encoding. */

/** Shorter ones would be found everywhere. */
const SHORTEST = 8;

/** @param secrets texts as they stand in their files or in the environment. */
export function holdsSecret(text: string, secrets: readonly string[]): boolean {
  return secrets.flatMap(encodings).some((one) => text.includes(one));
}

/** As it is, within JSON, in hex, and in base64 and base64url at each of the three places at which it can begin. */
function encodings(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const based = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes]);
    // The characters at either end also depend on the neighbours.
    const begin = Math.ceil((offset * 8) / 6);
    const end = Math.floor((shifted.length * 8) / 6);
    return (["base64", "base64url"] as const).map((encoding) => shifted.toString(encoding).slice(begin, end));
  });
  return [secret, JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase(), ...based];
}
