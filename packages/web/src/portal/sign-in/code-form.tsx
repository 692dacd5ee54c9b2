/** A code is typed: of an app, of a message that was sent, or out of the drawer. A wrong one stays on the page, selected. */
import type { FactorView } from "@sallyport/contracts";
import { useRef, useState } from "preact/hooks";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import type { Texts } from "../texts/en.ts";
import { useTexts } from "../texts/texts.ts";
import type { StepProps } from "./sign-in.tsx";
import { follow, linkOf, step } from "./transaction.ts";

type Sent = "email" | "sms" | "call";

export function CodeForm({ view, running, factor, onOther }: StepProps & { factor: FactorView }) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const field = useRef<HTMLInputElement>(null);
  const [resent, setResent] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const passCode = field.current?.value.trim() ?? "";
    if (passCode === "") return field.current?.focus();
    setResent(false);
    if (!(await run(() => step(view, `/factors/${factor.id}/verify`, { passCode })))) field.current?.select();
  };
  const resend = linkOf(view, "resend");
  const isLong = factor.kind === "recovery";
  return (
    <Step title={titleOf(t, factor)}>
      <p id="how">{howOf(t, factor)}</p>
      <Problem text={refusal && problemText(t, refusal, "code")} />
      <form onSubmit={(event) => void submit(event)}>
        <label for="code">{t.code.label}</label>
        <input
          id="code"
          name="code"
          ref={field}
          type="text"
          class={isLong ? undefined : "digits"}
          inputMode={isLong ? "text" : "numeric"}
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={64}
          required
          aria-describedby="how"
          aria-invalid={refusal?.code === "E0000068" ? "true" : undefined}
          data-first
        />
        <div class="actions">
          <button type="submit" class="full" disabled={busy}>
            {t.common.continue}
          </button>
        </div>
      </form>
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
