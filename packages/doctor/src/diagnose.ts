/** Runs checks side by side, each within its time, and concludes from what they saw. */
import type { Diagnosis } from "@sallyport/contracts";
import type { Answer, Check, Missed, Seen } from "./check.ts";
import { conclude, type TextOf } from "./conclude.ts";

export interface Progress {
  done: number;
  all: number;
  /** Title of the check that has just ended. */
  title: string;
}

export interface DiagnoseOptions<Facts> {
  facts: Partial<Facts>;
  /** Time of a check that names none itself, in milliseconds. */
  limitMs: number;
  /** How a person brings each fact that may be missing. */
  bring: Readonly<Partial<Record<keyof Facts & string, string>>>;
  /** Title, fix and addressee of a cause; the table of causes by default. */
  textOf?: TextOf;
  /** Ends everything that still runs. */
  signal?: AbortSignal;
  /** Makes the signal that ends a check after its time; passed in, so that a test decides when time is over. */
  deadline?: (ms: number) => AbortSignal;
  onProgress?: (progress: Progress) => void;
}

const NOTHING: Answer = { seen: [], missed: [] };

/** Never rejects for what a check does: a check that fails or takes too long is *not looked at*, and says so. */
export async function diagnose<Facts>(checks: readonly Check<Facts>[], options: DiagnoseOptions<Facts>): Promise<Diagnosis> {
  const running = new Map<string, Promise<Answer>>();
  let done = 0;
  const start = (check: Check<Facts>): Promise<Answer> => {
    const known = running.get(check.code);
    if (known) return known;
    const before = check.dependsOn.map((code) => {
      const other = checks.find((one) => one.code === code);
      if (!other) throw new Error(`${check.code} depends on ${code}, which is no check here`);
      return { other, answer: start(other) };
    });
    const answer = Promise.all(before.map(async ({ other, answer }) => ({ other, answer: await answer })))
      .then((ended) => runCheck(check, ended, options))
      .finally(() => options.onProgress?.({ done: ++done, all: checks.length, title: check.title }));
    running.set(check.code, answer);
    return answer;
  };
  const answers = await Promise.all(checks.map(start));
  return conclude(
    {
      seen: answers.flatMap((answer) => answer.seen),
      incidents: answers.flatMap((answer) => answer.incidents ?? []),
      missed: answers.flatMap((answer) => answer.missed ?? []),
    },
    options.textOf,
  );
}

async function runCheck<Facts>(
  check: Check<Facts>,
  before: { other: Check<Facts>; answer: Answer }[],
  { facts, limitMs, bring, signal, deadline = AbortSignal.timeout }: DiagnoseOptions<Facts>,
): Promise<Answer> {
  const lacking = check.needs.find((need) => facts[need] === undefined);
  if (lacking !== undefined) return miss(check, bring[lacking] ?? `it needs ${lacking}`);
  const hurdle = before.find(({ answer }) => confirmed(answer) !== undefined || answer.missed?.length);
  if (hurdle) {
    const behind = confirmed(hurdle.answer)?.cause ?? hurdle.answer.behind;
    if (behind === undefined) return miss(check, `${hurdle.other.title} could not be looked at`);
    return { ...miss(check, `${behind} stands before it`), behind };
  }
  const ownMs = check.limitMs ?? limitMs;
  const signals = [signal, Number.isFinite(ownMs) ? deadline(ownMs) : undefined].filter((one) => one !== undefined);
  const end = AbortSignal.any(signals);
  try {
    const answer = await untilAborted(check.run(facts as Facts, end), end);
    // A last word on what did not come in time means nothing when the time was cut short.
    return signal?.aborted ? miss(check, "it was interrupted", true) : answer;
  } catch (error) {
    if (signal?.aborted) return miss(check, "it was interrupted", true);
    if (end.aborted) return miss(check, `it took longer than ${ownMs / 1000} s`, true);
    return miss(check, error instanceof Error ? `${error.name}: ${error.message}` : String(error), true);
  }
}

const confirmed = (answer: Answer): Seen | undefined => answer.seen.find(({ verdict }) => verdict === "confirmed");

function miss<Facts>(check: Check<Facts>, why: string, asked = false): Answer {
  const missed: Missed = { what: check.title, why, ...(asked ? { asked } : {}) };
  return { ...NOTHING, missed: [missed] };
}

/** So long a check that hears its end may take to say what it saw until then, such as that nobody answered. */
const LAST_WORD_MS = 50;

/** A check that does not listen to its signal must not hold up the others. */
function untilAborted<T>(work: Promise<T>, end: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      timer = setTimeout(() => reject(end.reason), LAST_WORD_MS);
    };
    if (end.aborted) stop();
    else end.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => {
      end.removeEventListener("abort", stop);
      clearTimeout(timer);
    });
  });
}
