/** What `sallyport doctor host` goes by. The command gathers it before the checks run: no check reads the agent's code, none changes anything. */
import type { AppView, CauseId, HostPolicyClaims, HostView } from "@sallyport/contracts";
import type { NetworkFacts } from "./network/facts.ts";

/** What the agent found of itself: one cause with flat evidence, never a secret. */
export interface AgentFinding {
  cause: CauseId;
  evidence: Record<string, string | number | boolean>;
}

export interface AgentFiles {
  settings: string;
  state: string;
  socket: string;
  control: string;
  log: string;
}

/** The agent of this machine as its files show it; there whether it runs or not. */
export interface AgentFacts {
  /** Version of the program that looks. */
  version: string;
  files: AgentFiles;
  /** The id that the settings name; undefined while they cannot be read. */
  host: string | undefined;
  /** The client id that they name, of a `legacy` host. */
  client: string | undefined;
  /** Org time in milliseconds since 1970, as kept of this boot; undefined while unknown. */
  now: number | undefined;
  /** What was read; without a finding it is in order. */
  read: readonly { what: "settings" | "identity" | "armed" | "door"; finding?: AgentFinding }[];
  /** What refuses nobody and should yet be otherwise. */
  standing: readonly AgentFinding[];
  armed: { armed: boolean; since: string } | undefined;
  /** The signed policy, while it is in force. */
  policy: HostPolicyClaims | undefined;
  /**
   * Asks the running agent over its control socket: how it stands, or a fresh self-check, which it makes every few minutes anyway.
   * `undefined` if none runs; rejects if one does not answer.
   */
  ask(what: "status" | "check", signal: AbortSignal): Promise<unknown>;
}

/** What the org answers an administrator. Rejects where it cannot be asked. */
export interface OrgLookup {
  /** The URL that the org calls its own. */
  url(): Promise<string>;
  host(id: string): Promise<HostView | undefined>;
  app(id: string): Promise<AppView>;
}

/** What a command answered; `missing`: it is not installed. */
export type Ran = { code: number; out: string; error: string } | { missing: string };

/** The machine below the agent: where its files lie, and how a command is run. */
export interface MachineFacts {
  /** Folder that all system paths are taken below: `/`. */
  root: string;
  /** This account may read the agent's files: root, or whose they are. */
  mayRead: boolean;
  run(file: string, args: readonly string[], signal: AbortSignal): Promise<Ran>;
  /** This machine's clock, in milliseconds since 1970. */
  now(): number;
}

export interface HostFacts extends NetworkFacts {
  agent: AgentFacts;
  machine: MachineFacts;
  /** Only with an administrator's token, or on the org's own machine. */
  lookup: OrgLookup;
}
