/** Before a first factor: the ticket that an administrator handed over (S18). */
import { useRef } from "preact/hooks";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import type { StepProps } from "../sign-in/sign-in.tsx";
import { follow, linkOf } from "../sign-in/transaction.ts";
import { useTexts } from "../texts/texts.ts";

export function TicketForm({ view, running }: StepProps) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const field = useRef<HTMLInputElement>(null);
  const next = linkOf(view, "next");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const ticket = field.current?.value.trim() ?? "";
    if (next && ticket !== "" && !(await run(() => follow(view, next.href, { ticket })))) field.current?.select();
  };
  return (
    <Step title={t.enrol.ticketTitle}>
      <p id="why">{t.enrol.ticketWhy}</p>
      <Problem text={refusal && problemText(t, refusal, "ticket")} />
      <form onSubmit={(event) => void submit(event)}>
        <label for="ticket">{t.enrol.ticket}</label>
        <input
          id="ticket"
          ref={field}
          type="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          maxLength={64}
          required
          aria-describedby="why"
          aria-invalid={refusal?.code === "E0000068" ? "true" : undefined}
          data-first
        />
        <div class="actions">
          <button type="submit" class="full" disabled={busy}>
            {t.common.continue}
          </button>
        </div>
      </form>
    </Step>
  );
}
