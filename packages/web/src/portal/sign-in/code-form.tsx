/** A code is typed: of an app, of a message that was sent, or out of the drawer. A wrong one stays on the page, selected. */
import type { FactorView } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import type { Texts } from "../texts/en.ts";
import { useTexts } from "../texts/texts.ts";
import { DIGITS, type Field, TypedForm } from "../typed-form.tsx";
import type { StepProps } from "./sign-in.tsx";
import { follow, linkOf, step } from "./transaction.ts";

type Sent = "email" | "sms" | "call";

const TYPED: Field = { ...DIGITS, name: "code", autocapitalize: "characters", spellcheck: false, maxLength: 64, "aria-describedby": "how" };
/** A recovery code has letters. */
const WORDS: Field = { ...TYPED, class: undefined, inputMode: "text" };

export function CodeForm({ view, running, factor, onOther }: StepProps & { factor: FactorView }) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const [resent, setResent] = useState(false);
  const verify = (passCode: string) => {
    setResent(false);
    return run(() => step(view, `/factors/${factor.id}/verify`, { passCode }));
  };
  const resend = linkOf(view, "resend");
  return (
    <Step title={titleOf(t, factor)}>
      <p id="how">{howOf(t, factor)}</p>
      <Problem text={refusal && problemText(t, refusal, "code")} />
      <TypedForm
        label={t.code.label}
        field={factor.kind === "recovery" ? WORDS : TYPED}
        refusal={refusal}
        busy={busy}
        send={t.common.continue}
        onSend={verify}
      />
      {resent && <Status>{t.code.resent}</Status>}
      <div class="actions">
        {resend && (
          <button type="button" class="text" disabled={busy} onClick={() => void run(() => follow(view, resend.href)).then(setResent)}>
            {t.code.resend}
          </button>
        )}
        {onOther && (
          <button type="button" class="text" onClick={onOther}>
            {t.common.otherWay}
          </button>
        )}
      </div>
    </Step>
  );
}

function titleOf(t: Texts, { kind }: FactorView): string {
  return kind === "recovery" ? t.code.recoveryTitle : t.code.title[kind as Sent | "totp"];
}

function howOf(t: Texts, { kind, digits }: FactorView): string {
  if (kind === "recovery") return t.code.recovery;
  return kind === "totp" ? t.code.app(digits ?? 6) : t.code.sent[kind as Sent];
}
