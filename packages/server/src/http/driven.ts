/** Who drives a step of a transaction: a host by its assertion, or a page by the state token alone; and the refusals that both may meet. */
import type { FastifyRequest } from "fastify";
import { endOfStoppedHost } from "../flows/authn/judge-page-host.ts";
import { Superseded } from "../flows/authn/open-transaction.ts";
import { hashSecret } from "../flows/authn/session-token.ts";
import { hashToken } from "../flows/host-link/start-logon.ts";
import { isRefusal, withHost } from "../flows/host-link/with-host.ts";
import type { Tx } from "../flows/store.ts";
import type { HostRow } from "../flows/store-logons.ts";
import type { TransactionRow } from "../flows/store-transactions.ts";
import type { AppDeps } from "./app.ts";
import { browserCookie } from "./browser.ts";
import { hostCall, noTransaction, refuseHost, refuseStep } from "./host-answers.ts";
import type { Refused } from "./refuse.ts";

/** True for a host; whether its assertion holds is judged elsewhere. */
export function isHost(request: FastifyRequest): boolean {
  return request.headers.authorization !== undefined;
}

/** Runs a step for a host with its assertion, or for a page without any; the flow checks whose transaction it is. */
export async function driven<T>(deps: AppDeps, request: FastifyRequest, fn: (tx: Tx, host: HostRow | undefined) => Promise<T>): Promise<T> {
  if (!isHost(request)) return drivenByPage(deps, request, fn);
  const outcome = await orOutOfOrder(request, withHost(deps, hostCall(request), fn));
  if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
  return outcome as T;
}

/** What ends the transaction is an answer of the unit, not an error: it must stay in the database. */
async function drivenByPage<T>(deps: AppDeps, request: FastifyRequest, fn: (tx: Tx, host: undefined) => Promise<T>): Promise<T> {
  const step = deps.store.inTransaction(async (tx) => {
    const { stateToken } = (request.body ?? {}) as { stateToken?: unknown };
    const transaction = typeof stateToken === "string" ? await tx.transactions.byTokenHash(hashToken(stateToken)) : undefined;
    needOwnBrowser(transaction, request);
    const stopped = transaction && (await endOfStoppedHost(tx, transaction));
    return stopped ? { stopped } : { done: await fn(tx, undefined) };
  });
  const outcome = await orOutOfOrder(request, step);
  if ("stopped" in outcome) throw noTransaction(outcome.stopped, false);
  return outcome.done;
}

/**
 * S36: what a browser began, that browser goes on with. Whoever has a password could else send a victim a genuine link with the token of a
 * sign-in of their own, have it proved there, and take its end in the browser that began.
 */
function needOwnBrowser(transaction: TransactionRow | undefined, request: FastifyRequest): void {
  const began = transaction?.browserHash ?? null;
  if (began === null) return;
  const browser = browserCookie(request);
  // The same answer as for a token that there is not. Of hashes the time of a comparison tells nothing.
  if (browser === undefined || hashSecret(browser) !== began) throw noTransaction({ kind: "no-transaction", cause: undefined }, false);
}

export async function orOutOfOrder<T>(request: FastifyRequest, step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (error) {
    if (error instanceof Superseded) throw outOfOrder(request);
    throw error;
  }
}

export function outOfOrder(request: FastifyRequest): Refused {
  return refuseStep({ told: "logon.out-of-order", reference: null, ended: false, evidence: {} }, isHost(request));
}
