/** Are remote connections allowed, and with network level authentication: the group policy counts before the machine's own value. */
import type { Proof } from "@sallyport/contracts";
import type { Answer } from "../../check.ts";
import { NLA_OFF, REMOTE_OFF, type ValueRule } from "../../registry-values.ts";
import { answer, BUILD_8, known, type Look, notKnown, PATHS, seen, whyNot } from "./look.ts";

type Name = "fDenyTSConnections" | "UserAuthentication" | "SecurityLayer";
/** The value that counts, and where it stands; `null` where Windows has neither. */
type Effective = { value: number; proof: (means?: string) => Proof } | { value: null } | { why: string };

export function remoteOff(look: Look, title: string): Answer {
  const effective = effectiveValue(look, "fDenyTSConnections", PATHS.terminalServer);
  if ("why" in effective) return notKnown(title, effective.why);
  if (effective.value === null) return notKnown(title, "there is no value fDenyTSConnections, which Windows writes when it is set up");
  return answer(judged(REMOTE_OFF, effective, "confirmed", "remote connections are allowed"));
}

export function networkLevelAuthentication(look: Look, title: string): Answer {
  const effective = effectiveValue(look, "UserAuthentication", PATHS.rdpTcp);
  if ("why" in effective) return notKnown(title, effective.why);
  if (effective.value === null) return byDefault(look, title);
  const layer = effectiveValue(look, "SecurityLayer", PATHS.rdpTcp);
  if (effective.value !== 0 && "value" in layer && layer.value === 0)
    return answer(seen("host.nla", "candidate", effective.proof("asked for"), layer.proof("RDP's own encryption, which has no NLA")));
  // Other set-ups work without NLA, so its absence alone proves nothing.
  return answer(judged(NLA_OFF, effective, "candidate", "asked for"));
}

/** Source: policy “Require user authentication for remote connections by using NLA”: enforced by default from Windows 8 and Server 2012. */
function byDefault(look: Look, title: string): Answer {
  const machine = known(look, "machine");
  if (!machine) return notKnown(title, whyNot(look, "machine"));
  const proof = (value: string): Proof => ({
    what: `${PATHS.rdpTcp}\\UserAuthentication`,
    value: `not there: ${value} in build ${machine.build}`,
    where: look.where("terminalServer.UserAuthentication"),
  });
  if (machine.build >= BUILD_8) return answer(seen("host.nla", "ruled-out", proof("asked for by default")));
  return answer(seen("host.nla", "candidate", proof("not asked for by default")));
}

function effectiveValue(look: Look, name: Name, path: string): Effective {
  const policy = known(look, "terminalServerPolicy");
  // What a policy that could not be read says counts before the machine's own value.
  if (!policy) return { why: whyNot(look, "terminalServerPolicy") };
  const proof = (fact: string, key: string, value: number) => (means?: string) => ({
    what: `${key}\\${name}`,
    value: means === undefined ? String(value) : `${value}: ${means}`,
    where: look.where(`${fact}.${name}`),
  });
  const set = policy[name];
  if (set !== null) return { value: set, proof: proof("terminalServerPolicy", PATHS.terminalPolicy, set) };
  const own = known(look, "terminalServer");
  if (!own) return { why: whyNot(look, "terminalServer") };
  const value = own[name];
  return value === null ? { value } : { value, proof: proof("terminalServer", path, value) };
}

function judged(
  rule: ValueRule,
  effective: { value: number; proof: (means?: string) => Proof },
  wrong: "confirmed" | "candidate",
  right: string,
) {
  if (rule.wrong(effective.value)) return seen(rule.cause, wrong, effective.proof(rule.means));
  return seen(rule.cause, "ruled-out", effective.proof(right));
}
