/** A machine of a test: a folder that stands for `/`, commands that answer what they are told, an agent whose files are in order. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import type { Diagnosis, Verdict } from "@sallyport/contracts";
import type { Check } from "../../check.ts";
import { diagnose } from "../../diagnose.ts";
import type { AgentFacts, HostFacts, MachineFacts, Ran } from "../facts.ts";

/** Files by their path from `/`; a process is `proc/1/comm`. */
export function rootWith(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), "sallyport-machine-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: 0o600 });
  }
  return root;
}

export function machineAt(root: string, commands: Record<string, Ran> = {}): MachineFacts {
  return {
    root,
    mayRead: true,
    now: Date.now,
    run: async (file) => commands[file.slice(file.lastIndexOf("/") + 1)] ?? { missing: file },
  };
}

/** Nobody listens at its door unless `change` says so. */
export function agentAt(state: string, change: Partial<AgentFacts> = {}): AgentFacts {
  return {
    version: "0.1.0",
    files: {
      settings: join(state, "agent.json"),
      state,
      socket: join(state, "agent.sock"),
      control: join(state, "control.sock"),
      log: join(state, "agent.log"),
    },
    host: "hst_00000000000000000000",
    client: undefined,
    now: undefined,
    read: [],
    standing: [],
    armed: { armed: true, since: "2026-01-01T00:00:00.000Z" },
    policy: undefined,
    ask: async () => undefined,
    ...change,
  };
}

export function look(checks: readonly Check<HostFacts>[], facts: Partial<HostFacts>): Promise<Diagnosis> {
  return diagnose<HostFacts>(checks, { facts, limitMs: 5000, bring: {} });
}

/** Causes with this verdict, in order. */
export function causes({ findings }: Diagnosis, verdict: Verdict = "confirmed"): string[] {
  return findings.filter((one) => one.verdict === verdict).map(({ cause }) => cause);
}

/** What was seen for a cause, as text. */
export function told({ findings }: Diagnosis, cause: string): string {
  const found = findings.find((one) => one.cause === cause);
  return (found?.evidence ?? []).map(({ what, value, where }) => `${what}: ${value} (${where})`).join("\n");
}
