/** Every kind of message that leaves the org, and what sends it. */

import type { Store } from "../flows/store.ts";
import type { Keys } from "../keys/keys.ts";
import type { Deliverers } from "./deliverer.ts";

export interface DelivererDeps {
  store: Store;
  keys: Keys;
  orgUrl: string;
}

export function deliverersOf(_deps: DelivererDeps): Deliverers {
  return {};
}
