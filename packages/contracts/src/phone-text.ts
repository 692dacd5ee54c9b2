/** The one spelling of what a phone showed, over which both ends take the hash: without schemas, so that a page loads little. */
import type { ShownRequest } from "./phone.ts";

/**
 * What the hash in an answer covers, UTF-8: a JSON list in a fixed order, so that no two requests have one text.
 * The hash is SHA-256, base64url without padding.
 * @param org origin of the org.
 */
export function shownText(org: string, { user, host, service, address, time }: ShownRequest): string {
  return JSON.stringify(["sallyport push", org, user, host, service, address?.value ?? null, address?.origin ?? null, time]);
}
