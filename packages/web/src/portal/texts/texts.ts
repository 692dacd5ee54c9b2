/** The words of the language that the person reads, for every part of the portal. */
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language } from "../../shown/language.ts";
import { de } from "./de.ts";
import { en, type Texts } from "./en.ts";

export const TEXTS: Record<Language, Texts> = { en, de };
export const Words = createContext<Texts>(en);

export function useTexts(): Texts {
  return useContext(Words);
}
