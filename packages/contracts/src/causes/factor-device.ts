/** Causes of the stage *factor* that lie with a phone or a key: push, number and passkey. */
import type { CauseRows } from "./cause.ts";
import { PHONE, REFUSED, WAIT, WRONG_KEY } from "./person.ts";

export const FACTOR_DEVICE = {
  "factor.push-denied": {
    kind: "refusal",
    title: "The request was declined on the phone",
    person: PHONE,
    administrator: "The person, or whoever holds the phone, answered *no*.",
    evidence: ["factor", "answeredAt", "address"],
    who: "person",
    fix: {
      any: "Ask the person. If it was a slip, they log on again; if the logon was not theirs, change the password, since somebody knows it.",
    },
  },
  "factor.push-reported": {
    kind: "refusal",
    title: "The request was reported as *not me*",
    person: PHONE,
    administrator:
      "The person says that this logon is not theirs: somebody has the password. Requests from this host and address have been stopped.",
    evidence: ["factor", "answeredAt", "host", "address"],
    who: "administrator",
    fix: {
      any: "Call the person. Unless it was a slip: change the password, and look with `sallyport log tail` for other logons from that address. `sallyport user suspend USER` closes the account meanwhile.",
    },
  },
  "factor.push-timeout": {
    kind: "refusal",
    title: "The phone did not answer in time",
    person: PHONE,
    administrator: "The request was sent and nobody answered it. The evidence says whether and when the phone fetched it.",
    evidence: ["factor", "sentAt", "deliveredAt", "limitSeconds"],
    who: "person",
    fix: {
      any: "The person unlocks the phone, opens the approver and logs on again. If nothing arrives although it is open, the phone has no network: type a code instead.",
    },
    dependsOn: ["factor.push-undelivered", "org.delivery"],
  },
  "factor.push-capped": {
    kind: "refusal",
    title: "Too many requests to the phone",
    person: WAIT,
    administrator:
      "The cap of requests to this user's phone within ten minutes is reached. Either something logs on again and again, or somebody tries to wear the person down.",
    evidence: ["factor", "count", "windowSeconds", "addresses"],
    who: "person",
    fix: {
      any: "The person waits ten minutes or types a code instead. See who asks with `sallyport log tail`; a script with a kept password must be changed.",
    },
  },
  "factor.push-stopped": {
    kind: "refusal",
    title: "Requests to the phone are stopped",
    person: REFUSED,
    administrator:
      "After a *not me* no request goes to this phone for that host and address; after three within an hour, none at all. Other factors work.",
    evidence: ["factor", "stoppedAt", "scope", "reports"],
    who: "administrator",
    fix: {
      any: "When it is clear who it was and the password is changed, lift the stop: `sallyport push stops` lists it, `sallyport push lift STOP` lifts it. Until then the person types a code.",
    },
    dependsOn: ["factor.push-reported"],
  },
  "factor.push-undelivered": {
    kind: "refusal",
    title: "The request did not reach the phone",
    person: PHONE,
    administrator:
      "The push service refused the request or says that the device is gone: the approver was removed, or the phone was reset or replaced.",
    evidence: ["factor", "service", "status"],
    who: "person",
    fix: {
      any: "The person opens the approver on the phone, which takes the request without a push. If it is gone, activate the phone again in the console under People > USER > Factors.",
    },
    dependsOn: ["org.delivery"],
  },
  "factor.number-mismatch": {
    kind: "refusal",
    title: "Another number was typed on the phone",
    person: "The number typed on the phone was not the one shown here. Please try again.",
    administrator:
      "The number typed on the phone is not the one that the logon shows. This ends the request and counts as a failure: it is also what happens when somebody approves a logon that is not theirs.",
    evidence: ["factor", "answeredAt", "failures"],
    who: "person",
    fix: { any: "The person logs on again and types the number from their own screen. If they had no logon open, change the password." },
  },
  "factor.passkey-origin": {
    kind: "refusal",
    title: "The passkey answered for another address",
    person: WRONG_KEY,
    administrator:
      "The passkey was used on a page whose address is not this org's. Either the org is reached under a second name, or the person was on a forged page.",
    evidence: ["factor", "originExpected", "originFound"],
    who: "administrator",
    fix: {
      any: "Use only the address that `sallyport serve` prints, and redirect other names to it. If the address in the evidence is nobody's you know, the person was phished: change the password.",
    },
  },
  "factor.passkey-counter": {
    kind: "refusal",
    title: "The passkey's counter went backwards",
    person: WRONG_KEY,
    administrator: "The key shows a lower count of uses than before, as a copied key would. It is refused from now on.",
    evidence: ["factor", "counterKept", "counterFound"],
    who: "administrator",
    fix: {
      any: "Make sure who it is. Then remove the key (`sallyport factor list USER`, `sallyport factor remove USER FACTOR`), and let the person enrol a new one.",
    },
  },
  "factor.passkey-unknown": {
    kind: "refusal",
    title: "The passkey is not enrolled for this user",
    person: WRONG_KEY,
    administrator: "The key that answered was never enrolled here, was removed, or belongs to another user; or its signature is not right.",
    evidence: ["factor", "credential", "user"],
    who: "person",
    fix: {
      any: "The person uses the key that they enrolled. `sallyport factor list USER` has the list; another key is added by the person on the org's pages.",
    },
  },
} as const satisfies CauseRows;
