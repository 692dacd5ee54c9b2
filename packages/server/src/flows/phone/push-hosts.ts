/** Which push services a phone may name (S34): those of the browsers, and those that an administrator adds. */
import * as z from "zod";
import { type Caller, done, inUnit, type Outcome } from "../management/outcome.ts";
import type { Store, Tx } from "../store.ts";

/** Push services of Chrome and Edge on Android, Firefox, Safari, and Windows; a leading `*.` stands for one or more labels. */
export const KNOWN_PUSH_HOSTS = [
  "fcm.googleapis.com",
  "updates.push.services.mozilla.com",
  "*.push.services.mozilla.com",
  "web.push.apple.com",
  "*.push.apple.com",
  "*.notify.windows.com",
] as const;
const NAME = "push-hosts";
const document = z.array(z.string());

/** Host names that an administrator added: these, and only these, may stand for a private address. */
export async function addedPushHosts(tx: Tx): Promise<string[]> {
  return document.parse((await tx.settings.byName(NAME))?.document ?? []);
}

export type PushHost = "known" | "added";

/** How the host of this https address is allowed; undefined: it is not. */
export function pushHostOf(endpoint: string, added: readonly string[]): PushHost | undefined {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url?.protocol !== "https:" || url.username !== "" || url.password !== "") return undefined;
  const { hostname, port } = url;
  if (added.includes(hostname)) return "added";
  // Another port of a known service is none of its browsers' addresses.
  return port === "" && KNOWN_PUSH_HOSTS.some((known) => fits(hostname, known)) ? "known" : undefined;
}

function fits(hostname: string, known: string): boolean {
  return known.startsWith("*.") ? hostname.endsWith(known.slice(1)) : hostname === known;
}

export function setPushHosts(store: Store, caller: Caller, hosts: string[]): Promise<Outcome<string[]>> {
  return inUnit(store, async (tx) => {
    const before = await addedPushHosts(tx);
    const sorted = [...new Set(hosts.map((host) => host.toLowerCase()))].sort();
    if (JSON.stringify(before) !== JSON.stringify(sorted)) {
      await tx.settings.put({ name: NAME, document: sorted, sealedSecret: "", updated: tx.now, updatedBy: caller.actor.id });
      await tx.log.append({ type: "push.hosts-changed", actor: caller.actor, outcome: "success", data: { hosts: sorted, before } });
    }
    return done(sorted);
  });
}
