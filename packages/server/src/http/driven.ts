/** Who drives a step of a transaction: a host by its assertion, or a page by the state token alone; and the refusals that both may meet. */
import type { FastifyRequest } from "fastify";
import { Superseded } from "../flows/authn/open-transaction.ts";
import { isRefusal, withHost } from "../flows/host-link/with-host.ts";
import type { Tx } from "../flows/store.ts";
import type { HostRow } from "../flows/store-logons.ts";
import type { AppDeps } from "./app.ts";
import { hostCall, refuseHost, refuseStep } from "./host-answers.ts";
import type { Refused } from "./refuse.ts";

/** True for a host; whether its assertion holds is judged elsewhere. */
export function isHost(request: FastifyRequest): boolean {
  return request.headers.authorization !== undefined;
}

/** Runs a step for a host with its assertion, or for a page without any; the flow checks whose transaction it is. */
export async function driven<T>(deps: AppDeps, request: FastifyRequest, fn: (tx: Tx, host: HostRow | undefined) => Promise<T>): Promise<T> {
  if (!isHost(request))
    return orOutOfOrder(
      request,
      deps.store.inTransaction((tx) => fn(tx, undefined)),
    );
  const outcome = await orOutOfOrder(request, withHost(deps, hostCall(request), fn));
  if (isRefusal(outcome)) throw refuseHost(deps, request, outcome);
  return outcome as T;
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
