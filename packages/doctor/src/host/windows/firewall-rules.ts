/** Reads firewall rules as the registry holds them ([MS-GPFAS] 2.2.2.19, “Firewall Rule and the Firewall Rule Grammar Rule”). */

export interface FirewallRule {
  allow: boolean;
  active: boolean;
  /** Bits as FW_PROFILE_TYPE has them: 1 domain, 2 private, 4 public. */
  profiles: number;
  /** Of the group “Remote Desktop”, whatever Windows' language. */
  remoteDesktop: boolean;
  /** True if the rule is about this port, and about the remote desktop service or any program. */
  covers(port: number): boolean;
  /** Fields that narrow the rule down to some callers: `RA4=LocalSubnet`. */
  conditions: string[];
}

const PROFILES: Record<string, number> = { domain: 1, private: 2, public: 4 };
const EVERY_PROFILE = 7;
const TCP = "6";
/** The group's name as a resource of FirewallAPI.dll. */
const REMOTE_DESKTOP = "@FirewallAPI.dll,-28752";
/** Fields that narrow nothing down. Any other one does, also one that later versions add. */
const HARMLESS =
  /^(?:Action|Active|Dir|Protocol|Profile|LPort|LPort2_10|App|Svc|Name|Desc|EmbedCtxt|Edge|Defer|LPort2_20|LPort2_24|LPort2_29)$/;

/** `undefined` for a rule that is not for what comes in by TCP. */
export function readRule(text: string): FirewallRule | undefined {
  const fields = text.split("|").flatMap((field) => {
    const at = field.indexOf("=");
    return at > 0 ? [{ key: field.slice(0, at), value: field.slice(at + 1) }] : [];
  });
  const all = (key: string) => fields.filter((field) => field.key === key).map(({ value }) => value);
  const first = (key: string) => all(key)[0];
  const protocol = first("Protocol");
  if (first("Dir") !== "In" || (protocol !== undefined && protocol !== TCP)) return undefined;
  const ports = fields.filter(({ key }) => key.startsWith("LPort")).map(({ value }) => value);
  const named = all("Profile").reduce((bits, name) => bits | (PROFILES[name.toLowerCase()] ?? 0), 0);
  return {
    allow: first("Action") === "Allow" || first("Action") === "ByPass",
    active: first("Active")?.toUpperCase() === "TRUE",
    profiles: all("Profile").length === 0 ? EVERY_PROFILE : named,
    remoteDesktop: all("EmbedCtxt").some((group) => group.toLowerCase() === REMOTE_DESKTOP.toLowerCase()),
    covers: (port) => ofService(first("App"), first("Svc")) && (ports.length === 0 || ports.some((one) => holds(one, port))),
    conditions: fields.filter(({ key }) => !HARMLESS.test(key)).map(({ key, value }) => `${key}=${value}`),
  };
}

/** The service runs in svchost.exe; older versions listened in the kernel, whose rules name `System`. */
function ofService(app: string | undefined, service: string | undefined): boolean {
  const host = app === undefined || /(?:^|\\)svchost\.exe$/i.test(app) || app.toLowerCase() === "system";
  return host && (service === undefined || service === "*" || service.toLowerCase() === "termservice");
}

function holds(range: string, port: number): boolean {
  const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  return from !== undefined && port >= Number(from) && port <= Number(to ?? from);
}
