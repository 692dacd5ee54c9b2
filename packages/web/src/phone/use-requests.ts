/** Looks what waits, every two seconds while the page is seen and at once when it is woken up; keeps how each request ended. */
import type { OpenRequest, PhoneAnswerResult } from "@sallyport/contracts";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Account } from "./accounts.ts";
import { look } from "./approver.ts";
import { orgNow } from "./signed-call.ts";

const EVERY_MS = 2000;

export interface Waiting {
  account: Account;
  request: OpenRequest;
}

/** `gone`: it is open no more, and nobody said why. */
export interface Result {
  challenge: string;
  user: string;
  result: PhoneAnswerResult | "gone";
}

export interface Standing {
  /** The org knows this phone no more. */
  unknown: boolean;
  stopped: boolean;
  subscribed: boolean;
}

export interface Requests {
  open: Waiting[];
  results: Result[];
  standing: ReadonlyMap<string, Standing>;
  unreached: boolean;
  lookNow(): void;
  answered(result: Result): void;
  dismiss(challenge: string): void;
}

interface Looked {
  open: Waiting[];
  standing: Map<string, Standing>;
  unreached: boolean;
}

export function useRequests(accounts: readonly Account[]): Requests {
  const [seen, setSeen] = useState<Looked>({ open: [], standing: new Map(), unreached: false });
  const [results, setResults] = useState<Result[]>([]);
  const shown = useRef<Waiting[]>([]);
  const done = useRef(new Set<string>());
  const lookNow = useRef(() => {});

  const answered = useCallback((result: Result) => {
    done.current.add(result.challenge);
    setSeen((before) => ({ ...before, open: before.open.filter(({ request }) => request.challenge !== result.challenge) }));
    setResults((before) => [result, ...before.filter(({ challenge }) => challenge !== result.challenge)]);
  }, []);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stopped = false;
    let turn = 0;
    const run = async () => {
      clearTimeout(timer);
      const own = ++turn;
      const looked = document.visibilityState === "visible" ? await lookAll(accounts) : undefined;
      if (stopped || own !== turn) return;
      if (looked) {
        const open = looked.unreached
          ? shown.current.filter(isOpen)
          : looked.open.filter(({ request }) => !done.current.has(request.challenge));
        for (const { request, account } of shown.current) {
          if (done.current.has(request.challenge) || open.some((one) => one.request.challenge === request.challenge)) continue;
          const result = Date.parse(request.expiresAt) <= orgNow() + 1000 ? "expired" : "gone";
          answered({ challenge: request.challenge, user: account.user, result });
        }
        shown.current = open;
        setSeen({ ...looked, open });
      }
      timer = setTimeout(run, EVERY_MS);
    };
    lookNow.current = () => void run();
    const onVisible = () => void run();
    document.addEventListener("visibilitychange", onVisible);
    void run();
    return () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [accounts]);

  const dismiss = (challenge: string) => setResults((before) => before.filter((one) => one.challenge !== challenge));
  return { ...seen, results, answered, dismiss, lookNow: useCallback(() => lookNow.current(), []) };
}

const isOpen = ({ request }: Waiting) => Date.parse(request.expiresAt) > orgNow();

async function lookAll(accounts: readonly Account[]): Promise<Looked> {
  const answers = await Promise.all(accounts.map(async (account) => ({ account, answer: await look(account) })));
  const standing = new Map<string, Standing>();
  const open: Waiting[] = [];
  let unreached = false;
  for (const { account, answer } of answers) {
    if (!answer.ok) {
      const unknown = answer.status === 401 && answer.which === "";
      if (!unknown) unreached = true;
      standing.set(account.device, { unknown, stopped: false, subscribed: false });
      continue;
    }
    const { stopped, subscribed, requests } = answer.body;
    standing.set(account.device, { unknown: false, stopped, subscribed });
    open.push(...requests.map((request) => ({ account, request })));
  }
  return { open, standing, unreached };
}
