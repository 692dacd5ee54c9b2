/** One logon from `begin` to its outcome: who is never asked, what the org says, what the person enters. */
import { type BeginFrame, type CauseId, type LogonRequest, readLongCode, type ShowFrame, type TransactionView } from "@sallyport/contracts";
import { admit } from "./admission.ts";
import { type Attempt, allowWith, deny, type Outcome } from "./attempt.ts";
import { Deadline } from "./deadline.ts";
import { honourDecision, type OpenAttempt } from "./decision.ts";
import type { Desk, Host } from "./desk.ts";
import type { Provider } from "./door/session.ts";
import { judgeFailMode } from "./fail-mode.ts";
import { Refusal } from "./finding.ts";
import type { Answer } from "./link/answer.ts";
import { random128, sha256 } from "./link/assertion.ts";
import type { LinkFault } from "./link/fault.ts";
import type { CancelCause } from "./link/org.ts";
import { askAgain, codeShow, passwordShow, WRONG } from "./prompts.ts";

/** Tries at one prompt; a provider without conversation has only what it was given. */
const TRIES = 3;

type Begin = BeginFrame["begin"];

/** Never throws for what network, org or provider do; a fault of the agent itself is thrown. */
export async function converse(begin: Begin, provider: Provider, desk: Desk, attempt: Attempt): Promise<Outcome> {
  const admitted = admit(begin, desk);
  if (!admitted.ok) return admitted.outcome;
  return new Conversation(begin, provider, desk, admitted.host, attempt).run();
}

class Conversation {
  #begin: Begin;
  #provider: Provider;
  #desk: Desk;
  #host: Host;
  #attempt: Attempt;
  #deadline: Deadline;
  #open: OpenAttempt;
  #body: string;
  /** Set while the org holds an open transaction for this logon. */
  #stateToken: string | undefined;
  #shown = false;

  constructor(begin: Begin, provider: Provider, desk: Desk, host: Host, attempt: Attempt) {
    this.#begin = begin;
    this.#provider = provider;
    this.#desk = desk;
    this.#host = host;
    this.#attempt = attempt;
    this.#deadline = new Deadline(provider.gone);
    const { identity, clock } = host;
    const { username, domain, sid, scenario, service, address, password } = begin;
    const request: LogonRequest = {
      reference: attempt.reference,
      nonce: random128(),
      username,
      ...(domain === undefined ? {} : { domain }),
      ...(sid === undefined ? {} : { sid }),
      scenario,
      service,
      ...(address === undefined ? {} : { address }),
      password,
      hostTime: Math.round(clock.wall()),
      conversation: provider.conversation && !provider.serial,
      drive: "agent",
    };
    this.#body = JSON.stringify(request);
    this.#open = {
      host: identity.host,
      org: identity.org,
      reference: attempt.reference,
      nonce: request.nonce,
      logonHash: sha256(this.#body),
      user: undefined,
      open: true,
    };
  }

