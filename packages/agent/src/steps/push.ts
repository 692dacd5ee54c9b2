/** A request on the phone: shows the number to type there, and looks how it stands until it was answered or has ended. */
import { setTimeout as wait } from "node:timers/promises";
import { causeOf, type TransactionView } from "@sallyport/contracts";
import { deny } from "../attempt.ts";
import { pushShow } from "../prompts.ts";
import { askFor, chooseFactor } from "./factor.ts";
import type { Next, Scene } from "./scene.ts";

/** The phone takes seconds; who types a code instead does not wait for the last look. */
const LOOK_MS = 1000;

export async function waitForPhone(scene: Scene, view: TransactionView): Promise<Next> {
  const factor = view._embedded?.factor;
  if (!factor?.id) return { outcome: deny({ cause: "http.unexpected", evidence: { excerpt: "a challenge of no factor" } }) };
  if (view.factorResult !== "WAITING") return fallBack(scene, view);
  scene.tell(pushShow(numberOf(factor._embedded)));
  for (;;) {
    await scene.race(wait(LOOK_MS));
    const answer = await askFor(scene, factor.id);
    const waiting = answer.kind === "ok" && answer.value.status === "MFA_CHALLENGE" && answer.value.factorResult === "WAITING";
    if (!waiting) return { answer };
  }
}

/** Declined, reported, wrong number or not answered: the person reads which as far as it is theirs to know, and may go another way. */
function fallBack(scene: Scene, view: TransactionView): Promise<Next> | Next {
  const cause = view.cause ?? (view.factorResult === "TIMEOUT" ? "factor.push-timeout" : "factor.push-denied");
  scene.again = causeOf(cause).person;
  const { offer } = scene;
  if (offer && (offer.typed || offer.ways.length > 1)) return chooseFactor(scene, offer);
  return { outcome: deny({ cause, evidence: { factor: "push" } }, true) };
}

/** Digits as the phone asks for them; whatever else stands there is not shown. */
function numberOf(embedded: Record<string, unknown> | undefined): string | undefined {
  const shown = (embedded?.["challenge"] as { correctAnswer?: unknown } | undefined)?.correctAnswer;
  return /^[0-9]{1,8}$/.test(String(shown)) ? String(shown) : undefined;
}
