/** An authenticator app is set up: QR code, the secret as text, and its first code. */
import { useRef } from "preact/hooks";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { type NewFactorProps, qrOf } from "./new-factor-props.ts";

export function ConfirmTotp({ activation, refusal, busy, onProof, onBack }: NewFactorProps) {
  const t = useTexts();
  const field = useRef<HTMLInputElement>(null);
  const qr = qrOf(activation);
  const secret = String(activation["sharedSecret"] ?? "");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const passCode = field.current?.value.trim() ?? "";
    if (passCode !== "" && !(await onProof({ passCode }))) field.current?.select();
  };
  return (
    <Step title={t.enrol.totpTitle}>
      <p>{t.enrol.totpScan}</p>
      {qr && <img class="qr" src={qr} alt={t.enrol.totpQr} />}
      <p class="hint" id="by-hand">
        {t.enrol.totpHand}
      </p>
      <code class="secret">{secret.match(/.{1,4}/g)?.join(" ")}</code>
      <Problem text={refusal && problemText(t, refusal, "code")} />
      <form onSubmit={(event) => void submit(event)}>
        <label for="code">{t.enrol.totpCode}</label>
        <input
          id="code"
          ref={field}
          class="digits"
          type="text"
          inputMode="numeric"
          autocomplete="one-time-code"
          maxLength={16}
          required
          aria-invalid={refusal?.code === "E0000068" ? "true" : undefined}
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
