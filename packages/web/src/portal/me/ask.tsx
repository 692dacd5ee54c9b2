/** A question before something is done that cannot be taken back; *no* is the way out that costs nothing. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useTexts } from "../texts/texts.ts";

interface Props {
  children: ComponentChildren;
  yes: string;
  danger?: boolean;
  busy: boolean;
  onYes(): void;
  onNo(): void;
}

export function Ask({ children, yes, danger, busy, onYes, onNo }: Props) {
  const t = useTexts();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector<HTMLButtonElement>("button:last-child")?.focus();
    return () => (before instanceof HTMLElement && before.isConnected ? before.focus() : undefined);
  }, []);
  return (
    <div class="ask" ref={box}>
      <p>{children}</p>
      <div class="actions">
        <button type="button" class={danger ? "danger" : undefined} disabled={busy} onClick={onYes}>
          {yes}
        </button>
        <button type="button" class="plain" onClick={onNo}>
          {t.common.cancel}
        </button>
      </div>
    </div>
  );
}
