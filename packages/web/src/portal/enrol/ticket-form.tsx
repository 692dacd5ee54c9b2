/** Before a first factor: the ticket that an administrator handed over (S18). */
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import type { StepProps } from "../sign-in/sign-in.tsx";
import { follow, type Link } from "../sign-in/transaction.ts";
import { useTexts } from "../texts/texts.ts";
import { TypedForm } from "../typed-form.tsx";

/** `next`: where the ticket goes. */
export function TicketForm({ view, running, next }: StepProps & { next: Link }) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  return (
    <Step title={t.enrol.ticketTitle}>
      <p id="why">{t.enrol.ticketWhy}</p>
      <Problem text={refusal && problemText(t, refusal, "ticket")} />
      <TypedForm
        label={t.enrol.ticket}
        field={{ id: "ticket", autocomplete: "off", autocapitalize: "characters", spellcheck: false, "aria-describedby": "why" }}
        refusal={refusal}
        busy={busy}
        send={t.common.continue}
        onSend={(ticket) => run(() => follow(view, next.href, { ticket }))}
      />
    </Step>
  );
}
