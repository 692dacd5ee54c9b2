/** The policy of an app: read, replaced by compare-and-set, and rehearsed without any effect. */
import { createHash } from "node:crypto";
import { canonicalJson, type CauseId, type FactorKind, type PolicyDocument, type rehearseRequest } from "@sallyport/contracts";
import { checkPolicy } from "@sallyport/logon";
import type { z } from "zod";
import { judgePerson } from "../host-link/judge-person.ts";
import type { AppRow } from "../store-directory.ts";
import type { HostRow } from "../store-logons.ts";
import type { Store, Tx } from "../store.ts";
import { findApp, targetOf } from "./apps.ts";
import { type Caller, done, inUnit, type Outcome } from "./outcome.ts";

/** `expected`: the version that the document was made from; a newer one is never overwritten. */
export function setPolicy(store: Store, caller: Caller, appId: string, expected: number, document: PolicyDocument): Promise<Outcome<AppRow>> {
  return inUnit(store, async (tx) => {
    const found = await findApp(tx, appId);
    if (found.kind !== "done") return found;
    const app = found.value;
    const causes = await complaintsOf(tx, document);
    if (causes.length > 0) return { kind: "invalid", causes };
    const version = await tx.apps.setPolicy(appId, expected, document);
    if (version === undefined) return { kind: "conflict", why: `the policy is at version ${app.policyVersion}, not ${expected}: read it again` };
    const data = {
      app: appId,
      version,
      digest: digestOf(document),
      rules: document.rules.map(({ name, then }) => `${name}: ${then}`),
      failModes: document.failModes ?? {},
      before: { version: app.policyVersion, digest: digestOf(app.policy) },
    };
    await tx.log.append({ type: "policy.changed", actor: caller.actor, target: targetOf(app), outcome: "success", data });
    return done({ ...app, policy: document, policyVersion: version });
  });
}

async function complaintsOf(tx: Tx, document: PolicyDocument): Promise<string[]> {
  const zones = await tx.zones.list();
  return checkPolicy(document, { zones }).map(({ path, message }) => `document.${path}: ${message}`);
}

function digestOf(document: PolicyDocument): string {
  return createHash("sha256").update(canonicalJson(document)).digest("hex");
}

export interface Rehearsal {
  outcome: "factor" | "allow" | "refuse";
  cause?: CauseId;
  rule?: string;
  user?: { id: string; login: string };
  factors: FactorKind[];
  trace: { step: string; result: string }[];
}
