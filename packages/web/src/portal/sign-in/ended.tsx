/** The transaction is over: why, and what to do now. */
import { Step } from "../../shown/step.tsx";
import { useTexts } from "../texts/texts.ts";
import type { End } from "./use-transaction.ts";

export function Ended({ how, onAgain }: { how: End; onAgain(): void }) {
  const t = useTexts();
  const { title, text } = t.ended[how];
  return (
    <Step title={title}>
      <p>{text}</p>
      <div class="actions">
        <button type="button" class={how === "locked" ? "plain" : undefined} onClick={onAgain}>
          {t.common.startAgain}
        </button>
      </div>
    </Step>
  );
}
