/** One request: who, where, from where and when; the number to type; yes, no, and *not me*. */
import type { OpenRequest, PhoneDecision } from "@sallyport/contracts";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Language } from "../shown/language.ts";
import type { Account } from "./accounts.ts";
import { answer } from "./approver.ts";
import { orgNow } from "./signed-call.ts";
import type { Texts } from "./texts/en.ts";
import type { Result } from "./use-requests.ts";

/** In whatever language is read when it shows. */
type Problem = (texts: Texts) => string;

interface Props {
  texts: Texts;
  language: Language;
  account: Account;
  request: OpenRequest;
  onResult(result: Result): void;
}

export function RequestCard({ texts, language, account, request, onResult }: Props) {
  const [number, setNumber] = useState("");
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const [reporting, setReporting] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const send = async (decision: PhoneDecision) => {
    if (decision === "yes" && number.length !== request.digits) {
      setProblem(() => (all: Texts) => all.needNumber(request.digits));
      field.current?.focus();
      return;
    }
    setBusy(true);
    setProblem(undefined);
    const answered = await answer(account, request, decision, number);
    setBusy(false);
    if (answered === "gave-up") return setProblem(() => (all: Texts) => all.gaveUp);
    if (!answered.ok) return setProblem(() => (all: Texts) => (answered.status === 0 ? all.failed : all.refused));
    const { result, waitSeconds = 0 } = answered.body;
    if (result === "wait") return setProblem(() => (all: Texts) => all.wait(waitSeconds));
    onResult({ challenge: request.challenge, user: request.shown.user, result });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    void send("yes");
  };
  if (reporting) return <Report {...{ texts, busy, problem }} onReport={() => void send("not-me")} onBack={() => setReporting(false)} />;
  const typed = (event: Event & { currentTarget: HTMLInputElement }) => {
    setNumber(event.currentTarget.value.replace(/[^0-9]/g, "").slice(0, request.digits));
    setProblem(undefined);
  };
  return (
    <form class="card request" onSubmit={submit} noValidate>
      <div class="head">
        <h1>{texts.request}</h1>
        <Left until={request.expiresAt} texts={texts} />
      </div>
      <Details {...{ texts, language, request }} />
      <label for={`n-${request.challenge}`}>{texts.number}</label>
      <p class="hint" id={`h-${request.challenge}`}>
        {texts.numberHint}
      </p>
      <input
        ref={field}
        id={`n-${request.challenge}`}
        class="digits"
        inputMode="numeric"
        autoComplete="off"
        pattern="[0-9]*"
        maxLength={request.digits}
        value={number}
        onInput={typed}
        aria-describedby={`h-${request.challenge} p-${request.challenge}`}
        aria-invalid={problem !== undefined}
      />
      <div role="alert" id={`p-${request.challenge}`}>
        {problem === undefined ? null : <p class="alert">{problem(texts)}</p>}
      </div>
      <button type="submit" class="full approve" disabled={busy}>
        {texts.approve}
      </button>
      <div class="pair">
        <button type="button" class="plain" disabled={busy} onClick={() => void send("no")}>
          {texts.no}
        </button>
        <button type="button" class="danger" disabled={busy} onClick={() => setReporting(true)}>
          {texts.notMe}
        </button>
      </div>
    </form>
  );
}

function Details({ texts, language, request: { shown } }: { texts: Texts; language: Language; request: OpenRequest }) {
  const time = new Date(shown.time);
  const rows: [name: string, value: string, note?: string | undefined][] = [
    [texts.user, shown.user],
    [texts.host, shown.host ?? texts.signIn],
    ...(shown.service === null ? [] : [[texts.service, shown.service] as [string, string]]),
    [texts.address, shown.address?.value ?? texts.noAddress, shown.address?.origin === "claimed" ? texts.claimed : undefined],
    [texts.time, time.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" })],
  ];
  return (
    <dl>
      {rows.map(([name, value, note]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {value}
            {note === undefined ? null : <span class="claimed">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Not read out each second: the end is said by its own card. */
function Left({ until, texts }: { until: string; texts: Texts }) {
  const seconds = () => Math.max(0, Math.ceil((Date.parse(until) - orgNow()) / 1000));
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(seconds()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return (
    <span class="left" role="timer" aria-live="off">
      {texts.left(left)}
    </span>
  );
}

interface ReportProps {
  texts: Texts;
  busy: boolean;
  problem: Problem | undefined;
  onReport(): void;
  onBack(): void;
}

function Report({ texts, busy, problem, onReport, onBack }: ReportProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card request">
      <h1 tabIndex={-1} ref={heading}>
        {texts.reportTitle}
      </h1>
      <p>{texts.reportText}</p>
      <div role="alert">{problem === undefined ? null : <p class="alert">{problem(texts)}</p>}</div>
      <div class="pair">
        <button type="button" class="plain" disabled={busy} onClick={onBack}>
          {texts.back}
        </button>
        <button type="button" class="danger" disabled={busy} onClick={onReport}>
          {texts.report}
        </button>
      </div>
    </section>
  );
}
