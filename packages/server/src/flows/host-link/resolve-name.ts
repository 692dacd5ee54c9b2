/** Resolves a typed name by an app's rules over everything that is stored: the one way in which the org does it. */
import {
  type GivenName,
  type Holder,
  type KnownDomain,
  keysOf,
  type LookupStep,
  lookupSteps,
  type Resolution,
  resolveUser,
} from "@sallyport/logon";
import type { Tx } from "../store.ts";
import type { AppRow } from "../store-directory.ts";
import type { JudgedHost } from "./judge-person.ts";

export interface Looked {
  steps: LookupStep[];
  /** Everybody who has any of the names that were looked for. */
  holders: Holder[];
  /** Those of them who are assigned to the app. */
  assigned: ReadonlySet<string>;
  domains: readonly KnownDomain[];
  resolution: Resolution;
}

/** Reads only. `host`: the machine at which the name was typed. */
export async function resolveName(tx: Tx, app: AppRow, host: JudgedHost, given: GivenName): Promise<Looked> {
  let steps: LookupStep[] = [];
  const { holders, assigned, domains } = await tx.users.lookUp(app.id, (known) => {
    steps = lookupSteps({ ...given, context: host.domain ?? undefined }, app.nameRules, known);
    return keysOf(steps);
  });
  const links = new Map(holders.flatMap(({ userId, linkedTo }) => (linkedTo === null ? [] : [[userId, linkedTo] as const])));
  return { steps, holders, assigned, domains, resolution: resolveUser(steps, holders, assigned, links) };
}
