/** The browser makes a passkey; the person gives it a name. */
import { useRef, useState } from "preact/hooks";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { canUsePasskeys, makePasskey, type Wanted } from "../sign-in/passkey.ts";
import { useTexts } from "../texts/texts.ts";
import type { NewFactorProps } from "./new-factor-props.ts";

export function ConfirmPasskey({ activation, refusal, busy, onProof, onBack }: NewFactorProps) {
  const t = useTexts();
  const name = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<"idle" | "making" | "failed">("idle");
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    setState("making");
    const made = await makePasskey(activation as unknown as Wanted);
    setState(made ? "idle" : "failed");
    const called = name.current?.value.trim() ?? "";
    if (made) await onProof(called === "" ? made : { ...made, name: called });
  };
  const problem = !canUsePasskeys() ? t.problem.passkeyUnable : state === "failed" ? t.enrol.passkeyFailed : undefined;
  return (
    <Step title={t.enrol.passkeyTitle}>
      <p>{t.enrol.passkeyHow}</p>
      <Problem text={refusal ? problemText(t, refusal, "passkey") : problem} />
      <form onSubmit={(event) => void make(event)}>
        <label for="name">{t.enrol.passkeyName}</label>
        <p class="hint" id="name-hint">
          {t.enrol.passkeyNameHint}
        </p>
        <input id="name" ref={name} type="text" autocomplete="off" maxLength={64} aria-describedby="name-hint" data-first />
        {state === "making" && <Status waiting>{t.enrol.passkeyWaiting}</Status>}
        <div class="actions">
          <button type="submit" disabled={busy || state === "making" || !canUsePasskeys()}>
            {t.enrol.passkeyMake}
          </button>
          <button type="button" class="text" onClick={onBack}>
            {t.common.back}
          </button>
        </div>
      </form>
    </Step>
  );
}
