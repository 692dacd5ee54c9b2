/** Versions of resources as HTTP knows them: If-Match and If-None-Match (RFC 7644 §3.14). */
import { ScimFault } from "./fault.ts";
import type { KindHandler, ScimCall } from "./kind-handler.ts";
import { WHOLE } from "./project.ts";
import { isObject, type Resource } from "./schemas.ts";

export function versionOf(resource: Resource): string | undefined {
  const version = isObject(resource["meta"]) ? resource["meta"]["version"] : undefined;
  return typeof version === "string" ? version : undefined;
}

/** True if the header names this version, or any. Weak as ours are, they are compared without their `W/`. */
export function names(header: string, version: string | undefined): boolean {
  const plain = (tag: string) => tag.trim().replace(/^W\//i, "");
  return header.split(",").some((tag) => tag.trim() === "*" || (version !== undefined && plain(tag) === plain(version)));
}

/** Refuses a change of what somebody else has changed since the client read it. */
export async function judgeVersion(call: ScimCall, handler: KindHandler, id: string, header: string): Promise<void> {
  const now = versionOf(await handler.read(call, id, WHOLE));
  if (!names(header, now)) throw new ScimFault(412, undefined, "the resource has changed since that version");
}
