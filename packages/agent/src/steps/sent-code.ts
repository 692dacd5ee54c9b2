/** A code that the org sends out, by mail, text message or call: asked for in the same field as every other, sent anew on request. */
import type { TransactionView } from "@sallyport/contracts";
import { deny } from "../attempt.ts";
import { askAgain, cannotBeAsked, sentCodeShow } from "../prompts.ts";
import { askFor, begin } from "./factor.ts";
import { chosenWay, type Offer, type Way } from "./offer.ts";
import type { Next, Scene } from "./scene.ts";
import { afterTry, digitsOf, endOfTries, type TypedFactor, tryCode } from "./try-code.ts";

export async function askSentCode(scene: Scene, view: TransactionView): Promise<Next> {
  const factor = view._embedded?.factor;
  if (!factor?.id) return { outcome: deny({ cause: "http.unexpected", evidence: { excerpt: "a challenge of no factor" } }) };
  const { id, kind, digits } = factor;
  const { offer } = scene;
  const others = (offer?.ways ?? []).filter((way) => way.kind !== kind);
  // The org made the code and alone knows its length; an app's has six to eight digits as well.
  const isCode = digits === undefined ? (code: string) => /^[0-9]{6,8}$/.test(code) : digitsOf(digits);
  const ways: Way[] = [{ kind, word: "again", label: "again: send another code", factor: id }, ...others];
  for (;;) {
    const typed = (await scene.ask(sentCodeShow(kind, digits, ways, scene.again)))["code"] ?? "";
    const way = chosenWay(ways, typed);
    const next = way ? await go(scene, offer, way) : await typeCode(scene, { id, digits, isCode }, typed.replace(/\s/g, ""));
    if (next !== "again") return next;
  }
}

/** The same way once more sends another code; any other begins as if it had been chosen first. */
async function go(scene: Scene, offer: Offer | undefined, way: Way): Promise<Next | "again"> {
  if (offer && way.word !== "again") return begin(scene, offer, way);
  const answer = await askFor(scene, way.factor);
  scene.again = undefined;
  if (answer.kind !== "refused") return { answer };
  if (answer.evidence["ended"] === true) return endOfTries(scene, answer);
  scene.again = cannotBeAsked(answer);
  return "again";
}

async function typeCode(scene: Scene, factor: TypedFactor, code: string): Promise<Next | "again"> {
  const answer = await tryCode(scene, factor, code);
  return afterTry(scene, answer, askAgain(answer));
}
