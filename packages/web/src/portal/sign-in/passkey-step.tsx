/** A passkey is asked for: at once after the person chose it, by a button after a reload or a refusal. */
import type { FactorView } from "@sallyport/contracts";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { type Asked, askPasskey, canUsePasskeys } from "./passkey.ts";
import type { StepProps } from "./sign-in.tsx";
import { asProof, follow, linkOf } from "./transaction.ts";

export function PasskeyStep({ view, running, onOther }: StepProps) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const [state, setState] = useState<"asking" | "none" | "idle">("idle");
  const asked = askedOf(view._embedded?.factor);
  const next = linkOf(view, "next");
  const done = useRef<string | undefined>(undefined);
  const ask = useCallback(
    async (what: Asked, signal: AbortSignal) => {
      setState("asking");
      const proof = await askPasskey(what, signal);
      if (signal.aborted) return;
      setState(proof ? "idle" : "none");
      if (proof && next) await run(() => follow(view, next.href, asProof(proof)));
    },
    [next, run, view],
  );
  useEffect(() => {
    // Each challenge is answered once; a refusal brings no new one by itself.
    if (!asked || done.current === asked.challenge) return undefined;
    done.current = asked.challenge;
    const leaving = new AbortController();
    void ask(asked, leaving.signal);
    return () => leaving.abort();
  }, [asked?.challenge]);
  const problem = !canUsePasskeys() ? t.problem.passkeyUnable : state === "none" ? t.problem.passkeyNone : undefined;
  return (
    <Step title={t.passkey.title}>
      <p>{t.passkey.how}</p>
      <Problem text={refusal ? problemText(t, refusal, "passkey") : problem} />
      {state === "asking" && <Status waiting>{t.passkey.waiting}</Status>}
      <div class="actions">
        {state !== "asking" && next && (
          <button type="button" class="full" disabled={busy} onClick={() => void run(() => follow(view, next.href))}>
            {t.passkey.use}
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

/** The options as the org gives them, or what the public shape alone says. */
function askedOf(factor: FactorView | undefined): Asked | undefined {
  const challenge = factor?._embedded?.["challenge"] as ({ challenge?: string; publicKey?: Asked } & Partial<Asked>) | undefined;
  if (challenge?.publicKey) return challenge.publicKey;
  if (challenge?.challenge === undefined) return undefined;
  const id = factor?.profile?.["credentialId"];
  const allowed = typeof id === "string" ? { allowCredentials: [{ type: "public-key" as const, id }] } : {};
  return { ...allowed, ...challenge, challenge: challenge.challenge };
}
