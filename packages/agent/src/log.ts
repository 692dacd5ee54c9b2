/** The agent's log: one JSON object a line, UTC, with reference and cause; never a secret, a code, a password or a token. */
import pino from "pino";
import type { Attempt, Outcome } from "./attempt.ts";
import { describeError, type Finding } from "./finding.ts";

export interface LogLine {
  [key: string]: unknown;
}

export class AgentLog {
  #destination: ReturnType<typeof pino.destination>;
  #log: pino.Logger;
  /** The disk refused a line (`host.disk`); cleared by the next line that it took. */
  failed: string | undefined;

  /** Opens (0600) or throws: an agent that cannot write its log does not start. */
  constructor(file: string) {
    this.#destination = pino.destination({ dest: file, sync: true, append: true, mode: 0o600 });
    this.#destination.on("error", (error: unknown) => {
      this.failed = describeError(error);
    });
    this.#log = pino(
      { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) }, messageKey: "event" },
      this.#destination,
    );
  }

  /** One record an attempt. `orgTime`: epoch ms if known, so that the two records can be laid side by side. */
  logon(attempt: Attempt, outcome: Outcome, more: { orgTime: number | undefined; durationMs: number; findings: Finding[] }): void {
    const { wanted, reference } = attempt;
    const { kind, ...who } = wanted;
    const level = outcome.result === "deny" ? "warn" : outcome.cause === undefined ? "info" : "warn";
    this.#write(level, "logon", {
      reference,
      result: outcome.result,
      ...(outcome.cause === undefined ? {} : { cause: outcome.cause }),
      evidence: outcome.evidence,
      frame: kind,
      ...who,
      durationMs: Math.round(more.durationMs),
      ...(more.findings.length === 0 ? {} : { findings: more.findings }),
      ...(more.orgTime === undefined ? {} : { orgTime: new Date(more.orgTime).toISOString() }),
    });
  }

  info(event: string, line: LogLine = {}): void {
    this.#write("info", event, line);
  }

  finding(event: string, finding: Finding): void {
    this.#write("warn", event, { cause: finding.cause, evidence: finding.evidence });
  }

  fault(event: string, error: unknown, line: LogLine = {}): void {
    const stack = error instanceof Error ? error.stack : String(error);
    this.#write("error", event, { cause: "agent.fault", ...line, error: describeError(error), stack: stack?.slice(0, 4096) });
  }

  /** After a rotation: goes on in a new file of the same name. */
  reopen(): void {
    this.#destination.reopen();
  }

  close(): void {
    this.#destination.end();
  }

  #write(level: "info" | "warn" | "error", event: string, line: LogLine): void {
    try {
      // A sync destination throws where the disk refuses; a log that fails must not decide a logon by an exception.
      this.#log[level](line, event);
      this.failed = undefined;
    } catch (error) {
      this.failed = describeError(error);
    }
  }
}
