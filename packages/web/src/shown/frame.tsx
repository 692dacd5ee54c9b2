/** What stands around every step: the mark, the choice of language, and the one place where a page's contents are. */
import type { ComponentChildren } from "preact";
import { LANGUAGES, type Language } from "./language.ts";

export function Frame(props: { language: Language; onLanguage(language: Language): void; wide?: boolean; children: ComponentChildren }) {
  const { language, onLanguage, wide, children } = props;
  const other: Language = language === "en" ? "de" : "en";
  return (
    <div class={wide ? "frame wide" : "frame"}>
      <header class="top">
        <p class="brand">
          <Mark />
          Sallyport
        </p>
        <button type="button" class="text" lang={other} onClick={() => onLanguage(other)}>
          {LANGUAGES[other]}
        </button>
      </header>
      <main>{children}</main>
    </div>
  );
}

/** A gate within a gate. */
function Mark() {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 22V11a9 9 0 0 1 18 0v11" />
      <path d="M8 22v-9a4 4 0 0 1 8 0v9" />
    </svg>
  );
}
