/** The host's own check against the org, every few minutes: moves the generation on, renews the policy, says what it found. */
import { setTimeout as wait } from "node:timers/promises";
import { headClaims, JWS_TYPES, LIMITS, type SelfCheckAnswer, type SelfCheckRequest, selfCheckAnswer } from "@sallyport/contracts";
import { readBootId } from "./clock.ts";
import type { Desk, Host } from "./desk.ts";
import { writeFailModeFile } from "./fail-mode-file.ts";
import { clockFinding, describeError, type Finding, isLivedWith } from "./finding.ts";
import { standingFindings } from "./host-findings.ts";
import { random128 } from "./link/assertion.ts";
import type { LinkFault } from "./link/fault.ts";
import { keepBreakGlassKey } from "./outage/break-glass.ts";
import { doorFolder } from "./settings.ts";
import { openSigned } from "./signed.ts";
import { pickUpAttempts } from "./spool.ts";
import { readArmed } from "./state/armed.ts";
import { checkDoorFolder } from "./state/folders.ts";
import { AGENT_VERSION } from "./version.ts";

export interface CheckResult {
  /** True if the org answered and its answer held. */
  ok: boolean;
  findings: Finding[];
  /** ISO 8601 UTC, by org time where known. */
  at: string;
}

export class SelfCheck {
  #desk: Desk;
  #host: Host;
  #bootId = readBootId();
  #running: Promise<CheckResult> | undefined;
  #exchanging: Promise<Finding[]> | undefined;
  #lastFault: LinkFault | undefined;
  last: CheckResult | undefined;

