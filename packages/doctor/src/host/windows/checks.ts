/** The checks of a Windows machine, all of them from collected facts. */
import type { Check } from "../../check.ts";
import { doorAccess, folderAccess } from "./access-lists.ts";
import { agentService } from "./agent-service.ts";
import { hostClock } from "./clock.ts";
import { type HasWindows, windowsCheck } from "./look.ts";
import { ownSettings } from "./own-settings.ts";
import { providerFiltered, providerMissing } from "./provider.ts";
import { rdpPort } from "./rdp-port.ts";
import { rdpUser } from "./rdp-user.ts";
import { refusedLogons } from "./refused-logons.ts";
import { networkLevelAuthentication, remoteOff } from "./remote-desktop.ts";
import { tlsVersions } from "./tls.ts";

export interface WindowsCheckOptions {
  /** The account that was refused, as SID or name; without it, every account of the facts, and no refused logon is explained. */
  user?: string;
  /** Name of the file of facts, as it stands in evidence. */
  file?: string;
}

export function windowsChecks<Facts extends HasWindows>({ user, file = "facts.json" }: WindowsCheckOptions = {}): Check<Facts>[] {
  const check = (...[code, title, run, dependsOn]: [string, string, Parameters<typeof windowsCheck>[3], string[]?]) =>
    windowsCheck<Facts>(code, title, file, run, dependsOn);
  return [
    check("provider", "whether the credential provider is registered", providerMissing),
    check("tile", "whether anything hides the credential provider's tile", providerFiltered, ["provider"]),
    check("agent", "the agent's service and its pipe", agentService),
    check("armed", "whether the second factor is asked for, and of whom", ownSettings, ["provider"]),
    check("folder", "who may look into the agent's folder", folderAccess),
    check("pipe", "whose the agent's pipe is", doorAccess, ["agent"]),
    check("remote", "whether remote connections are allowed", remoteOff),
    check("nla", "network level authentication", networkLevelAuthentication),
    check("port", "the remote desktop port and the firewall", rdpPort),
    check("user", "who may log on through remote desktop", rdpUser(user)),
    check("clock", "the machine's clock", hostClock),
    check("tls", "TLS of Windows and .NET", tlsVersions),
    check("refused", "logons that Windows refused", refusedLogons(user)),
  ];
}
