/** The logon that a link is about, and the question whether it is the person's own. */
import type { LinkProven } from "@sallyport/contracts";
import type { Refusal } from "../../shown/call.ts";
import { Facts } from "../../shown/facts.tsx";
import { Problem, Step } from "../../shown/step.tsx";
import { logonRows } from "../logon-rows.ts";
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
  return (
    <Step title={t.approve.shownTitle}>
      <p class="alert">{t.approve.warning}</p>
      <Facts rows={logonRows(t, logon, user.login)} />
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
