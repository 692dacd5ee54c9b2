/** A place in a list, as a link carries it: the sort keys of the last row, so that it stands also when that row is gone. */

export function placeOf(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString("base64url");
}

/** The keys, or null if the text is not such a place. @param count how many there are. */
export function readPlace(text: string, count: number): string[] | null {
  try {
    const keys: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    const good = Array.isArray(keys) && keys.length === count && keys.every((key) => typeof key === "string" && !key.includes("\0"));
    return good ? keys : null;
  } catch {
    return null;
  }
}

export const NO_PLACE = {
  kind: "invalid" as const,
  causes: ["after: is no place in this list; follow the links of the answers as they are"],
};
