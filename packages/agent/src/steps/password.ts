/** The password of somebody whom nobody else has checked (a provider in a terminal): the org checks it. */
import { Refusal } from "../finding.ts";
import { passwordShow } from "../prompts.ts";
import type { Next, Scene } from "./scene.ts";

export async function askPassword(scene: Scene): Promise<Next> {
  for (let again: string | undefined; ; ) {
    const password = (await scene.ask(passwordShow(again)))["password"] ?? "";
    again = "The password was not accepted. Please try again.";
    // An empty password never leaves this machine: some directories take it for an anonymous yes (S33).
    if (password === "") throw new Refusal("user.password", { reason: "empty" });
    const answer = await scene.race(scene.host.org.password(scene.token(), password));
    const wrong = answer.kind === "refused" && answer.cause === "user.password" && answer.evidence["ended"] === false;
    if (!wrong) return { answer };
  }
}
