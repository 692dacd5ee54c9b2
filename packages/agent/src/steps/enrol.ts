/** Enrolment at the first logon: the ticket, then a secret for the app, then its first code; nobody is let in before that. */
import { readLongCode, type TransactionView } from "@sallyport/contracts";
import { deny } from "../attempt.ts";
import { askAgain, askTicketAgain, firstCodeShow, ticketShow } from "../prompts.ts";
import { type Next, type Scene, TRIES } from "./scene.ts";
import { afterTry, digitsOf, malformed } from "./try-code.ts";

/** The org says by the link which of the two is next: the ticket, or the factor. */
export async function beginEnrolling(scene: Scene, view: TransactionView): Promise<Next> {
  if (linkName(view, "next") === "ticket") return askTicket(scene);
  if (view._links?.["skip"]) return { answer: await scene.race(scene.host.org.skip(scene.token())) };
  // Of the kinds that the org offers, an app is what can be set up at a terminal.
  const app = view._embedded?.factors?.some(({ kind, _links }) => kind === "totp" && _links?.["enroll"]);
  if (!app)
    return { outcome: deny({ cause: "factor.not-allowed", evidence: { reason: "the rule takes no factor that a terminal can set up" } }) };
  return { answer: await scene.race(scene.host.org.enrolTotp(scene.token())) };
}

async function askTicket(scene: Scene): Promise<Next> {
  for (;;) {
    const ticket = (await scene.ask(ticketShow(scene.again)))["code"] ?? "";
    // What is no ticket stays here: it may be the password.
    const answer = readLongCode(ticket) ? await scene.race(scene.host.org.ticket(scene.token(), ticket)) : malformed(scene, ticket.length);
    const next = afterTry(scene, answer, askTicketAgain(answer));
    if (next !== "again") return next;
  }
}

export async function confirmEnrolling(scene: Scene, view: TransactionView): Promise<Next> {
  const factor = view._embedded?.factor;
  const { sharedSecret, otpauth } = (factor?._embedded?.["activation"] ?? {}) as { sharedSecret?: unknown; otpauth?: unknown };
  if (!factor?.id || factor.kind !== "totp" || typeof sharedSecret !== "string" || typeof otpauth !== "string")
    return { outcome: deny({ cause: "http.unexpected", evidence: { excerpt: "an enrolment without its secret" } }) };
  scene.tries = TRIES;
  const digits = Number(/[?&]digits=([0-9])/.exec(otpauth)?.[1] ?? 6);
  const isCode = digitsOf(digits);
  for (let shown: { sharedSecret: string; otpauth: string } | undefined = { sharedSecret, otpauth }; ; shown = undefined) {
    const code = ((await scene.ask(firstCodeShow(shown, digits, scene.again)))["code"] ?? "").replace(/\s/g, "");
    const answer = isCode(code)
      ? await scene.race(scene.host.org.activate(factor.id, scene.token(), code))
      : malformed(scene, code.length, digits);
    const next = afterTry(scene, answer, askAgain(answer));
    if (next !== "again") return next;
  }
}

function linkName(view: TransactionView, rel: string): string | undefined {
  const link = view._links?.[rel];
  return Array.isArray(link) ? link[0]?.name : link?.name;
}
