/** A new address or number is confirmed by the code that was sent to it. */
import { useRef } from "preact/hooks";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import type { NewFactorProps } from "./new-factor-props.ts";

export function ConfirmCode({ kind, refusal, busy, onProof, onBack }: NewFactorProps) {
  const t = useTexts();
  const field = useRef<HTMLInputElement>(null);
  const sent = kind === "sms" || kind === "call" ? kind : "email";
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const passCode = field.current?.value.trim() ?? "";
    if (passCode !== "" && !(await onProof({ passCode }))) field.current?.select();
  };
  return (
    <Step title={t.code.title[sent]}>
      <p id="how">{t.code.sent[sent]}</p>
      <Problem text={refusal && problemText(t, refusal, "code")} />
      <form onSubmit={(event) => void submit(event)}>
        <label for="code">{t.code.label}</label>
        <input
          id="code"
          ref={field}
          class="digits"
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={16}
          required
          aria-describedby="how"
          aria-invalid={refusal?.code === "E0000068" ? "true" : undefined}
          data-first
        />
        <div class="actions">
          <button type="submit" disabled={busy}>
            {t.enrol.finish}
          </button>
          <button type="button" class="text" onClick={onBack}>
            {t.common.back}
          </button>
        </div>
      </form>
    </Step>
  );
}
