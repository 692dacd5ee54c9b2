/** Activation: the code is typed here, in the very app that will keep the key. */
import { readActivationCode } from "@sallyport/contracts/activation-code";
import { useEffect, useRef, useState } from "preact/hooks";
import { activate } from "./approver.ts";
import type { Texts } from "./texts/en.ts";

interface Props {
  texts: Texts;
  onDone(): void;
  onCancel?: () => void;
}

export function Activate({ texts, onDone, onCancel }: Props) {
  const [code, setCode] = useState(codeOfAddress);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState<(texts: Texts) => string>();
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const complain = (text: (all: Texts) => string) => {
    setProblem(() => text);
    field.current?.focus();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (readActivationCode(code) === undefined) return complain((all) => all.codeShape);
    setBusy(true);
    const answer = await activate(code, name).catch(() => undefined);
    setBusy(false);
    if (!answer) return complain((all) => all.noCrypto);
    if (answer.ok) return onDone();
    complain((all) => (answer.status === 0 ? all.unreached : all.codeWrong));
  };
  const installed = matchMedia("(display-mode: standalone)").matches;
  return (
    <form class="card" onSubmit={submit} noValidate>
      <h1>{texts.activateTitle}</h1>
      <p>{texts.activateText}</p>
      {installed ? null : <p class="note">{texts.installHint}</p>}
      <div role="alert" id="activate-problem">
        {problem === undefined ? null : <p class="alert">{problem(texts)}</p>}
      </div>
      <label for="code">{texts.code}</label>
      <input
        ref={field}
        id="code"
        class="code"
        value={code}
        onInput={(event) => setCode(event.currentTarget.value)}
        autoComplete="off"
        autoCapitalize="characters"
        spellcheck={false}
        maxLength={40}
        placeholder="XXXX-XXXX-XXXX-XXXX"
        aria-describedby="activate-problem"
        aria-invalid={problem !== undefined}
      />
      <label for="name">{texts.phoneName}</label>
      <p class="hint" id="name-hint">
        {texts.phoneNameHint}
      </p>
      <input
        id="name"
        value={name}
        onInput={(event) => setName(event.currentTarget.value)}
        maxLength={64}
        autoComplete="off"
        aria-describedby="name-hint"
      />
      <div class="actions stacked">
        <button type="submit" disabled={busy}>
          {texts.activate}
        </button>
        {onCancel ? (
          <button type="button" class="plain" onClick={onCancel}>
            {texts.cancel}
          </button>
        ) : null}
      </div>
    </form>
  );
}

/** A scanned code comes in the fragment, which no server sees; it is taken out of the address at once. */
function codeOfAddress(): string {
  const text = location.hash.slice(1);
  if (text === "") return "";
  history.replaceState(null, "", location.pathname);
  return readActivationCode(text) === undefined ? "" : text;
}
