/** What the agent asks the org, call by call. */
import {
  type AttemptReport,
  type cancelCause,
  FACTOR_NAMES,
  type LinkAnswer,
  linkAnswer,
  reportsAnswer,
  type TransactionView,
  transactionView,
} from "@sallyport/contracts";
import type * as z from "zod";
import type { Answer } from "./answer.ts";
import { random128 } from "./assertion.ts";
import type { OrgLink } from "./link.ts";

export type CancelCause = z.infer<typeof cancelCause>;

export class Org {
  #link: OrgLink;
  constructor(link: OrgLink) {
    this.#link = link;
  }

  /** `body` as raw text: its hash binds the decision. The org finds a repeated logon by its reference and nonce. */
  logon(body: string): Promise<Answer<TransactionView>> {
    return this.#link.call("/api/v1/authn/logon", body, transactionView, { repeatable: true });
  }

  /** Not repeatable: a second wrong password would count twice. */
  password(stateToken: string, password: string): Promise<Answer<TransactionView>> {
    return this.#link.call("/api/v1/authn", JSON.stringify({ stateToken, password }), transactionView, { repeatable: false });
  }

  /** `inputId` names this input: asked again after a lost answer, the org gives the same answer instead of "used". */
  verify(factor: string, input: { stateToken: string; passCode: string; inputId: string }): Promise<Answer<TransactionView>> {
    const path = `/api/v1/authn/factors/${encodeURIComponent(factor)}/verify`;
    return this.#link.call(path, JSON.stringify(input), transactionView, { repeatable: true });
  }

  /** Without a proof: asks the factor, and when it was asked, says how it stands. */
  ask(factor: string, stateToken: string): Promise<Answer<TransactionView>> {
    const path = `/api/v1/authn/factors/${encodeURIComponent(factor)}/verify`;
    return this.#link.call(path, JSON.stringify({ stateToken, inputId: random128() }), transactionView, { repeatable: true });
  }

  /** A link for the person's browser. Asked for again it is another one, so a lost answer does no harm. */
  link(stateToken: string): Promise<Answer<LinkAnswer>> {
    return this.#link.call("/api/v1/authn/link", JSON.stringify({ stateToken }), linkAnswer, { repeatable: true });
  }

  /** Not repeatable, as all steps of an enrolment: a second wrong ticket would count twice, a second secret is another one. */
  ticket(stateToken: string, ticket: string): Promise<Answer<TransactionView>> {
    return this.#enrolStep("ticket", { stateToken, ticket });
  }

  enrolTotp(stateToken: string): Promise<Answer<TransactionView>> {
    const { factorType, provider } = FACTOR_NAMES.totp;
    return this.#enrolStep("factors", { stateToken, factorType, provider });
  }

  activate(factor: string, stateToken: string, passCode: string): Promise<Answer<TransactionView>> {
    return this.#enrolStep(`factors/${encodeURIComponent(factor)}/lifecycle/activate`, { stateToken, passCode });
  }

  skip(stateToken: string): Promise<Answer<TransactionView>> {
    return this.#enrolStep("skip", { stateToken });
  }

  #enrolStep(step: string, body: object): Promise<Answer<TransactionView>> {
    return this.#link.call(`/api/v1/authn/${step}`, JSON.stringify(body), transactionView, { repeatable: false });
  }

  cancel(stateToken: string, cause: CancelCause): Promise<Answer<unknown>> {
    return this.#link.call("/api/v1/authn/cancel", JSON.stringify({ stateToken, cause }), transactionView.partial(), { repeatable: true });
  }

  report(reports: AttemptReport[]): Promise<Answer<{ accepted: number }>> {
    return this.#link.call("/api/v1/hosts/self/reports", JSON.stringify({ reports }), reportsAnswer, { repeatable: true });
  }
}
