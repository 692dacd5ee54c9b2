/** The logon that a link is about, and the question whether it is the person's own. */
import type { LinkProven } from "@sallyport/contracts";
import type { Refusal } from "../../shown/call.ts";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";

interface Props {
  proven: LinkProven;
  refusal: Refusal | undefined;
  busy: boolean;
  onAnswer(answer: "yes" | "no" | "not-me"): void;
}

export function ShownLogon({ proven, refusal, busy, onAnswer }: Props) {
  const t = useTexts();
  const { logon, user } = proven;
  const address = logon.address;
  const rows: [string, string][] = [
    [t.approve.user, user.login],
    [t.approve.host, logon.host],
    [t.approve.service, logon.service],
    [t.approve.from, address ? `${address.value} ${address.origin === "claimed" ? t.approve.claimed : ""}`.trim() : t.approve.fromUnknown],
    [t.approve.time, new Date(logon.startedAt).toLocaleTimeString(t.locale)],
  ];
  return (
    <Step title={t.approve.shownTitle}>
      <p class="alert">{t.approve.warning}</p>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="hint">{t.common.reference(logon.reference)}</p>
      <Problem text={refusal && problemText(t, refusal, "approval")} />
      <div class="actions stacked">
        <button type="button" disabled={busy} onClick={() => onAnswer("yes")}>
          {t.approve.yes}
        </button>
        <button type="button" class="plain" disabled={busy} onClick={() => onAnswer("no")}>
          {t.approve.no}
        </button>
        <button type="button" class="danger" disabled={busy} onClick={() => onAnswer("not-me")}>
          {t.approve.notMe}
        </button>
      </div>
    </Step>
  );
}