  async run(): Promise<Outcome> {
    if (this.#provider.serial) this.#deadline.start(this.#desk.settings.serialMs);
    try {
      const outcome = await this.#follow(await this.#askFirst());
      if (outcome.cause !== undefined && outcome.result === "deny" && !outcome.decidedByOrg) this.#giveUp(outcome.cause);
      return outcome;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#giveUp(error.finding.cause);
      return deny(error.finding);
    } finally {
      this.#open.open = false;
      this.#deadline.clear();
    }
  }

  async #askFirst(): Promise<Answer<TransactionView>> {
    const asked = this.#host.org.logon(this.#body);
    try {
      return await this.#deadline.race(asked);
    } catch (error) {
      // The person left while the org was opening a transaction: it is closed as soon as its token is known.
      void asked.then((answer) => (answer.kind === "ok" ? this.#cancel(answer.value.stateToken, "logon.cancelled") : undefined));
      throw error;
    }
  }

  async #follow(answer: Answer<TransactionView>): Promise<Outcome> {
    if (answer.kind === "fault") return this.#fault(answer.fault);
    this.#desk.outage = undefined;
    if (answer.kind === "refused") return deny({ cause: answer.cause, evidence: answer.evidence }, true);
    const view = answer.value;
    this.#stateToken = view.stateToken ?? this.#stateToken;
    this.#open.user ??= view._embedded?.user.id;
    switch (view.status) {
      case "SUCCESS":
        return this.#decide(view);
      case "MFA_REQUIRED":
        return this.#askCode(view);
      case "UNAUTHENTICATED":
        return this.#askPassword();
      case "LOCKED_OUT":
        return deny({ cause: "factor.locked", evidence: {} }, true);
      case "MFA_ENROLL":
      case "MFA_ENROLL_ACTIVATE":
        return deny({ cause: "factor.none", evidence: {} }, true);
      case "PASSWORD_EXPIRED":
        return deny({ cause: "user.password-expired", evidence: {} }, true);
      default:
        return deny({ cause: "http.unexpected", evidence: { excerpt: `status ${view.status}` } });
    }
  }

  async #decide(view: TransactionView): Promise<Outcome> {
    this.#stateToken = undefined;
    const { clock, link, identity, state } = this.#host;
    if (clock.now() === undefined) await link.syncTime();
    const keys = identity.decisionKeys;
    let judged = await honourDecision(view.decision ?? "", this.#open, keys, clock);
    if (!judged.ok && judged.check === "signature") {
      // The org may have passed on to its next key while this host was away.
      const before = keys.newest();
      const fault = await link.syncTime();
      // The key is the org's, and only could not be kept.
      if (fault?.cause === "host.disk") return deny(fault);
      if (keys.newest() !== before) judged = await honourDecision(view.decision ?? "", this.#open, keys, clock);
    }
    if (!judged.ok) return deny({ cause: "agent.decision-invalid", evidence: { check: judged.check, detail: judged.detail } });
    state.keepHead(judged.claims.head);
    const { cause, amr, user } = judged.claims;
    const evidence = { user: user.login, amr: amr.join(" ") };
    return { result: "allow", ...(cause === undefined ? {} : { cause }), evidence, decidedByOrg: true };
  }

  /** The org checks the password of somebody whom nobody else has checked (a provider in a terminal). */
  async #askPassword(): Promise<Outcome> {
    for (let again: string | undefined; ; ) {
      const password = (await this.#ask(passwordShow(again)))["password"] ?? "";
      again = "The password was not accepted. Please try again.";
      // An empty password never leaves this machine: some directories take it for an anonymous yes (S33).
      if (password === "") throw new Refusal("user.password", { reason: "empty" });
      const answer = await this.#deadline.race(this.#host.org.password(this.#token(), password));
      const wrong = answer.kind === "refused" && answer.cause === "user.password" && answer.evidence["ended"] === false;
      if (!wrong) return this.#follow(answer);
    }
  }

  async #askCode(view: TransactionView): Promise<Outcome> {
    const factors = view._embedded?.factors ?? [];
    // One field for every code: which of them was typed, the org tells by its shape.
    const factor = factors.find((one) => one.kind === "totp") ?? factors.find((one) => one.kind === "recovery");
    const recovery = factors.some((one) => one.kind === "recovery");
    if (!factor?.id)
      return deny({ cause: "factor.not-allowed", evidence: { reason: "the org offered no factor that this version can ask for" } });
    let again: string | undefined;
    for (let left = this.#provider.serial ? 1 : TRIES; ; ) {
      const code = ((await this.#ask(codeShow(factor, recovery, again)))["code"] ?? "").replace(/\s/g, "");
      const answer = await this.#tryCode({ id: factor.id, digits: factor.digits }, code);
      left -= 1;
      again = askAgain(answer);
      if (again === undefined || answer.kind !== "refused") return this.#follow(answer);
      if (left === 0 || answer.evidence["ended"] === true) return this.#outOfTries(answer);
    }
  }

  /** What is not shaped like a code never leaves the machine: it may be a password typed into the wrong field. */
  async #tryCode(factor: { id: string; digits: number | undefined }, code: string): Promise<Answer<TransactionView>> {
    // A long code is let through whether there is one or not (S16); a provider that cannot ask hands over digits only.
    const long = !this.#provider.serial && readLongCode(code) !== undefined;
    if (!long && (!/^[0-9]+$/.test(code) || code.length !== factor.digits)) {
      const expected = factor.digits === undefined ? {} : { expectedLength: factor.digits };
      const evidence = { length: code.length, ...expected, service: this.#begin.service };
      return { kind: "refused", status: 400, cause: "factor.code-malformed", evidence, error: NO_ERROR };
    }
    const input = { stateToken: this.#token(), passCode: code, inputId: random128() };
    return this.#deadline.race(this.#host.org.verify(factor.id, input));
  }

  #outOfTries(answer: Extract<Answer<unknown>, { kind: "refused" }>): Outcome {
    const local = answer.error === NO_ERROR;
    if (answer.evidence["ended"] !== true) this.#giveUp(answer.cause);
    return deny({ cause: answer.cause, evidence: answer.evidence }, !local);
  }

  async #ask(show: ShowFrame["show"]): Promise<Record<string, string>> {
    if (!this.#provider.conversation && !this.#provider.serial)
      throw new Refusal("factor.not-allowed", { reason: "this way of logging on can show nothing", service: this.#begin.service });
    if (!this.#shown && !this.#provider.serial) this.#deadline.start(this.#desk.settings.promptMs);
    this.#shown = true;
    this.#provider.show(show);
    return this.#deadline.race(this.#provider.input());
  }

  #fault(fault: LinkFault): Outcome {
    this.#desk.outage ??= new Date(this.#host.clock.best()).toISOString();
    const begun = this.#shown || this.#stateToken !== undefined;
    const policy = this.#host.policy.current();
    const judged = judgeFailMode({ fault, begin: this.#begin, begun, policy, now: this.#host.clock.now() });
    if (!judged.open) return deny({ cause: judged.cause, evidence: { ...fault.evidence, fault: fault.cause, failMode: judged.why } });
    return allowWith({
      cause: "logon.fail-open",
      evidence: { mode: judged.mode, since: this.#desk.outage, fault: fault.cause, policyVersion: policy?.version ?? -1 },
    });
  }

  #token(): string {
    if (this.#stateToken === undefined)
      throw new Refusal("http.unexpected", { excerpt: "the org opened a transaction without a state token" });
    return this.#stateToken;
  }

  /** Tells the org why this logon ends here, so that its record names the cause, too. */
  #giveUp(cause: string): void {
    const token = this.#stateToken;
    this.#stateToken = undefined;
    const known: CancelCause[] = ["factor.timeout", "factor.code-malformed", "factor.code-wrong"];
    const wrongCode = WRONG.has(cause as CauseId) || cause === "factor.throttled" ? "factor.code-wrong" : cause;
    void this.#cancel(token, known.find((one) => one === wrongCode) ?? "logon.cancelled");
  }

  async #cancel(token: string | undefined, cause: CancelCause): Promise<void> {
    if (token === undefined) return;
    const answer = await this.#host.org.cancel(token, cause);
    if (answer.kind !== "ok") this.#desk.log.info("logon.cancel-not-taken", { reference: this.#attempt.reference, answer: answer.kind });
  }
}

/** Marks a refusal that this agent made itself. */
const NO_ERROR = { errorCode: "", errorSummary: "", errorLink: "", errorId: "", errorCauses: [] };
