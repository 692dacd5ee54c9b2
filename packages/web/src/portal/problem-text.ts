/** What a person reads of a refusal: what they can do next, and never more than the org says to anybody in their place (S16). */
import type { Refusal } from "../shown/call.ts";
import type { Texts } from "./texts/en.ts";

/** `doing`: what was tried, where one code means different things. */
export function problemText(
  t: Texts,
  { status, code, waitSeconds, errorId }: Refusal,
  doing: "password" | "code" | "ticket" | "passkey" | "approval" | "old-password" | "new-password" | "other" = "other",
): string {
  if (status === 0) return t.problem.offline;
  if (code === "E0000047") return t.problem.tooMany(waitSeconds ?? 60);
  if (code === "E0000069") return t.problem.locked;
  if (code === "S0000004") return t.problem.busy;
  if (doing === "approval" && code === "E0000006") return t.approve.elsewhere;
  if (code === "E0000004") return doing === "passkey" ? t.problem.passkeyNot : t.problem.password;
  if (doing === "old-password") return t.problem.passwordOld;
  if (doing === "new-password" && status < 500) return t.problem.passwordNew;
  if (code === "E0000068") {
    if (waitSeconds !== undefined) return t.problem.codeWait(waitSeconds);
    if (doing === "passkey" || doing === "approval") return t.problem.passkeyNot;
    return doing === "ticket" ? t.problem.ticket : t.problem.code;
  }
  if (status >= 500) return t.problem.fault(errorId ?? "?");
  return t.problem.notNow;
}
