/** The code that is typed back at the machine, large, for as long as it is good for something. */
import { useEffect, useState } from "preact/hooks";
import { Step } from "../../shown/step.tsx";
import { useTexts } from "../texts/texts.ts";

const LIFE_MS = 60_000;

export function LinkCode({ code, expiresAt }: { code: string; expiresAt: string | undefined }) {
  const t = useTexts();
  // By this device's own clock from now on: the org's and the device's may differ.
  const [end] = useState(Date.now() + LIFE_MS);
  const [left, setLeft] = useState(LIFE_MS / 1000);
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000))), 1000);
    return () => clearInterval(timer);
  }, [end]);
  return (
    <Step title={t.approve.codeTitle}>
      {left > 0 ? (
        <>
          <p class="number small" data-expires={expiresAt}>
            {code}
          </p>
          <p>{t.approve.codeHow}</p>
          <p class="hint">{t.approve.codeLeft(left)}</p>
        </>
      ) : (
        <p role="status">{t.approve.codeOver}</p>
      )}
    </Step>
  );
}
