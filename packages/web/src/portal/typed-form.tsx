/** One thing is typed and sent: a code, a ticket, an address. What was not taken stays in its field, marked and selected. */
import type { InputHTMLAttributes, LooseInputHTMLAttributes } from "preact";
import { useRef } from "preact/hooks";
import type { Refusal } from "../shown/call.ts";
import { useTexts } from "./texts/texts.ts";

/** What sets one field apart from another; its `id` ties it to its label. */
export type Field = Omit<LooseInputHTMLAttributes, "type"> & { id: string; type?: "email" | "tel" };

/** Of a code that is all digits. */
export const DIGITS: Field = { id: "code", class: "digits", inputMode: "numeric", autocomplete: "one-time-code", maxLength: 16 };

interface Props {
  label: string;
  field: Field;
  /** False where something has to be read before it is typed. */
  first?: boolean;
  refusal: Refusal | undefined;
  busy: boolean;
  /** Of the button. */
  send: string;
  /** Answers whether it was taken. */
  onSend(text: string): Promise<boolean>;
  onBack?: () => void;
}

export function TypedForm({ label, field, first = true, refusal, busy, send, onSend, onBack }: Props) {
  const t = useTexts();
  const input = useRef<HTMLInputElement>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const text = input.current?.value.trim() ?? "";
    if (text === "") return input.current?.focus();
    if (!(await onSend(text))) input.current?.select();
  };
  const wrong = refusal?.code === "E0000068" ? "true" : undefined;
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label for={field.id}>{label}</label>
      <input
        ref={input}
        maxLength={64}
        required
        aria-invalid={wrong}
        data-first={first ? "" : undefined}
        {...(field as InputHTMLAttributes)}
      />
      <div class="actions">
        <button type="submit" class={onBack ? undefined : "full"} disabled={busy}>
          {send}
        </button>
        {onBack && (
          <button type="button" class="text" onClick={onBack}>
            {t.common.back}
          </button>
        )}
      </div>
    </form>
  );
}
