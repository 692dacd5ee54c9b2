/** A phone is set up as approver: address and code for it, and the wait until it has answered. */
import { useEffect, useRef } from "preact/hooks";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { type NewFactorProps, qrOf } from "./new-factor-props.ts";

const LOOK_MS = 3000;

export function ConfirmPhone({ activation, refusal, onLook, onBack }: NewFactorProps) {
  const t = useTexts();
  const look = useRef(onLook);
  look.current = onLook;
  useEffect(() => {
    const timer = setInterval(() => void look.current(), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const qr = qrOf(activation);
  const { code, url } = activation as { code?: string; url?: string };
  return (
    <Step title={t.enrol.phoneTitle}>
      <p>{t.enrol.phoneHow}</p>
      {qr && <img class="qr" src={qr} alt={t.enrol.phoneQr} />}
      <p class="hint">{t.enrol.phoneAddress}</p>
      <code class="secret">{url}</code>
      <p class="hint">{t.enrol.phoneCode}</p>
      <code class="secret">{code}</code>
      <Problem text={refusal && problemText(t, refusal)} />
      <Status waiting>{t.enrol.phoneWaiting}</Status>
      <div class="actions">
        <button type="button" class="text" onClick={onBack}>
          {t.common.back}
        </button>
      </div>
    </Step>
  );
}
