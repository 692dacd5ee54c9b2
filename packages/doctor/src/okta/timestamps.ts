/** Reads the time that stands before a line of a log, whatever its form, and says when the form leaves two readings. */

export interface Stamp {
  /** ISO 8601 where there is one reading, else as written. */
  text: string;
  /** Orders stamps of one log; `undefined` where day and month could be swapped. */
  key?: number;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const TIME = String.raw`(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?([AaPp]\.?[Mm]\.?)?`;
const ZONE = String.raw`\s?(Z|[+-]\d{2}:?\d{2})?`;
const YEAR_FIRST = new RegExp(String.raw`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})[T ,]{1,2}${TIME}${ZONE}`);
const YEAR_LAST = new RegExp(String.raw`(\d{1,2})([-/.])(\d{1,2})[-/.](\d{4})[T ,]{1,2}${TIME}${ZONE}`);
const NAMED = new RegExp(String.raw`(\d{1,2})[- /]([A-Za-z]{3})[a-z]*[- /](\d{4})[T ,:]{1,2}${TIME}${ZONE}`);

/** The last time in `text` (a line up to its message, or the lines before it). */
export function readStamp(text: string): Stamp | undefined {
  const tail = text.slice(-400);
  return lastOf(tail, YEAR_FIRST, yearFirst) ?? lastOf(tail, NAMED, named) ?? lastOf(tail, YEAR_LAST, yearLast);
}

function lastOf(text: string, pattern: RegExp, read: (match: string[]) => Stamp | undefined): Stamp | undefined {
  let best: Stamp | undefined;
  for (const match of text.matchAll(new RegExp(pattern, "g"))) best = read(match as string[]) ?? best;
  return best;
}

function yearFirst([, year, month, day, ...time]: string[]): Stamp | undefined {
  return stamp(Number(year), Number(month), Number(day), time);
}

function named([, day, name = "", year, ...time]: string[]): Stamp | undefined {
  const month = MONTHS.indexOf(name.toLowerCase()) + 1;
  return month === 0 ? undefined : stamp(Number(year), month, Number(day), time);
}

/** `24-11-2023` and `24.11.2023` have the day first; of `3/4/2024` nobody can know, unless one number is above 12. */
function yearLast([written = "", first, separator, second, year, ...time]: string[]): Stamp | undefined {
  const [a, b] = [Number(first), Number(second)];
  if (separator !== "/" || a > 12) return stamp(Number(year), b, a, time);
  if (b > 12) return stamp(Number(year), a, b, time);
  return { text: written.trim() };
}

function stamp(
  year: number,
  month: number,
  day: number,
  [hour = "", minute = "", second = "", fraction, half, zone]: (string | undefined)[],
): Stamp | undefined {
  const hours = half ? (Number(hour) % 12) + (/^p/i.test(half) ? 12 : 0) : Number(hour);
  if (month < 1 || month > 12 || day < 1 || day > 31 || hours > 23) return undefined;
  const two = (value: number | string) => String(value).padStart(2, "0");
  const offset = zone && zone !== "Z" && !zone.includes(":") ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
  const text = `${year}-${two(month)}-${two(day)}T${two(hours)}:${minute}:${second}${fraction ? `.${fraction}` : ""}${offset ?? ""}`;
  // Without an offset the zone is the server's and unknown; any fixed one keeps the order.
  const key = Date.parse(`${fraction ? text.replace(/\.\d+/, `.${fraction.slice(0, 3)}`) : text}${offset ? "" : "Z"}`);
  return Number.isNaN(key) ? { text } : { text, key };
}
