/** The first step: name and password, or a passkey alone. */
import { useRef, useState } from "preact/hooks";
import { Problem, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { canUsePasskeys } from "./passkey.ts";
import { signInByPasskey } from "./passkey-sign-in.ts";
import { signIn } from "./transaction.ts";
import type { Running } from "./use-transaction.ts";

export function PasswordForm({ running, again }: { running: Running; again: boolean }) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const [shown, setShown] = useState(false);
  const [noPasskey, setNoPasskey] = useState(false);
  const [tried, setTried] = useState<"password" | "passkey">("password");
  const field = useRef<HTMLInputElement>(null);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setNoPasskey(false);
    setTried("password");
    void run(() => signIn(String(form.get("username")), String(form.get("password")))).then((taken) => taken || field.current?.select());
  };
  const passkey = async () => {
    const begun = await signInByPasskey();
    setNoPasskey(begun === "none");
    setTried("passkey");
    if (begun !== "none") void run(() => begun.step);
  };
  const problem = noPasskey ? t.problem.passkeyNone : refusal && problemText(t, refusal, tried);
  return (
    <Step title={again ? t.signIn.again : t.signIn.title}>
      {again && <p>{t.signIn.againWhy}</p>}
      <Problem text={problem} />
      <form onSubmit={submit}>
        <label for="username">{t.signIn.name}</label>
        <input
          id="username"
          name="username"
          type="text"
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          maxLength={256}
          required
          data-first
        />
        <label for="password">{t.signIn.password}</label>
        <input
          id="password"
          ref={field}
          name="password"
          type={(shown ? "text" : "password") as "password"}
          autocomplete="current-password"
          maxLength={1024}
          required
        />
        <label class="check">
          <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
          {t.signIn.show}
        </label>
        <div class="actions">
          <button type="submit" class="full" disabled={busy}>
            {t.signIn.submit}
          </button>
        </div>
      </form>
      {canUsePasskeys() && (
        <>
          <p class="or">{t.signIn.or}</p>
          <button type="button" class="plain full" disabled={busy} onClick={() => void passkey()}>
            {t.signIn.passkey}
          </button>
        </>
      )}
    </Step>
  );
}
