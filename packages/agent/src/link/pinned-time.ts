/** Opens the org's signed time by the pinned decision keys without taking anything from it: for whoever only looks. */
import { JWS_TYPES, type timeAnswer, timeClaims } from "@sallyport/contracts";
import type * as z from "zod";
import { openSigned } from "../signed.ts";
import type { DecisionKeys } from "../state/decision-keys.ts";

export interface PinnedTime {
  /** Thumbprint (RFC 7638) of the newest decision key that the host knows. */
  newest: string;
  /** `now` in epoch ms if the org signed it for `nonce`, also by a key that followed since; `detail` says what does not hold. */
  open(answer: z.output<typeof timeAnswer>, nonce: string): Promise<{ ok: true; now: number } | { ok: false; detail: string }>;
}

export function pinnedTime(keys: DecisionKeys): PinnedTime {
  return {
    newest: keys.newest(),
    async open({ time, keys: links = [] }, nonce) {
      const after = await keys.after(links).catch(() => ({ ok: false as const, check: "key", detail: "it is no P-256 key" }));
      if (!after.ok) return { ok: false, detail: `its chain of keys: ${after.check}: ${after.detail}` };
      const opened = await openSigned(time, after, JWS_TYPES.time, timeClaims);
      if (!opened.ok) return { ok: false, detail: `${opened.check}: ${opened.detail}` };
      return opened.claims.nonce === nonce
        ? { ok: true, now: opened.claims.now }
        : { ok: false, detail: "nonce: it is for another question" };
    },
  };
}
