/** Waits for the phone: the number large enough to be read across a desk, and how the phone answered. */
import { useEffect, useState } from "preact/hooks";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import type { StepProps } from "./sign-in.tsx";
import { follow, linkOf } from "./transaction.ts";

const POLL_MS = 2000;

export function PushStep({ view, running, onOther }: StepProps) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const next = linkOf(view, "next");
  const waiting = next?.name === "poll";
  const [number, setNumber] = useState<string>();
  const shown = (view._embedded?.factor?._embedded?.["challenge"] as { correctAnswer?: number | string } | undefined)?.correctAnswer;
  useEffect(() => {
    if (shown !== undefined) setNumber(String(shown));
  }, [shown]);
  useEffect(() => {
    if (!waiting || !next) return undefined;
    const timer = setTimeout(() => void run(() => follow(view, next.href), true), POLL_MS);
    return () => clearTimeout(timer);
  }, [view, waiting, next, run]);
  const said = view.factorResult === "REJECTED" ? t.push.denied : view.factorResult === "TIMEOUT" ? t.push.timeout : undefined;
  return (
    <Step title={t.push.title}>
      <Problem text={refusal ? problemText(t, refusal) : said} />
      {waiting && number !== undefined && (
        <>
          <p>{t.push.number}</p>
          <p class="number">{number}</p>
        </>
      )}
      {waiting && <Status waiting>{t.push.waiting}</Status>}
      <div class="actions">
        {!waiting && next && (
          <button type="button" class="full" disabled={busy} onClick={() => void run(() => follow(view, next.href))}>
            {t.push.again}
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
