/** Causes of the stage *factor*: the second proof itself. Codes and enrolments; what happens on phones and keys stands in `factor-device.ts`. */
import type { CauseRows } from "./cause.ts";
import { FACTOR_DEVICE } from "./factor-device.ts";
import { LATER, REFUSED, TOO_LONG, WAIT, WRONG_CODE } from "./person.ts";

const NEW_TOTP = "`sallyport factor reset USER totp`, then `sallyport factor enrol USER totp`";

const BEFORE_DEVICE = {
  "factor.none": {
    kind: "refusal",
    title: "The user has no second factor",
    person: REFUSED,
    administrator: "The policy asks for a second factor and this user has never enrolled one.",
    evidence: ["enrolments", "allowed"],
    who: "administrator",
    fix: { any: "Run `sallyport factor enrol USER totp` and let the person scan the code that it shows, over a channel that you trust." },
    okta: "(403) Forbidden: the user has no factor enrolled while the app requires one",
  },
  "factor.not-allowed": {
    kind: "refusal",
    title: "The user's factors are not allowed here",
    person: REFUSED,
    administrator:
      "The user has a second factor, but none of a kind that the rule in the evidence accepts, or none that this way of logging on can show; or a passkey answered without its person being present, or verified where that is asked (the reason is in the evidence); or a passkey is asked for by a link, and the rule takes one only from zones (`linkZones`) that the logon does not come from. Or a bypass code was typed that is right, but for another app, or where the rule takes none.",
    evidence: [
      "enrolments",
      "allowed",
      "rule",
      "reason",
      "service",
      "bypass",
      "issuedAt",
      "issuedBy",
      "factor",
      "failures",
      "zones",
      "address",
      "browser",
    ],
    who: "administrator",
    fix: {
      any: "Enrol a kind that the rule allows (`sallyport factor enrol USER totp`), or widen `factors` in that rule: `sallyport policy show --app APP > policy.json`, edit, `sallyport policy set policy.json --app APP`.",
    },
  },
  "factor.code-wrong": {
    kind: "refusal",
    title: "The code is wrong",
    person: WRONG_CODE,
    administrator:
      "The code matches no moment within five minutes of now, so it is not merely late. The person mistyped it, or read it from another account in the app.",
    evidence: ["failures"],
    who: "person",
    fix: {
      any: `The person waits for the next code and picks the entry that names this org. If it never matches, the app holds an old entry: ${NEW_TOTP}.`,
    },
    dependsOn: ["clock.factor", "clock.org"],
  },
  "factor.code-used": {
    kind: "refusal",
    title: "The code was used already",
    person: WRONG_CODE,
    administrator:
      "The code is right but was used before (the evidence has its 30-second step, or when a recovery code was used), and works only once. Common after two logons in a row; if the first was not the person's, somebody else has read the code. A passkey has this cause when it answers a challenge a second time, or another one than it was asked.",
    evidence: ["step", "usedAt", "factor", "failures", "reason"],
    who: "person",
    fix: {
      any: `The person waits up to 30 seconds for the next code, or takes the next of the list of recovery codes. If the first use was not theirs: change the password and renew the factor (${NEW_TOTP}).`,
    },
  },
  "factor.code-malformed": {
    kind: "refusal",
    title: "What was typed is not a code",
    person: "That does not look like a code. Please type only the digits that your app shows.",
    administrator:
      "The answer has not the digits of the person's app, nor the twenty characters of a recovery code, so it was not compared with anything and not counted.",
    evidence: ["length", "shouldBe"],
    who: "person",
    fix: {
      any: "The person types the digits without anything else, or a whole recovery code: twenty letters and digits, with or without hyphens.",
      linux: "Over xrdp there is one field only: password, a comma, then the code, such as `password,123456`.",
    },
  },
  "factor.code-expired": {
    kind: "refusal",
    title: "The code came too late",
    person: WRONG_CODE,
    administrator:
      "The code that was sent out is right, but was typed after its time had passed; or a passkey answered a challenge whose minute was over.",
    evidence: ["factor", "sentAt", "expiredAt"],
    who: "person",
    fix: { any: "The person asks for a new code and types it at once. If messages arrive late, look at the delivery of mail." },
    dependsOn: ["org.delivery"],
  },
} as const satisfies CauseRows;

