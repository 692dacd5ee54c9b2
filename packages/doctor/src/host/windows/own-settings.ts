/** Does our own provider ask for the second factor, and does anything beside it let people in without: its values in the registry. */
import type { Proof } from "@sallyport/contracts";
import type { Answer, Seen } from "../../check.ts";
import { answer, known, type Look, notKnown, PATHS, same, seen, whyNot } from "./look.ts";
import { ours, SALLYPORT_CLSID } from "./provider.ts";

type Name = "Armed" | "Filter" | "RdpOnly" | "Disable" | "Scenarios";

/** What the provider goes by where a value is not there (native/windows/provider/system.h). */
const LEFT_OUT: Record<Name, number> = { Armed: 1, Filter: 1, RdpOnly: 0, Disable: 0, Scenarios: 7 };
/** Bits of `Scenarios`: 1 logon, 2 unlocking, 4 elevation. */
const LOGON_AND_UNLOCK = 3;

/** What a value stands for that opens a way past the second factor. */
const RISKS: [Name, (value: number) => boolean, string][] = [
  ["Disable", (value) => value === 1, "the provider and its filter stand aside: people log on as without them"],
  ["RdpOnly", (value) => value === 1, "only remote desktop asks for the second factor, the machine itself does not"],
  ["Filter", (value) => value === 0, "the tiles of other providers stay, which ask for no second factor"],
  ["Scenarios", (value) => (value & LOGON_AND_UNLOCK) !== LOGON_AND_UNLOCK, "logon or unlocking goes by without the second factor"],
];

export function ownSettings(look: Look, title: string): Answer {
  const settings = known(look, "settings");
  const providers = known(look, "providers");
  if (!settings) return notKnown(title, whyNot(look, "settings"));
  if (!providers) return notKnown(title, whyNot(look, "providers"));
  if (!ours(providers)) return notKnown(title, "the provider is not registered", false);
  const value = (name: Name) => settings.policy[name] ?? settings.local[name] ?? LEFT_OUT[name];
  const proof = (name: Name, means: string): Proof => {
    const from = settings.policy[name] === null ? "local" : "policy";
    const told = settings[from][name] === null ? "not there" : String(settings[from][name]);
    const path = from === "policy" ? PATHS.ownPolicy : PATHS.own;
    return { what: `${path}\\${name}`, value: means === "" ? told : `${told}: ${means}`, where: look.where(`settings.${from}.${name}`) };
  };
  const armed = value("Armed") !== 0;
  const notArmed = proof("Armed", armed ? "" : "the tile asks for no second factor until the machine is armed");
  const risks = RISKS.filter(([name, risky]) => risky(value(name))).map(([name, , means]) => proof(name, means));
  if (value("Filter") !== 0) risks.push(...filterMissing(look));
  risks.push(...othersAllowed(look));
  // Before it is armed nothing is meant to be closed: one finding says all.
  if (!armed) return answer(seen("agent.not-armed", "confirmed", notArmed));
  const rows = RISKS.map(([name]) => proof(name, ""));
  const risky: Seen = risks.length > 0 ? seen("config.risky", "confirmed", ...risks) : seen("config.risky", "ruled-out", ...rows);
  return answer(seen("agent.not-armed", "ruled-out", notArmed), risky);
}

function filterMissing(look: Look): Proof[] {
  const filters = known(look, "filters");
  const own = filters?.find(({ clsid }) => same(clsid, SALLYPORT_CLSID));
  if (!filters || (own && (own.disabled ?? 0) === 0 && own.dllPresent !== false)) return [];
  const value = `${own ? "switched off, or its file is not there" : "not registered"}: the tiles of other providers stay`;
  return [{ what: `${PATHS.filters}\\${SALLYPORT_CLSID}`, value, where: look.where("filters") }];
}

function othersAllowed(look: Look): Proof[] {
  const settings = known(look, "settings");
  const from = settings?.policy.AllowProviders === null ? "local" : "policy";
  const list = settings?.[from].AllowProviders ?? "";
  if (list.trim() === "") return [];
  const path = from === "policy" ? PATHS.ownPolicy : PATHS.own;
  const value = `${list}: these tiles stay beside ours, and ask for no second factor of Sallyport's`;
  return [{ what: `${path}\\AllowProviders`, value, where: look.where(`settings.${from}.AllowProviders`) }];
}
