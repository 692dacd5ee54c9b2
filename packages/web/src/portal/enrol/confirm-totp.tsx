/** An authenticator app is set up: QR code, the secret as text, and its first code. */
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { DIGITS, TypedForm } from "../typed-form.tsx";
import { type NewFactorProps, qrOf } from "./new-factor-props.ts";

export function ConfirmTotp({ activation, refusal, busy, onProof, onBack }: NewFactorProps) {
  const t = useTexts();
  const qr = qrOf(activation);
  const secret = String(activation["sharedSecret"] ?? "");
  return (
    <Step title={t.enrol.totpTitle}>
      <p>{t.enrol.totpScan}</p>
      {qr && <img class="qr" src={qr} alt={t.enrol.totpQr} />}
      <p class="hint" id="by-hand">
        {t.enrol.totpHand}
      </p>
      <code class="secret">{secret.match(/.{1,4}/g)?.join(" ")}</code>
      <Problem text={refusal && problemText(t, refusal, "code")} />
      <TypedForm
        label={t.enrol.totpCode}
        field={DIGITS}
        first={false}
        refusal={refusal}
        busy={busy}
        send={t.enrol.finish}
        onSend={(passCode) => onProof({ passCode })}
        onBack={onBack}
      />
    </Step>
  );
}
