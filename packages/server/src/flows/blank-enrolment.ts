/** What every new enrolment has, whatever its kind: no failures, no name, nothing public. */
import { newId } from "./ids.ts";
import type { EnrolmentRow } from "./store-logons.ts";

/** @param now epoch ms. Digits and the like are RFC 6238's defaults, which only TOTP looks at. */
export function blankEnrolment(now: number) {
  return {
    id: newId("enr"),
    sealedSecret: "",
    digits: 6,
    algorithm: "SHA1",
    period: 30,
    drift: 0,
    failures: 0,
    nextTryAt: 0,
    created: now,
    updated: now,
    name: null,
    handle: null,
    data: {},
    counter: 0,
    lastUsed: null,
  } satisfies Partial<EnrolmentRow>;
}
