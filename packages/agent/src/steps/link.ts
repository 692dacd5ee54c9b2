/** Approval by link: a passkey in any browser, whose page gives out the code that is typed here. */
import { type LinkAnswer, readLinkCode } from "@sallyport/contracts";
import { askAgain, cannotBeAsked, linkShow } from "../prompts.ts";
import { chosenWay, type Way } from "./offer.ts";
import type { Next, Scene } from "./scene.ts";
import { afterTry, endOfTries, tryCode } from "./try-code.ts";

/**
 * Shows the link and takes the code of its page. `others` are left beside it; one that is chosen comes back as the way.
 * A new link ends the one before.
 */
export async function askByLink(scene: Scene, others: readonly Way[]): Promise<Next | Way | "not-now"> {
  const answer = await scene.race(scene.host.org.link(scene.token()));
  scene.again = undefined;
  if (answer.kind === "fault") return { answer };
  if (answer.kind === "refused") {
    if (answer.evidence["ended"] === true) return endOfTries(scene, answer);
    scene.again = cannotBeAsked(answer);
    return "not-now";
  }
  return typeCode(scene, answer.value, others);
}

async function typeCode(scene: Scene, link: LinkAnswer, others: readonly Way[]): Promise<Next | Way> {
  for (let first = true; ; first = false) {
    const typed = (await scene.ask(linkShow(first ? link.url : undefined, others, scene.again)))["code"] ?? "";
    const way = chosenWay(others, typed);
    scene.again = undefined;
    if (way) return way;
    const answer = await tryCode(scene, { id: link.factor, isCode: (code) => readLinkCode(code) !== undefined }, typed.replace(/\s/g, ""));
    const next = afterTry(scene, answer, askAgain(answer));
    if (next !== "again") return next;
  }
}
