/** One logon from `begin` to its outcome: who is never asked, what the org says, what the person enters. */
import type { BeginFrame, CauseId, LogonRequest, ShowFrame, TransactionView } from "@sallyport/contracts";
import { admit } from "./admission.ts";
import { type Attempt, allowWith, deny, type Outcome } from "./attempt.ts";
import { Deadline } from "./deadline.ts";
import type { OpenAttempt } from "./decision.ts";
import type { Desk, Host } from "./desk.ts";
import type { Provider } from "./door/session.ts";
import { isUnreachable, judgeFailMode } from "./fail-mode.ts";
import { Refusal } from "./finding.ts";
import type { Answer } from "./link/answer.ts";
import { random128, sha256 } from "./link/assertion.ts";
import type { LinkFault } from "./link/fault.ts";
import type { CancelCause } from "./link/org.ts";
import { WRONG } from "./prompts.ts";
import { beginEnrolling, confirmEnrolling } from "./steps/enrol.ts";
import { askFactor } from "./steps/factor.ts";
import type { Offer } from "./steps/offer.ts";
import { askPassword } from "./steps/password.ts";
import { waitForPhone } from "./steps/push.ts";
import { type Next, type Refused, type Scene, TRIES } from "./steps/scene.ts";
import { askSentCode } from "./steps/sent-code.ts";
import { settleOffline } from "./steps/set-up-offline.ts";
import { takeDecision } from "./steps/success.ts";
import { askWithoutOrg } from "./steps/without-org.ts";

type Begin = BeginFrame["begin"];

/** Never throws for what network, org or provider do; a fault of the agent itself is thrown. */
export async function converse(begin: Begin, provider: Provider, desk: Desk, attempt: Attempt): Promise<Outcome> {
  const admitted = admit(begin, desk);
  if (!admitted.ok) return admitted.outcome;
  return new Conversation(begin, provider, desk, admitted.host, attempt).run();
}

class Conversation implements Scene {
  readonly begin: Begin;
  readonly host: Host;
  readonly serial: boolean;
  tries: number;
  offer: Offer | undefined;
  again: string | undefined;
  #provider: Provider;
  readonly desk: Desk;
  readonly canAsk: boolean;
  #attempt: Attempt;
  #deadline: Deadline;
  #open: OpenAttempt;
  #body: string;
  /** Set while the org holds an open transaction for this logon. */
  #stateToken: string | undefined;
  #shown = false;
  /** For the next show: how long the person has from there on. */
  #seconds: number | undefined;

  constructor(begin: Begin, provider: Provider, desk: Desk, host: Host, attempt: Attempt) {
    this.begin = begin;
    this.host = host;
    this.serial = provider.serial;
    this.tries = provider.serial ? 1 : TRIES;
    this.#provider = provider;
    this.desk = desk;
    this.canAsk = provider.conversation && !provider.serial;
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
      conversation: this.canAsk,
      drive: "agent",
      ...(provider.trial ? { trial: true } : {}),
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
    if (this.#provider.serial) this.#deadline.start(this.desk.settings.serialMs);
    try {
      const outcome = await this.#follow(await this.#askFirst());
      if (outcome.cause !== undefined && outcome.result === "deny" && !outcome.decidedByOrg) this.giveUp(outcome.cause);
      return outcome;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.giveUp(error.finding.cause);
      return deny(error.finding);
    } finally {
      this.#open.open = false;
      this.#deadline.clear();
    }
  }

  async #askFirst(): Promise<Answer<TransactionView>> {
    const asked = this.host.org.logon(this.#body);
    try {
      return await this.#deadline.race(asked);
    } catch (error) {
      // The person left while the org was opening a transaction: it is closed as soon as its token is known.
      void asked.then((answer) => (answer.kind === "ok" ? this.#cancel(answer.value.stateToken, "logon.cancelled") : undefined));
      throw error;
    }
  }

  async #follow(answer: Answer<TransactionView>): Promise<Outcome> {
    for (let now = answer; ; ) {
      if (now.kind === "fault") return this.#fault(now.fault);
      this.desk.outage = undefined;
      if (now.kind === "refused") return this.#refused(now);
      const next = await this.#step(now.value);
      if ("outcome" in next) return next.outcome;
      now = next.answer;
    }
  }

  /** The transaction's state says which step is next: each is a file of `steps/`. */
  async #step(view: TransactionView): Promise<Next> {
    this.#stateToken = view.stateToken ?? this.#stateToken;
    this.#open.user ??= view._embedded?.user.id;
    switch (view.status) {
      case "SUCCESS":
        this.#stateToken = undefined;
        return { outcome: await this.#settle(await takeDecision(this.host, this.#open, view)) };
      case "UNAUTHENTICATED":
        return askPassword(this);
      case "MFA_REQUIRED":
        return askFactor(this, view);
      case "MFA_CHALLENGE":
        return answerChallenge(this, view);
      case "LOCKED_OUT":
        return refuseBy("factor.locked");
      case "MFA_ENROLL":
        return beginEnrolling(this, view);
      case "MFA_ENROLL_ACTIVATE":
        return confirmEnrolling(this, view);
      case "PASSWORD_EXPIRED":
        return refuseBy("user.password-expired");
    }
  }

  async #settle(outcome: Outcome): Promise<Outcome> {
    // Honoured, and used up: what is asked from here on changes nothing about it.
    this.#open.open = false;
    await settleOffline(this, outcome);
    return outcome;
  }

  #refused(answer: Refused): Outcome {
    // A no to one step that leaves the transaction open: the person goes, and the org need not wait for the end of its time.
    if (answer.evidence["ended"] === false) this.giveUp(answer.cause);
    return deny({ cause: answer.cause, evidence: answer.evidence }, true);
  }

