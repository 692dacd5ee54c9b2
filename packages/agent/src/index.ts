/** The agent: the process on each machine that holds the host's key, asks the org and drives the prompt. */
export { type ArmOptions, type ArmOutcome, arm, disarm } from "./arm.ts";
export { drawQr } from "./draw-qr.ts";
export { type EnrolOptions, enrolHost } from "./enrol.ts";
export { findAttempt, type LogRecord } from "./find-attempt.ts";
export type { Evidence, Finding } from "./finding.ts";
export type { JoinOutcome } from "./join.ts";
export { type PinnedTime, pinnedTime } from "./link/pinned-time.ts";
export { type AgentLook, askAgent, lookAtAgent, type Read } from "./look.ts";
export { type RegisterOptions, registerHost } from "./register.ts";
export { type AgentOptions, RunningAgent, type Started, startAgent } from "./run.ts";
export { runAgent } from "./run-agent.ts";
export { type AgentFiles, agentFiles, readSettings, type Settings } from "./settings.ts";
export { type AgentStatus, readStatus } from "./status.ts";
export { AGENT_VERSION } from "./version.ts";
export { windowsCommand } from "./windows.ts";
export type { Examination, Found } from "./windows-examination.ts";
