/** Which kind of factor to add; for a message, also where it goes to. */
import type { EnrolledKind } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import type { Refusal } from "../../shown/call.ts";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { TypedForm } from "../typed-form.tsx";

/** `to`: the address or number of what is sent. Answers whether it was begun. */
export type Begin = (kind: EnrolledKind, to?: string) => Promise<boolean>;

interface Props {
  kinds: EnrolledKind[];
  why: string;
  refusal: Refusal | undefined;
  busy: boolean;
  onBegin: Begin;
  leave: { text: string; act(): void } | undefined;
}

export function ChooseNew({ kinds, why, refusal, busy, onBegin, leave }: Props) {
  const t = useTexts();
  const [sendTo, setSendTo] = useState<"email" | "sms" | "call">();
  if (sendTo) return <WhereTo kind={sendTo} refusal={refusal} busy={busy} onBegin={onBegin} onBack={() => setSendTo(undefined)} />;
  const choose = (kind: EnrolledKind) => (kind === "email" || kind === "sms" || kind === "call" ? setSendTo(kind) : void onBegin(kind));
  return (
    <Step title={t.enrol.chooseTitle}>
      <p>{why}</p>
      <Problem text={refusal && problemText(t, refusal)} />
      <ul class="choices">
        {kinds.map((kind) => (
          <li key={kind}>
            <button type="button" class="choice" disabled={busy} onClick={() => choose(kind)}>
              <span class="name">{t.factor.kind[kind]}</span>
              <span class="does">{t.factor.does[kind]}</span>
            </button>
          </li>
        ))}
      </ul>
      {leave && (
        <div class="actions">
          <button type="button" class="text" disabled={busy} onClick={leave.act}>
            {leave.text}
          </button>
        </div>
      )}
    </Step>
  );
}

function WhereTo(props: { kind: "email" | "sms" | "call"; refusal: Refusal | undefined; busy: boolean; onBegin: Begin; onBack(): void }) {
  const t = useTexts();
  const { kind, refusal, busy, onBegin, onBack } = props;
  const mail = kind === "email";
  return (
    <Step title={mail ? t.enrol.emailTitle : t.enrol.smsTitle}>
      <p>{mail ? t.enrol.emailHow : t.enrol.smsHow}</p>
      <Problem text={refusal && problemText(t, refusal)} />
      <TypedForm
        label={mail ? t.enrol.emailAddress : t.enrol.smsNumber}
        field={{ id: "to", type: mail ? "email" : "tel", autocomplete: mail ? "email" : "tel", maxLength: 254 }}
        refusal={refusal}
        busy={busy}
        send={t.enrol.send}
        onSend={(to) => onBegin(kind, to)}
        onBack={onBack}
      />
    </Step>
  );
}
