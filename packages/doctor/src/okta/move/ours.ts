/** What our settings are called where they are set, as a proposal writes them. */
import { type ImportedSetting, type PolicyDocument, policyDocument } from "@sallyport/contracts";

type Ways = ImportedSetting["set"];

/** Properties of the MSI (packaging/windows/sallyport.wxs). */
export const INSTALLER = { filterOn: "FILTER=1", filterOff: "FILTER=0", rdpOnly: "RDPONLY=1" } as const;
export const MSI_FILE = "sallyport-agent-VERSION-x64.msi";
export const AGENT_FILE = "%ProgramData%\\Sallyport\\agent.json";

/** Names of the policies as the editor shows them (packaging/windows/policy/en-US/sallyport.adml). */
export const GROUP_POLICY = { filter: "Hide other ways to log on", rdpOnly: "Ask in remote desktop sessions only" } as const;

const template = (name: string, state: "Enabled" | "Disabled") =>
  `Computer Configuration > Administrative Templates > Sallyport > ${name}: ${state}`;

export const FILTER_ON: Ways = [
  { by: "installer", text: INSTALLER.filterOn },
  { by: "group policy", text: template(GROUP_POLICY.filter, "Enabled") },
];
export const FILTER_OFF: Ways = [
  { by: "installer", text: INSTALLER.filterOff },
  { by: "group policy", text: template(GROUP_POLICY.filter, "Disabled") },
];
export const RDP_ONLY: Ways = [
  { by: "installer", text: INSTALLER.rdpOnly },
  { by: "group policy", text: template(GROUP_POLICY.rdpOnly, "Enabled") },
];

/** A policy as a person pastes it, on one line; checked, so that no proposal is refused. */
export const policyText = (document: PolicyDocument): string => JSON.stringify(policyDocument.parse(document));
