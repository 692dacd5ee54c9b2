/** What a wall clock shows in a time zone at a moment that is passed in. */

export type Day = "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
const DAYS: readonly Day[] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** `time` as `HH:MM`; undefined if there is no such IANA time zone. @param at epoch ms. */
export function clockOf(at: number, timeZone: string): { day: Day; dayBefore: Day; time: string } | undefined {
  let parts: Intl.DateTimeFormatPart[];
  try {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    parts = format.formatToParts(at);
  } catch {
    return undefined;
  }
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? "";
  const index = DAYS.indexOf(part("weekday").toLowerCase() as Day);
  const day = DAYS[index];
  const dayBefore = DAYS[(index + 6) % 7];
  return day && dayBefore ? { day, dayBefore, time: `${part("hour")}:${part("minute")}` } : undefined;
}
