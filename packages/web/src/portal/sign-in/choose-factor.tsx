/** The choice among the kinds of factor that a person has; of kinds only, since so far only a password was proved (S16). */
import type { FactorView } from "@sallyport/contracts";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import type { StepProps } from "./sign-in.tsx";
import { choices, isTyped, offered, step, verifyPath } from "./transaction.ts";

export function ChooseFactor({ view, running, onTyped }: Omit<StepProps, "onOther"> & { onTyped(id: string): void }) {
  const t = useTexts();
  const { refusal, busy, run, reset } = running;
  const factors = offered(view);
  const choose = (factor: FactorView) => {
    if (isTyped(factor.kind)) onTyped(factor.id ?? "");
    else void run(() => step(view, verifyPath(factors, factor)));
  };
  const cancel = async () => {
    await step(view, "/cancel");
    reset();
  };
  return (
    <Step title={t.factor.title}>
      <p>{t.factor.why(view._embedded?.user.profile.login ?? "")}</p>
      <Problem text={refusal && problemText(t, refusal)} />
      <ul class="choices">
        {choices(factors).map((factor) => (
          <li key={factor.kind}>
            <button type="button" class="choice" disabled={busy} onClick={() => choose(factor)}>
              <span class="name">{t.factor.kind[factor.kind]}</span>
              <span class="does">{t.factor.does[factor.kind]}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="actions">
        <button type="button" class="text" onClick={() => void cancel()}>
          {t.common.cancel}
        </button>
      </div>
    </Step>
  );
}
