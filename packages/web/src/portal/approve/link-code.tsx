/** The code that is typed back at the machine, large, for as long as it is good for something. */
import type { LINK_CODE_MS } from "@sallyport/contracts";
import { useEffect, useState } from "preact/hooks";
import { Step } from "../../shown/step.tsx";
import { useTexts } from "../texts/texts.ts";

/** The type holds it to the org's own. */
const LIFE_MS: typeof LINK_CODE_MS = 60_000;

export function LinkCode({ code }: { code: string }) {
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
          <p class="number small">{code}</p>
          <p>{t.approve.codeHow}</p>
          <p class="hint">{t.approve.codeLeft(left)}</p>
        </>
      ) : (
        <p role="status">{t.approve.codeOver}</p>
      )}
    </Step>
  );
}