  constructor(desk: Desk, host: Host) {
    this.#desk = desk;
    this.#host = host;
    host.link.onPendingCheck(() => this.#settlePending());
  }

  /** One at a time: whoever asks meanwhile gets the result of the one that runs. Never throws for network or org. */
  run(): Promise<CheckResult> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<CheckResult> {
    const { link, clock, org } = this.#host;
    // A call that was given up may still reach the org; until its assertion has died the generation must stay.
    if (link.quietIn() > 0) await wait(link.quietIn(), undefined, { ref: false });
    const timeFault = await link.syncTime();
    const findings = timeFault ? [findingOf(timeFault), ...this.#local()] : await this.#exchange();
    writeFailModeFile(this.#desk, this.#host);
    await pickUpAttempts(this.#desk.settings.files.state, this.#desk.reports, this.#desk.log);
    const fine = (one: Finding) => isLivedWith(one, this.#host.identity.signing.alg === "ES256");
    const reportFault = !findings.every(fine) ? undefined : await this.#desk.reports.ship(org);
    if (reportFault) findings.push(findingOf(reportFault));
    const ok = findings.every(fine);
    this.last = { ok, findings, at: new Date(clock.best()).toISOString() };
    this.#desk.log.info("self-check", {
      ok,
      findings,
      offsetMs: clock.hostOffset(),
      policyVersion: this.#host.policy.current()?.version ?? null,
    });
    if (ok) this.#desk.outage = undefined;
    return this.last;
  }

  /** What the machine can see of itself without the org. */
  #local(): Finding[] {
    const { clock, link } = this.#host;
    const { log, settings, reports } = this.#desk;
    const findings = standingFindings(settings, this.#host);
    if (Math.abs(clock.hostOffset()) > LIMITS.clockFindingMs) findings.push(clockFinding(clock));
    else if (link.clockFinding) findings.push(link.clockFinding);
    link.clockFinding = undefined;
    const folder = doorFolder(settings);
    const untrusted = folder === undefined ? undefined : checkDoorFolder(folder);
    if (untrusted) findings.push(untrusted);
    const armed = readArmed(settings.files.state);
    if (!armed.ok) findings.push(armed.finding);
    if (log.failed !== undefined) findings.push({ cause: "host.disk", evidence: { file: settings.files.log, error: log.failed } });
    if (reports.dropped > 0)
      findings.push({ cause: "host.disk", evidence: { reason: "more attempts than can be kept", dropped: reports.dropped } });
    return findings;
  }

  /** Finishes a check whose answer was lost; until then no other call may go out. Answers the fault if it is still open. */
  async #settlePending(): Promise<LinkFault | undefined> {
    await this.#exchange();
    return this.#host.state.value.pendingCheck === undefined ? undefined : this.#lastFault;
  }

  #exchange(): Promise<Finding[]> {
    this.#exchanging ??= this.#host.link
      .alone(() => this.#ask())
      .catch((error: unknown): Finding[] => {
        const disk = (error as NodeJS.ErrnoException).code !== undefined;
        return [
          disk
            ? { cause: "host.disk", evidence: { error: describeError(error) } }
            : { cause: "agent.fault", evidence: { step: "self-check", error: describeError(error) } },
        ];
      })
      .finally(() => {
        this.#exchanging = undefined;
      });
    return this.#exchanging;
  }

  async #ask(): Promise<Finding[]> {
    const { state, link } = this.#host;
    const findings = this.#local();
    const kept = state.value.pendingCheck;
    const checkId = kept ?? random128();
    // On disk before it is sent: after a crash the answer may be lost, and only this id may then ask again.
    if (kept === undefined) state.update({ pendingCheck: checkId });
    const answer = await link.callAlone("/api/v1/hosts/self/check", JSON.stringify(this.#request(checkId, findings)), selfCheckAnswer);
    if (answer.kind === "ok") return [...findings, ...(await this.#take(answer.value))];
    const refused = answer.kind === "refused";
    // A refusal moved nothing, and neither did a check that never left the machine. One that may have arrived before stays: whoever refuses now
    // need not be the one who took it, and a new id with the old generation would look like a copied disk.
    const arrived = kept !== undefined || (refused && answer.again === true);
    if (!arrived && (refused || answer.fault.phase !== "answer")) state.update({ pendingCheck: undefined });
    this.#lastFault = refused ? undefined : answer.fault;
    return [...findings, refused ? { cause: answer.cause, evidence: answer.evidence } : findingOf(answer.fault)];
  }

  #request(checkId: string, findings: Finding[]): SelfCheckRequest {
    const { clock, state, policy, identity } = this.#host;
    const armed = readArmed(this.#desk.settings.files.state);
    const head = state.value.heads.at(-1);
    const version = policy.current()?.version;
    return {
      checkId,
      bootId: this.#bootId,
      version: AGENT_VERSION,
      armed: armed.ok ? armed.armed.armed : true,
      offsetMs: clock.hostOffset(),
      ...(head === undefined ? {} : { head }),
      ...(version === undefined ? {} : { policyVersion: version }),
      decisionKey: identity.decisionKeys.newest(),
      findings: findings.slice(0, 64).map((one) => ({ cause: one.cause, evidence: JSON.stringify(one.evidence).slice(0, 1024) })),
    };
  }

  /** The generation first: whatever else is wrong with the answer, the org has moved on. */
  async #take(answer: SelfCheckAnswer): Promise<Finding[]> {
    const { state, clock, policy, identity, trust } = this.#host;
    const time = clock.keep(this.#bootId);
    const findings: Finding[] = [];
    const keys = await identity.decisionKeys.take(answer.keys ?? []);
    if (!keys.ok)
      findings.push({ cause: "agent.decision-invalid", evidence: { check: keys.check, detail: keys.detail, what: "chain of keys" } });
    const head = await openSigned(answer.head, identity.decisionKeys, JWS_TYPES.head, headClaims);
    if (head.ok) state.keepHead({ node: head.claims.node, seq: head.claims.seq, hash: head.claims.hash });
    else findings.push({ cause: "agent.decision-invalid", evidence: { check: head.check, detail: head.detail, what: "log head" } });
    state.update({
      generation: answer.generation,
      pendingCheck: undefined,
      ...(time ? { time } : {}),
      ...(trust.lastGood ? { lastGood: trust.lastGood } : {}),
    });
    const taken = await policy.accept(answer.policy);
    if (!taken.ok) findings.push({ cause: "policy.stale", evidence: { check: taken.check, found: taken.detail } });
    // Only when everything that is kept was signed by it: a key that counts no more must not be needed at the next start.
    else if (head.ok) identity.decisionKeys.settle(head.by);
    // After the policy: a key that cannot be kept, or taken away, must not leave a right standing that was withdrawn.
    const glass = await keepBreakGlassKey(this.#desk.settings.files.state, identity.host, identity.decisionKeys, answer.breakGlass);
    if (glass) findings.push({ cause: "agent.decision-invalid", evidence: { ...glass, what: "break-glass key" } });
    return findings;
  }
}

function findingOf(fault: LinkFault): Finding {
  return { cause: fault.cause, evidence: { ...fault.evidence, phase: fault.phase } };
}
