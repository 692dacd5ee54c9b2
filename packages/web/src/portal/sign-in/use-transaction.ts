/** Holds the transaction of this tab: runs its steps one at a time, goes on after a reload, and knows when it is over. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Answer, Refusal } from "../../shown/call.ts";
import { introspect, keepToken, type Stepped, takeToken, type View } from "./transaction.ts";

export type End = "expired" | "locked";

export interface Running {
  view: View | undefined;
  /** Of the last step; gone with the next one. */
  refusal: Refusal | undefined;
  ended: End | undefined;
  busy: boolean;
  /** True until it is known whether this tab was in the middle of something. */
  looking: boolean;
  /** Answers whether the step was taken. `quiet`: a poll, during which nothing is blocked and no earlier refusal disappears. */
  run(step: () => Stepped, quiet?: boolean): Promise<boolean>;
  /** Another way is taken: what was wrong with the one before says nothing any more. */
  forgive(): void;
  reset(): void;
  end(how: End): void;
}

export function useTransaction(): Running {
  const [view, setView] = useState<View>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [ended, setEnded] = useState<End>();
  const [busy, setBusy] = useState(false);
  const [looking, setLooking] = useState(true);
  const asked = useRef(false);
  const polling = useRef<Promise<boolean> | undefined>(undefined);

  const end = useCallback((how: End) => {
    keepToken(undefined);
    setView(undefined);
    setRefusal(undefined);
    setEnded(how);
  }, []);
  const show = useCallback(
    (next: View) => {
      if (next.status === "LOCKED_OUT") return end("locked");
      keepToken(next.stateToken);
      setView(next);
    },
    [end],
  );
  /** The org has moved on, or ended it: what it says now is what counts. */
  const lookAgain = useCallback(
    async (token: string | undefined) => {
      const now: Answer<View> | undefined = token === undefined ? undefined : await introspect(token);
      if (now?.ok) show(now.body);
      else end("expired");
    },
    [show, end],
  );

  const take = useCallback(
    async (step: () => Stepped): Promise<boolean> => {
      const answer = await step();
      if (answer.ok) {
        show(answer.body);
        return true;
      }
      if (answer.code === "E0000011") end("expired");
      else if (answer.code === "E0000079") await lookAgain(takeToken());
      else setRefusal(answer);
      return false;
    },
    [show, end, lookAgain],
  );
  /** What a person asks for waits for a poll that is under way, and is done once however often they press. */
  const run = useCallback(
    async (step: () => Stepped, quiet = false): Promise<boolean> => {
      if (asked.current || (quiet && polling.current)) return false;
      if (quiet) {
        polling.current = take(step);
        const taken = await polling.current;
        polling.current = undefined;
        return taken;
      }
      asked.current = true;
      setBusy(true);
      setRefusal(undefined);
      await polling.current;
      const taken = await take(step);
      asked.current = false;
      setBusy(false);
      return taken;
    },
    [take],
  );
  const forgive = useCallback(() => setRefusal(undefined), []);
  /** What is left of an earlier sign-in and is over says nothing to whoever begins a new one. */
  const look = useCallback(
    async (token: string | undefined, given: boolean) => {
      if (token === undefined) return;
      const now = await introspect(token);
      if (now.ok) show(now.body);
      else if (given) end("expired");
      else keepToken(undefined);
    },
    [show, end],
  );
  const reset = useCallback(() => {
    keepToken(undefined);
    setView(undefined);
    setRefusal(undefined);
    setEnded(undefined);
  }, []);

  useEffect(() => {
    const given = location.hash.startsWith("#t=");
    const token = takeToken();
    void look(token, given).then(() => setLooking(false));
    // A machine sends the person here a second time, in the same tab.
    const onHash = () => location.hash.startsWith("#t=") && location.reload();
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, [look]);
  return { view, refusal, ended, busy, looking, run, forgive, reset, end };
}
