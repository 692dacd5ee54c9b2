/** Receives each connection of the door and sees its attempt through to one record and one last frame. */
import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { AgentFrame, EndFrame } from "@sallyport/contracts";
import { judgeAccount, recordFailed } from "./admission.ts";
import { type Attempt, deny, newAttempt, type Outcome, personText, toReport, type Wanted, wantedOf } from "./attempt.ts";
import { machineClocks } from "./clock.ts";
import { converse } from "./conversation.ts";
import type { Desk } from "./desk.ts";
import type { Peer } from "./door/doors.ts";
import { DoorSession, type Opening } from "./door/session.ts";
import { findingsNow } from "./host-findings.ts";

export class Reception {
  #desk: Desk;
  #open = new Set<Promise<void>>();
  #sessions = new Set<Duplex>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  receive(socket: Duplex, peer?: Peer): void {
    this.#sessions.add(socket);
    socket.once("close", () => this.#sessions.delete(socket));
    const session: DoorSession = new DoorSession(socket, (opening) => {
      const work = this.#serve(opening, session).finally(() => this.#open.delete(work));
      this.#open.add(work);
    });
    session.gone.addEventListener("abort", () => this.#noteBroken(session.gone.reason, peer), { once: true });
  }

  /** Waits for the attempts under way, at most `limitMs`; then closes what is left: those are refused by their providers. */
  async close(limitMs: number): Promise<void> {
    const late = new Promise<void>((done) => setTimeout(done, limitMs).unref());
    await Promise.race([Promise.allSettled(this.#open), late]);
    for (const socket of this.#sessions) socket.destroy();
  }

  #noteBroken(reason: unknown, peer: Peer | undefined): void {
    const finding = (reason as { finding?: { cause: string; evidence: object } }).finding;
    if (finding?.cause !== "door.malformed") return;
    this.#desk.log.info("door.malformed", { cause: finding.cause, evidence: finding.evidence, ...(peer ? { peer } : {}) });
  }

  async #serve(opening: Opening, session: DoorSession): Promise<void> {
    const begun = machineClocks.monotonic();
    const attempt = newAttempt(wantedFrom(opening), begun);
    let outcome: Outcome;
    try {
      outcome = await this.#judge(opening, session, attempt);
    } catch (error) {
      const errorId = randomBytes(6).toString("hex");
      this.#desk.log.fault("fault", error, { errorId, reference: attempt.reference });
      outcome = deny({ cause: "agent.fault", evidence: { errorId, step: "conversation" } });
    }
    if (session.trial) outcome = { ...outcome, evidence: { ...outcome.evidence, trial: true } };
    outcome = this.#record(attempt, outcome);
    session.end(lastFrame(opening, attempt, outcome));
  }

  async #judge(opening: Opening, session: DoorSession, attempt: Attempt): Promise<Outcome> {
    if ("begin" in opening) return converse(opening.begin, session, this.#desk, attempt);
    return "account" in opening ? judgeAccount(opening.account, this.#desk) : recordFailed(opening.failed);
  }

  /** A logon that a fail mode lets in must be reported later: if it cannot be kept for that, it is refused. */
  #record(attempt: Attempt, outcome: Outcome): Outcome {
    const { log, reports } = this.#desk;
    const ready = this.#desk.host();
    const clock = ready.ok ? ready.host.clock : undefined;
    let final = outcome;
    if (!outcome.decidedByOrg) {
      const proof = outcome.evidence["proof"];
      const important = outcome.result === "allow" && (outcome.cause === "logon.fail-open" || proof !== undefined);
      const kept = reports.add(toReport(attempt, outcome, clock?.best() ?? Date.now()), important);
      if (important && !kept)
        final = deny({
          cause: "host.disk",
          evidence: { reason: "a logon without the org could not be recorded", mode: outcome.evidence["mode"] ?? proof ?? "" },
        });
      else if (ready.ok && this.#desk.outage === undefined)
        void reports.ship(ready.host.org).catch((error: unknown) => log.fault("reports", error));
    }
    log.logon(attempt, final, {
      orgTime: clock?.now(),
      durationMs: machineClocks.monotonic() - attempt.begun,
      findings: ready.ok ? findingsNow(this.#desk.settings, ready.host) : [],
    });
    return final;
  }
}

function wantedFrom(opening: Opening): Wanted {
  if ("begin" in opening) return wantedOf(opening.begin);
  if ("failed" in opening) {
    const { username, domain, service, address } = opening.failed;
    return { kind: "failed", username, domain, service, address };
  }
  const { username, domain, service, scenario, address, method } = opening.account;
  return { kind: "account", username, domain, service, scenario, address, method };
}

/** `allow` repeats the account exactly as it came: the provider compares it with the one it froze. */
function lastFrame(opening: Opening, attempt: Attempt, outcome: Outcome): AgentFrame {
  const text = personText(outcome);
  const { reference } = attempt;
  if (outcome.result === "deny" || "failed" in opening) {
    return { end: { result: "deny", text, reference, ...(outcome.cause === undefined ? {} : { cause: outcome.cause }) } };
  }
  const { username, domain, sid, uid } = "begin" in opening ? opening.begin : opening.account;
  const end: EndFrame["end"] = {
    result: "allow",
    username,
    ...(domain === undefined ? {} : { domain }),
    ...(sid === undefined ? {} : { sid }),
    ...(uid === undefined ? {} : { uid }),
    reference,
    ...(text === "" ? {} : { text }),
  };
  return { end };
}
