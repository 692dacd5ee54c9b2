/** Ids that are made of what they name, so that two builds of one commit have the same. */
import { createHash } from "node:crypto";

/** A UUID in the form of version 8 (RFC 9562: of one's own making). */
export function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
