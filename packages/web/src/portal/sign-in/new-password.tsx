/** A password that has to be changed first. */
import { useState } from "preact/hooks";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import type { StepProps } from "./sign-in.tsx";
import { step } from "./transaction.ts";

export function NewPassword({ view, running }: StepProps) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const [differ, setDiffer] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [oldPassword, newPassword, repeat] = ["old", "new", "repeat"].map((name) => String(form.get(name)));
    setDiffer(newPassword !== repeat);
    if (newPassword === repeat) void run(() => step(view, "/credentials/change_password", { oldPassword, newPassword }));
  };
  return (
    <Step title={t.password.title}>
      <p>{t.password.why}</p>
      <Problem
        text={
          differ ? t.problem.repeat : refusal && problemText(t, refusal, refusal.about === "oldPassword" ? "old-password" : "new-password")
        }
      />
      <form onSubmit={submit}>
        <label for="old">{t.password.old}</label>
        <input id="old" name="old" type="password" autocomplete="current-password" maxLength={1024} required data-first />
        <label for="new">{t.password.new}</label>
        <p class="hint" id="new-hint">
          {t.password.newHint}
        </p>
        <input id="new" name="new" type="password" autocomplete="new-password" maxLength={1024} required aria-describedby="new-hint" />
        <label for="repeat">{t.password.repeat}</label>
        <input id="repeat" name="repeat" type="password" autocomplete="new-password" maxLength={1024} required />
        <div class="actions">
          <button type="submit" class="full" disabled={busy}>
            {t.common.continue}
          </button>
        </div>
      </form>
    </Step>
  );
}
