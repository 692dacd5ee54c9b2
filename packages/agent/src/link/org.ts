/** What the agent asks the org, call by call. */
import { type AttemptReport, type cancelCause, reportsAnswer, type TransactionView, transactionView } from "@sallyport/contracts";
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

  cancel(stateToken: string, cause: CancelCause): Promise<Answer<unknown>> {
    return this.#link.call("/api/v1/authn/cancel", JSON.stringify({ stateToken, cause }), transactionView.partial(), { repeatable: true });
  }

  report(reports: AttemptReport[]): Promise<Answer<{ accepted: number }>> {
    return this.#link.call("/api/v1/hosts/self/reports", JSON.stringify({ reports }), reportsAnswer, { repeatable: true });
  }
}
