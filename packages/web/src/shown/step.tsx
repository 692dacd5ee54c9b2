/** One step of a page: its heading gets the focus when it appears, unless a field of it does, so that a screen reader begins there. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

export function Step({ title, children }: { title: string; children: ComponentChildren }) {
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    const first = card.current?.querySelector<HTMLElement>("[data-first]") ?? card.current?.querySelector<HTMLElement>("h1");
    first?.focus();
  }, []);
  useEffect(() => {
    document.title = `${title} · Sallyport`;
  }, [title]);
  return (
    <section class="card" ref={card}>
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </section>
  );
}

/** Said at once by a screen reader; there from the start, so that what comes into it is noticed. */
export function Problem({ text }: { text: string | undefined }) {
  return <div role="alert">{text === undefined ? null : <p class="alert">{text}</p>}</div>;
}

/** Said when there is a moment. */
export function Status({ children, waiting }: { children: ComponentChildren; waiting?: boolean }) {
  return (
    <p role="status" class={waiting ? "waiting" : undefined}>
      {children}
    </p>
  );
}
