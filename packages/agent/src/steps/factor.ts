/** The prompt for a second factor: one field takes every code, and the word or number of a factor that is asked for. */
import type { TransactionView } from "@sallyport/contracts";
import { deny } from "../attempt.ts";
import type { Answer } from "../link/answer.ts";
import { askListAgain, cannotBeAsked, factorShow } from "../prompts.ts";
import { askByLink } from "./link.ts";
import { chosenWay, type Offer, offerOf, type Way } from "./offer.ts";
import type { Next, Scene } from "./scene.ts";
import { afterTry, digitsOf, endOfTries, tryCode } from "./try-code.ts";

export async function askFactor(scene: Scene, view: TransactionView): Promise<Next> {
  scene.offer = offerOf(view, scene.serial);
  const { typed, ways } = scene.offer;
  const [only] = ways;
  if (!typed && !only) {
    const reason = "the org offered no factor that this version can ask for";
    return { outcome: deny({ cause: "factor.not-allowed", evidence: { reason } }) };
  }
  // Whoever has nothing to type and nothing to choose is not asked what to do.
  if (!typed && only && ways.length === 1) return begin(scene, scene.offer, only);
  return chooseFactor(scene, scene.offer);
}

/** Shows the offer until a code was judged, or a factor asked. */
export async function chooseFactor(scene: Scene, offer: Offer): Promise<Next> {
  for (;;) {
    const answer = (await scene.ask(factorShow(offer, scene.again)))["code"] ?? "";
    const way = chosenWay(offer.ways, answer);
    const next = way ? await begin(scene, offer, way) : await typeCode(scene, offer, answer.replace(/\s/g, ""));
    if (next !== "again") return next;
  }
}

/** Asks the org for the factor; where that cannot be now, the other ways are left. */
export async function begin(scene: Scene, offer: Offer, way: Way): Promise<Next> {
  if (way.kind === "passkey") return beginLink(scene, offer, way);
  const answer = await askFor(scene, way.factor);
  scene.again = undefined;
  if (answer.kind !== "refused") return { answer };
  if (answer.evidence["ended"] === true) return endOfTries(scene, answer);
  scene.again = cannotBeAsked(answer);
  // Nothing else is left to whoever has one way only: the org's reason is the end of it.
  return offer.typed || offer.ways.length > 1 ? chooseFactor(scene, offer) : endOfTries(scene, answer);
}

async function beginLink(scene: Scene, offer: Offer, link: Way): Promise<Next> {
  const others = [{ ...link, word: "again", label: "again: another link" }, ...offer.ways.filter((way) => way !== link)];
  const next = await askByLink(scene, others);
  if (next === "not-now") return chooseFactor(scene, offer);
  return "word" in next ? begin(scene, offer, next.kind === "passkey" ? link : next) : next;
}

/** Without a proof: the org asks this factor, or says how it stands. */
export function askFor(scene: Scene, factor: string): Promise<Answer<TransactionView>> {
  return scene.race(scene.host.org.ask(factor, scene.token()));
}

async function typeCode(scene: Scene, offer: Offer, code: string): Promise<Next | "again"> {
  // Who has no app may still have been given a bypass code: the org takes it with whatever factor it was asked for.
  const id = offer.typed?.id ?? offer.ways[0]?.factor ?? "";
  const digits = offer.typed?.digits;
  const answer = await tryCode(scene, { id, digits, isCode: digitsOf(digits) }, code);
  return afterTry(scene, answer, askListAgain(answer, offer.ways, code));
}
