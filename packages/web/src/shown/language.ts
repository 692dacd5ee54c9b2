/** Which language a person reads: what they chose before, else the first of their browser's that there is. */
export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const KEPT = "language";

export function preferredLanguage(): Language {
  const kept = read();
  if (kept) return kept;
  const found = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage);
  return found ?? "en";
}

export function keepLanguage(language: Language): void {
  try {
    localStorage.setItem(KEPT, language);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}

function read(): Language | undefined {
  try {
    const kept = localStorage.getItem(KEPT) ?? "";
    return isLanguage(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(LANGUAGES, text);
}
