/** Does Windows' firewall let connections to the remote desktop port in, on the networks that are connected. */
import type { Proof } from "@sallyport/contracts";
import type { FirewallFacts, ProfileSettings } from "./facts.ts";
import { type FirewallRule, readRule } from "./firewall-rules.ts";
import { PATHS } from "./look.ts";

/** `some`: for some callers, or on some of the networks; the proofs say which. */
export interface FirewallVerdict {
  lets: "everybody" | "some" | "nobody" | "unknown";
  proofs: Proof[];
}
type Stored = FirewallRule & { store: string; id: string };
type Profile = "domain" | "private" | "public";

const NO_RULE = "no rule that is on lets TCP";
const NAMES: Record<number, Profile> = { 1: "domain", 2: "private", 4: "public" };

export function judgeFirewall(firewall: FirewallFacts, port: number, where: (path: string) => string): FirewallVerdict {
  const rules = firewall.rules.flatMap(({ store, id, rule }): Stored[] => {
    const read = readRule(rule);
    return read ? [{ ...read, store, id }] : [];
  });
  const active = [...new Set(firewall.active)];
  if (active.length === 0)
    return { lets: "unknown", proofs: [{ what: "connected networks", value: "none", where: where("firewall.active") }] };
  const verdicts = active.map((bit) => judgeProfile(firewall, NAMES[bit] as Profile, bit, rules, port, where));
  const lets = new Set(verdicts.map((one) => one.lets));
  const proofs = verdicts.flatMap((one) => one.proofs);
  if (lets.size === 1) return { lets: verdicts[0]?.lets ?? "unknown", proofs };
  return { lets: lets.has("unknown") ? "unknown" : "some", proofs };
}

function judgeProfile(
  { local, policy }: FirewallFacts,
  profile: Profile,
  bit: number,
  all: readonly Stored[],
  port: number,
  where: (path: string) => string,
): FirewallVerdict {
  const setting = (name: keyof ProfileSettings) => policy[profile][name] ?? local[profile][name];
  const proof = (value: string, path = `firewall.local.${profile}`): Proof => ({
    what: `firewall, ${profile} networks`,
    value,
    where: where(path),
  });
  const enabled = setting("EnableFirewall");
  if (enabled === null) return { lets: "unknown", proofs: [proof("there is no value EnableFirewall")] };
  if (enabled === 0) return { lets: "everybody", proofs: [proof("EnableFirewall = 0: off")] };
  if (setting("DoNotAllowExceptions") === 1)
    return { lets: "nobody", proofs: [proof("DoNotAllowExceptions = 1: no rule counts, nothing comes in")] };
  const merged = policy[profile].AllowLocalPolicyMerge !== 0;
  const here = all.filter(({ store, profiles }) => (merged || store !== "local") && (profiles & bit) !== 0);
  const matching = here.filter((rule) => rule.active && rule.covers(port));
  const blocked = matching.filter(({ allow }) => !allow);
  const allowed = matching.filter(({ allow }) => allow);
  const told = (rule: Stored) => {
    const verb = rule.allow ? "lets in" : "blocks";
    return proof(
      `rule ${rule.id} ${verb}${rule.conditions.length > 0 ? `, only with ${rule.conditions.join(", ")}` : ""}`,
      "firewall.rules",
    );
  };
  const whole = ({ conditions }: Stored) => conditions.length === 0;
  // A rule that blocks counts before every rule that lets in.
  if (blocked.some(whole)) return { lets: "nobody", proofs: blocked.filter(whole).map(told) };
  // In the registry 0 lets in; Windows blocks where there is no value.
  const open = setting("DefaultInboundAction") === 0;
  if (open || allowed.some(whole)) {
    const proofs = allowed.filter(whole).slice(0, 1).map(told);
    if (blocked.length > 0) return { lets: "some", proofs: blocked.map(told) };
    return { lets: "everybody", proofs: proofs.length > 0 ? proofs : [proof("DefaultInboundAction = 0: everything comes in")] };
  }
  if (allowed.length > 0) return { lets: "some", proofs: allowed.map(told) };
  // A device management sets profiles too, in keys that no page names, so they are not collected.
  if (all.some(({ store }) => store === "mdm"))
    return { lets: "unknown", proofs: [proof(`${NO_RULE} ${port} in, but MDM has settings of its own`)] };
  return { lets: "nobody", proofs: closed(all, bit, merged, port, proof) };
}

/** What stands in the way, so that a person knows what to switch on. */
function closed(
  all: readonly Stored[],
  bit: number,
  merged: boolean,
  port: number,
  proof: (value: string, path?: string) => Proof,
): Proof[] {
  const group = all.filter(({ allow, remoteDesktop, covers }) => allow && remoteDesktop && covers(port));
  const off = group.filter(({ active }) => !active);
  const elsewhere = group.filter(({ active, profiles }) => active && (profiles & bit) === 0);
  const proofs = [proof(`${NO_RULE} ${port} in`, "firewall.rules")];
  for (const { id } of off) proofs.push({ ...proof("Active = FALSE", "firewall.rules"), what: `${PATHS.firewall}\\FirewallRules\\${id}` });
  for (const { id } of elsewhere) proofs.push(proof(`rule ${id} is for other networks`, "firewall.rules"));
  if (!merged) proofs.push({ ...proof("AllowLocalPolicyMerge = 0: rules of the machine itself do not count"), what: PATHS.firewallPolicy });
  return proofs;
}