const AFTER_DEVICE = {
  "factor.recovery-wrong": {
    kind: "refusal",
    title: "The recovery code or bypass code is wrong",
    person: WRONG_CODE,
    administrator:
      "What was typed has the twenty characters of a recovery code or bypass code, and is none of this user's. The failure counts on the factor in the evidence; a set that was reset has no codes any more.",
    evidence: ["factor", "failures", "remaining"],
    who: "person",
    fix: {
      any: "The person types the code again, character by character, or takes the next of the list. If the list is lost, make a new one: `sallyport factor reset USER recovery`, then `sallyport factor enrol USER recovery`.",
    },
  },
  "factor.bypass-used": {
    kind: "refusal",
    title: "The bypass code was used already",
    person: WRONG_CODE,
    administrator: "An administrator's bypass code works once, and this one was used at the time in the evidence.",
    evidence: ["bypass", "usedAt", "usedOn", "issuedAt", "issuedBy", "factor", "failures"],
    who: "administrator",
    fix: {
      any: "Ask the person whether that use was theirs (`sallyport why REFERENCE` with the reference in the evidence). If so, give them a new code: `sallyport bypass USER --app APP --reason TEXT`; if not, suspend the user with `sallyport user suspend USER`.",
    },
  },
  "factor.bypass-expired": {
    kind: "refusal",
    title: "The bypass code is past its time",
    person: WRONG_CODE,
    administrator:
      "An administrator's bypass code lives 24 hours at most, and this one ended, or was withdrawn, at the time in the evidence.",
    evidence: ["bypass", "issuedAt", "expiredAt", "issuedBy", "factor", "failures"],
    who: "administrator",
    fix: { any: "Give the person a new one: `sallyport bypass USER --app APP --reason TEXT`." },
  },
  "factor.enrol-not-allowed": {
    kind: "refusal",
    title: "The user may not enrol a factor at this logon",
    person: REFUSED,
    administrator:
      "The user has no second factor, and enrolling one at the logon needs a window opened for this user and a ticket. One of them is missing.",
    evidence: ["user", "window", "ticket"],
    who: "administrator",
    fix: {
      any: "Enrol the factor beforehand: `sallyport factor enrol USER totp`. Or open a window with `sallyport ticket create USER` and hand over the ticket.",
    },
    okta: "(403) Forbidden: the user has no factor, and the agent cannot enrol one at the logon",
  },
  "factor.enrol-expired": {
    kind: "refusal",
    title: "The time to enrol a factor is over",
    person: REFUSED,
    administrator: "The enrolment window or ticket ended at the time in the evidence, before the person confirmed the new factor.",
    evidence: ["user", "openedBy", "expiredAt"],
    who: "administrator",
    fix: { any: "Start again with `sallyport factor enrol USER totp`, or open a new window with `sallyport ticket create USER`." },
  },
  "factor.locked": {
    kind: "refusal",
    title: "The factor is locked after too many wrong tries",
    person: REFUSED,
    administrator:
      "The factor reached the cap of wrong tries in a row. All of them came after the right password, so if they were not the person's, somebody knows the password.",
    evidence: ["failures", "since", "enrolments"],
    who: "administrator",
    fix: {
      any: `Ask the person whether the tries were theirs; see from where they came in \`sallyport log tail\`. If not theirs, change the password first. Then ${NEW_TOTP}.`,
    },
  },
  "factor.throttled": {
    kind: "refusal",
    title: "The person must wait before the next try",
    person: WAIT,
    administrator:
      "After several wrong codes each next try has to wait, from 30 seconds up to an hour. The evidence says how long. A code typed before is not looked at and not counted.",
    evidence: ["waitSeconds", "failures"],
    who: "person",
    fix: {
      any: "The person waits for the time shown and then types a fresh code. If it is urgent, renew the factor: `sallyport factor reset USER totp`, then `sallyport factor enrol USER totp`.",
    },
    dependsOn: ["factor.locked"],
  },
  "factor.timeout": {
    kind: "refusal",
    title: "Nobody answered the prompt in time",
    person: TOO_LONG,
    administrator:
      "The prompt waited for the seconds in the evidence and got no answer, or the machine's own logon timer ended the attempt first.",
    evidence: ["waitedSeconds", "limitSeconds", "endedBy", "tries"],
    who: "person",
    fix: {
      any: "The person has the phone at hand before logging on.",
      linux: "sshd's timer is `LoginGraceTime` in /etc/ssh/sshd_config (120 seconds unless set); keep it above the prompt's time.",
      windows: "Windows closes an idle logon screen over RDP by itself; keep the prompt's time below that.",
    },
    okta: "the widget closes by itself: WidgetTimeOutInSeconds, or the idle timeout of the Windows logon session",
  },
  "factor.offline-spent": {
    kind: "refusal",
    title: "No offline logons are left on this machine",
    person: LATER,
    administrator: "The org cannot be reached, and the user has used up the offline logons that the policy grants on this host.",
    evidence: ["user", "used", "granted", "lastOnline"],
    who: "administrator",
    fix: {
      any: "Bring back the connection to the org; the next logon with it grants offline logons again. Until then use break-glass: `sallyport breakglass answer`.",
    },
  },
  "factor.offline-expired": {
    kind: "refusal",
    title: "Offline logons have run out of time on this machine",
    person: LATER,
    administrator: "The org cannot be reached, and this user's offline proof is older than the days that the policy grants.",
    evidence: ["user", "issuedAt", "expiredAt", "lastOnline"],
    who: "administrator",
    fix: {
      any: "Bring back the connection to the org; the next logon with it renews the offline proof. Until then use break-glass: `sallyport breakglass answer`.",
    },
    dependsOn: ["clock.host"],
  },
  "breakglass.wrong": {
    kind: "refusal",
    title: "The break-glass answer is wrong",
    person: WRONG_CODE,
    administrator:
      "The answer does not belong to the challenge that the machine shows: mistyped, made for another prompt, user or machine, or made with an old key.",
    evidence: ["user", "tries", "waitSeconds"],
    who: "administrator",
    fix: {
      any: "Read the challenge aloud again, character by character, and make a new answer with `sallyport breakglass answer`. A new prompt shows a new challenge.",
    },
  },
  "breakglass.expired": {
    kind: "refusal",
    title: "The break-glass answer is past its ten minutes",
    person: WRONG_CODE,
    administrator: "The answer is right, but was typed more than ten minutes after the machine showed the challenge.",
    evidence: ["user", "shownAt", "ageSeconds"],
    who: "administrator",
    fix: { any: "Start the logon again and make an answer for the new challenge with `sallyport breakglass answer`." },
  },
} as const satisfies CauseRows;

export const FACTOR = { ...BEFORE_DEVICE, ...FACTOR_DEVICE, ...AFTER_DEVICE };
