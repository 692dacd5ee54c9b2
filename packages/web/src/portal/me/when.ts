/** Moments as a person reads them, in their own time zone. */
export function day(iso: string, locale: string): string {
  return new Date(iso).toLocaleDateString(locale, { dateStyle: "medium" });
}

export function moment(iso: string, locale: string): string {
  return new Date(iso).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" });
}