  async ask(show: ShowFrame["show"]): Promise<Record<string, string>> {
    this.tell(show);
    return this.race(this.#provider.input());
  }

  tell(show: ShowFrame["show"]): void {
    if (!this.#provider.conversation && !this.serial)
      throw new Refusal("factor.not-allowed", { reason: "this way of logging on can show nothing", service: this.begin.service });
    if (!this.#shown && !this.serial) this.#deadline.start(this.desk.settings.promptMs);
    this.#shown = true;
    this.#provider.show(this.#seconds === undefined ? show : { ...show, seconds: this.#seconds });
    this.#seconds = undefined;
  }

  moreTime(ms: number): void {
    this.#shown = true;
    this.#seconds = Math.ceil(ms / 1000);
    this.#deadline.restart(ms);
  }

  race<T>(work: Promise<T>): Promise<T> {
    return this.#deadline.race(work);
  }

  async #fault(fault: LinkFault): Promise<Outcome> {
    this.desk.outage ??= new Date(this.host.clock.best()).toISOString();
    const begun = this.#shown || this.#stateToken !== undefined;
    const policy = this.host.policy.current();
    const judged = judgeFailMode({ fault, begin: this.begin, begun, policy, now: this.host.clock.now() });
    if (!judged.open) {
      const left = begun || !isUnreachable(fault) ? undefined : await askWithoutOrg(this, fault);
      return left ?? deny({ cause: judged.cause, evidence: { ...fault.evidence, fault: fault.cause, failMode: judged.why } });
    }
    return allowWith({
      cause: "logon.fail-open",
      evidence: { mode: judged.mode, since: this.desk.outage, fault: fault.cause, policyVersion: policy?.version ?? -1 },
    });
  }

  token(): string {
    if (this.#stateToken === undefined)
      throw new Refusal("http.unexpected", { excerpt: "the org opened a transaction without a state token" });
    return this.#stateToken;
  }

  /** Tells the org why this logon ends here, so that its record names the cause, too. */
  giveUp(cause: CauseId): void {
    const token = this.#stateToken;
    this.#stateToken = undefined;
    const known: CancelCause[] = ["factor.timeout", "factor.code-malformed", "factor.code-wrong"];
    const wrongCode = WRONG.has(cause) || cause === "factor.throttled" ? "factor.code-wrong" : cause;
    void this.#cancel(token, known.find((one) => one === wrongCode) ?? "logon.cancelled");
  }

  async #cancel(token: string | undefined, cause: CancelCause): Promise<void> {
    if (token === undefined) return;
    const answer = await this.host.org.cancel(token, cause);
    if (answer.kind !== "ok") this.desk.log.info("logon.cancel-not-taken", { reference: this.#attempt.reference, answer: answer.kind });
  }
}

/** What was asked says by its kind how it is answered. */
function answerChallenge(scene: Scene, view: TransactionView): Promise<Next> | Next {
  switch (view._embedded?.factor?.kind) {
    case "push":
      return waitForPhone(scene, view);
    case "email":
    case "sms":
    case "call":
      return askSentCode(scene, view);
    default:
      return { outcome: deny({ cause: "factor.not-allowed", evidence: { reason: "the org asked for what this version cannot answer" } }) };
  }
}

function refuseBy(cause: CauseId): Next {
  return { outcome: deny({ cause, evidence: {} }, true) };
}
