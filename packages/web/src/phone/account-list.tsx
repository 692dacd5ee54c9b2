/** The accounts of this phone: whether each counts, whether it asks for its owner, and the notifications of all. */
import { useEffect, useState } from "preact/hooks";
import type { Account } from "./accounts.ts";
import { canVerify, setVerifier } from "./approver.ts";
import type { Texts } from "./texts/en.ts";
import type { Requests, Standing } from "./use-requests.ts";
import { canWake, subscribe } from "./wake-up.ts";

interface Props {
  texts: Texts;
  accounts: Account[];
  requests: Requests;
  vapidKey(): string;
  onAdd(): void;
  onRemove(account: Account): void;
  onChange(): void;
}

export function AccountList({ texts, accounts, requests, vapidKey, onAdd, onRemove, onChange }: Props) {
  const [verifying, setVerifying] = useState(false);
  useEffect(() => void canVerify().then(setVerifying), []);
  const standings = accounts.map((account) => requests.standing.get(account.device));
  const stopped = standings.some((one) => one?.stopped);
  const woken = standings.every((one) => one === undefined || one.subscribed || one.unknown);
  return (
    <section class="accounts">
      <h2>{texts.accounts}</h2>
      {stopped ? <p class="note">{texts.stopped}</p> : null}
      <ul>
        {accounts.map((account) => (
          <Row
            key={account.device}
            {...{ texts, account, verifying, onRemove, onChange }}
            standing={requests.standing.get(account.device)}
          />
        ))}
      </ul>
      {canWake() && !woken ? <Wake {...{ texts, accounts, vapidKey }} /> : null}
      <button type="button" class="plain full" onClick={onAdd}>
        {texts.add}
      </button>
    </section>
  );
}

interface RowProps {
  texts: Texts;
  account: Account;
  standing: Standing | undefined;
  verifying: boolean;
  onRemove(account: Account): void;
  onChange(): void;
}

function Row({ texts, account, standing, verifying, onRemove, onChange }: RowProps) {
  const [removing, setRemoving] = useState(false);
  const [problem, setProblem] = useState<string>();
  const verify = async () => {
    setProblem(undefined);
    if (await setVerifier(account)) onChange();
    else setProblem(texts.verifyFailed);
  };
  if (removing) {
    return (
      <li class="card">
        <h3>{texts.removeTitle(account.user)}</h3>
        <p>{texts.removeText}</p>
        <div class="pair">
          <button type="button" class="plain" onClick={() => setRemoving(false)}>
            {texts.cancel}
          </button>
          <button type="button" class="danger" onClick={() => onRemove(account)}>
            {texts.remove}
          </button>
        </div>
      </li>
    );
  }
  return (
    <li class="card">
      <h3>{account.user}</h3>
      <p class="hint">{[account.name, account.verifier ? texts.verified : texts.possession].filter(Boolean).join(" · ")}</p>
      <div role="alert">
        {standing?.unknown ? <p class="alert">{texts.unknown}</p> : null}
        {problem === undefined ? null : <p class="alert">{problem}</p>}
      </div>
      <div class="pair">
        {verifying && !account.verifier ? (
          <button type="button" class="plain" onClick={() => void verify()}>
            {texts.verify}
          </button>
        ) : null}
        <button type="button" class="plain" onClick={() => setRemoving(true)}>
          {texts.remove}
          <span class="unseen"> {account.user}</span>
        </button>
      </div>
    </li>
  );
}

function Wake({ texts, accounts, vapidKey }: { texts: Texts; accounts: Account[]; vapidKey(): string }) {
  const [said, setSaid] = useState<string>();
  const wake = async () => {
    const outcome = await subscribe(accounts, vapidKey());
    setSaid({ on: texts.wakeOn, refused: texts.wakeRefused, failed: texts.wakeFailed }[outcome]);
  };
  return (
    <div class="card">
      <p role="status">{said ?? texts.wakeText}</p>
      <button type="button" class="plain full" onClick={() => void wake()}>
        {texts.wake}
      </button>
    </div>
  );
}
