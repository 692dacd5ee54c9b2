/** A code that the org sends out, by mail, text message or call: asked for in the same field as every other, sent anew on request. */
import type { TransactionView } from "@sallyport/contracts";
import { deny } from "../attempt.ts";
import { askAgain, cannotBeAsked, sentCodeShow } from "../prompts.ts";
import { askFor } from "./factor.ts";
import { chosenWay, type Way } from "./offer.ts";
import type { Next, Scene } from "./scene.ts";
import { afterTry, endOfTries, tryCode } from "./try-code.ts";

export async function askSentCode(scene: Scene, view: TransactionView): Promise<Next> {
  const factor = view._embedded?.factor;
  if (!factor?.id) return { outcome: deny({ cause: "http.unexpected", evidence: { excerpt: "a challenge of no factor" } }) };
  const { id, kind, digits } = factor;
  const others = (scene.offer?.ways ?? []).filter((way) => way.kind !== kind);
  const ways: Way[] = [{ kind, word: "again", label: "again: send another code", factor: id }, ...others];
  for (;;) {
    const typed = (await scene.ask(sentCodeShow(kind, digits, ways, scene.again)))["code"] ?? "";
    const way = chosenWay(ways, typed);
    const next = way ? await send(scene, way) : await typeCode(scene, { id, digits, sent: true }, typed.replace(/\s/g, ""));
    if (next !== "again") return next;
  }
}

async function send(scene: Scene, way: Way): Promise<Next | "again"> {
  const answer = await askFor(scene, way.factor);
  scene.again = undefined;
  if (answer.kind !== "refused") return { answer };
  if (answer.evidence["ended"] === true) return endOfTries(scene, answer);
  scene.again = cannotBeAsked(answer);
  return "again";
}

async function typeCode(scene: Scene, factor: Parameters<typeof tryCode>[1], code: string): Promise<Next | "again"> {
  const answer = await tryCode(scene, factor, code);
  return afterTry(scene, answer, askAgain(answer));
}
