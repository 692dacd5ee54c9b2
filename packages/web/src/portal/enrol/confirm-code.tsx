/** A new address or number is confirmed by the code that was sent to it. */
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { DIGITS, TypedForm } from "../typed-form.tsx";
import type { NewFactorProps } from "./new-factor-props.ts";

export function ConfirmCode({ kind, refusal, busy, onProof, onBack }: NewFactorProps) {
  const t = useTexts();
  const sent = kind === "sms" || kind === "call" ? kind : "email";
  return (
    <Step title={t.code.title[sent]}>
      <p id="how">{t.code.sent[sent]}</p>
      <Problem text={refusal && problemText(t, refusal, "code")} />
      <TypedForm
        label={t.code.label}
        field={{ ...DIGITS, "aria-describedby": "how" }}
        refusal={refusal}
        busy={busy}
        send={t.enrol.finish}
        onSend={(passCode) => onProof({ passCode })}
        onBack={onBack}
      />
    </Step>
  );
}
