/** How a request ended, in plain words, until the person has read it. */
import { useEffect, useRef } from "preact/hooks";
import type { Texts } from "./texts/en.ts";
import type { Result } from "./use-requests.ts";

const BAD = new Set(["mismatch", "reported"]);

export function ResultCard({ texts, result, onDone }: { texts: Texts; result: Result; onDone(): void }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const [title, text] = texts.results[result.result] ?? texts.results["gone"] ?? ["", ""];
  return (
    <section class={BAD.has(result.result) ? "card result bad" : "card result"} data-result={result.result}>
      <div role="status">
        <h1 tabIndex={-1} ref={heading}>
          {title}
        </h1>
        <p>
          <strong>{result.user}</strong>: {text}
        </p>
      </div>
      <button type="button" class="plain full" onClick={onDone}>
        {texts.done}
      </button>
    </section>
  );
}
