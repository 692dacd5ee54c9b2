/** Recovery codes: how many are left, and a new set that is shown this one time. */
import type { MyRecoveryCodes } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import { useTexts } from "../texts/texts.ts";
import { Ask } from "./ask.tsx";
import { type Account, type Own, proveAgain } from "./use-me.ts";

export function RecoveryCodes({ own, account }: { own: Own; account: Account }) {
  const t = useTexts();
  const [asking, setAsking] = useState(false);
  const [codes, setCodes] = useState<string[]>();
  const set = account.factors.find(({ kind }) => kind === "recovery");
  const make = async () => {
    const made = await own.change<MyRecoveryCodes>(() => call("POST", "/api/v1/me/recovery-codes"));
    setAsking(false);
    if (!made) return;
    setCodes(made.body.codes);
    await own.reload();
  };
  const begin = () => {
    if (account.me.freshUntil === null) proveAgain();
    else if (set) setAsking(true);
    else void make();
  };
  return (
    <section class={codes ? "card printed" : "card"}>
      <h2>{t.me.recovery}</h2>
      {codes ? (
        <Shown codes={codes} onDone={() => setCodes(undefined)} />
      ) : (
        <>
          <p>{t.me.recoveryWhy}</p>
          <div class="line">
            <span>{set ? t.me.left(set.remaining ?? 0) : ""}</span>
            <button type="button" class="plain" disabled={own.busy} onClick={begin}>
              {set ? t.me.recoveryNew : t.me.recoveryFirst}
            </button>
          </div>
          {asking && (
            <Ask yes={t.me.recoveryNew} busy={own.busy} onYes={() => void make()} onNo={() => setAsking(false)}>
              {t.me.recoverySure}
            </Ask>
          )}
        </>
      )}
    </section>
  );
}

/** What is printed is this card alone (`style.css`). */
function Shown({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const t = useTexts();
  const [copied, setCopied] = useState<boolean>();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(codes.join("\n"));
      setCopied(true);
    } catch {
      setCopied(false);
    }
  };
  return (
    <>
      <p role="status">{t.me.recoveryShown}</p>
      <ul class="codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div role="status">{copied !== undefined && <p class="note">{copied ? t.me.recoveryCopied : t.me.recoveryCopyFailed}</p>}</div>
      <div class="actions">
        <button type="button" class="plain" onClick={() => print()}>
          {t.me.recoveryPrint}
        </button>
        <button type="button" class="plain" onClick={() => void copy()}>
          {t.me.recoveryCopy}
        </button>
        <button type="button" onClick={onDone}>
          {t.me.recoveryDone}
        </button>
      </div>
    </>
  );
}
