/** What the person's own pages hold: the account with its lists, read again after each change. */
import type { MeView, MyFactorView, MyLogonView, MySessionView } from "@sallyport/contracts";
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Answer, call, type Refusal } from "../../shown/call.ts";

export interface Account {
  me: MeView;
  factors: MyFactorView[];
  logons: MyLogonView[];
  sessions: MySessionView[];
}

export interface Own {
  account: Account | undefined;
  /** Of the last change; gone with the next one. */
  refusal: Refusal | undefined;
  busy: boolean;
  gone: boolean;
  /** Answers the body, or undefined where it was refused. */
  change<T>(act: () => Promise<Answer<T>>): Promise<{ body: T } | undefined>;
  reload(): Promise<void>;
}

/** Where a factor is proved once more; the person comes back from there by themselves. */
export function proveAgain(): void {
  location.assign("/signin#again");
}

export function useMe(): Own {
  const [account, setAccount] = useState<Account>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [busy, setBusy] = useState(false);
  const [gone, setGone] = useState(false);

  const refuse = useCallback((refused: Refusal) => {
    if (refused.code === "E0000011") setGone(true);
    else if (refused.code === "S0000008") proveAgain();
    else setRefusal(refused);
  }, []);
  const reload = useCallback(async () => {
    const [me, factors, logons, sessions] = await Promise.all([
      call<MeView>("GET", "/api/v1/me"),
      call<MyFactorView[]>("GET", "/api/v1/me/factors"),
      call<MyLogonView[]>("GET", "/api/v1/me/logons"),
      call<MySessionView[]>("GET", "/api/v1/me/sessions"),
    ]);
    if (me.ok && factors.ok && logons.ok && sessions.ok)
      setAccount({ me: me.body, factors: factors.body, logons: logons.body, sessions: sessions.body });
    else refuse([me, factors, logons, sessions].find((answer) => !answer.ok) as Refusal);
  }, [refuse]);
  const change = useCallback(
    async <T>(act: () => Promise<Answer<T>>): Promise<{ body: T } | undefined> => {
      setBusy(true);
      setRefusal(undefined);
      const answer = await act();
      setBusy(false);
      if (answer.ok) return { body: answer.body };
      refuse(answer);
      return undefined;
    },
    [refuse],
  );
  useEffect(() => void reload(), [reload]);
  return { account, refusal, busy, gone, change, reload };
}
