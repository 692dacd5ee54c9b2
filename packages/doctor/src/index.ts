/** Doctor: why a logon failed, as one diagnosis in one shape. */

export { type BundlePart, checkBundle, makeBundle, writeBundle } from "./bundle/make-bundle.ts";
export { scrubDiagnosis } from "./bundle/scrub-diagnosis.ts";
export { scrubFile, scrubPath } from "./bundle/scrub-file.ts";
export { scrubStack } from "./bundle/scrub-pam.ts";
export { type Pseudonyms, pick, type Scrubbed, scrubRecord } from "./bundle/scrub-record.ts";
export { scrubIdentity, scrubSettings, scrubStatus } from "./bundle/scrub-settings.ts";
export type { Answer, Check, Missed, Seen } from "./check.ts";
export { conclude, exitCodeOf } from "./conclude.ts";
export { type DiagnoseOptions, diagnose, type Progress } from "./diagnose.ts";
export { diagnoseHost, type HostOptions } from "./host/diagnose-host.ts";
export type { AgentFacts, HostFacts, MachineFacts, OrgLookup, Ran } from "./host/facts.ts";
export type { KnownTimeServer } from "./host/network/facts.ts";
export { readTimeServers } from "./host/network/time-servers.ts";
export { type ChecklistJudged, checklistExitCode, judgeChecklist } from "./host/windows/checklist/judge.ts";
export { renderChecklist } from "./host/windows/checklist/render.ts";
export { type WindowsCheckOptions, windowsChecks } from "./host/windows/checks.ts";
export { type DiagnoseWindowsOptions, diagnoseWindowsFacts } from "./host/windows/diagnose-windows.ts";
export type { WindowsFacts } from "./host/windows/facts.ts";
export { readWindowsFacts } from "./host/windows/read-facts.ts";
export { diagnoseRecords, explainFound } from "./logon/diagnose-logon.ts";
export { diagnoseOkta, type OktaOptions } from "./okta/diagnose-okta.ts";
export { type Proposed, proposeFromOkta } from "./okta/move/propose.ts";
export { renderImport } from "./okta/move/render.ts";
export { renderHtml } from "./render/html.ts";
export { renderTerminal } from "./render/terminal.ts";
export { diagnoseUser, type UserAsked } from "./user/diagnose-user.ts";
