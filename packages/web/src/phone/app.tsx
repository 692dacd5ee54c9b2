/** The approver: what waits comes first; accounts and their set-up below it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { Frame } from "../shown/frame.tsx";
import { keepLanguage, type Language, preferredLanguage } from "../shown/language.ts";
import { AccountList } from "./account-list.tsx";
import { type Account, dropAccount, listAccounts } from "./accounts.ts";
import { Activate } from "./activate.tsx";
import { readOrg } from "./approver.ts";
import { RequestCard } from "./request-card.tsx";
import { ResultCard } from "./result-card.tsx";
import { de } from "./texts/de.ts";
import { en } from "./texts/en.ts";
import { useRequests } from "./use-requests.ts";
import { startWorker } from "./wake-up.ts";

const TEXTS = { en, de };

export function App() {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  const [accounts, setAccounts] = useState<Account[]>();
  const [adding, setAdding] = useState(false);
  const vapidKey = useRef("");
  const texts = TEXTS[language];
  const requests = useRequests(accounts ?? []);
  const reload = () => void listAccounts().then(setAccounts, () => setAccounts([]));
  useEffect(() => {
    void readOrg().then((org) => {
      vapidKey.current = org?.vapidKey ?? "";
      reload();
    });
    void startWorker(requests.lookNow);
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = `${texts.title} · Sallyport`;
  }, [language]);
  const onLanguage = (next: Language) => {
    keepLanguage(next);
    setLanguage(next);
  };
  if (!("crypto" in window) || !crypto.subtle) return <Frame {...{ language, onLanguage }}>{texts.noCrypto}</Frame>;
  if (!accounts) return <Frame {...{ language, onLanguage }}>{texts.loading}</Frame>;
  if (adding || accounts.length === 0) {
    const activated = () => {
      setAdding(false);
      reload();
    };
    return (
      <Frame {...{ language, onLanguage }}>
        <Activate texts={texts} onDone={activated} {...(accounts.length > 0 ? { onCancel: () => setAdding(false) } : {})} />
      </Frame>
    );
  }
  const remove = (account: Account) => void dropAccount(account.device).then(reload);
  return (
    <Frame {...{ language, onLanguage }}>
      <div class="waiting-room">
        {requests.unreached ? (
          <p role="status" class="note">
            {texts.unreached}
          </p>
        ) : null}
        {requests.results.map((result) => (
          <ResultCard key={result.challenge} texts={texts} result={result} onDone={() => requests.dismiss(result.challenge)} />
        ))}
        {requests.open.map(({ account, request }) => (
          <RequestCard key={request.challenge} {...{ texts, language, account, request }} onResult={requests.answered} />
        ))}
        {requests.open.length === 0 && requests.results.length === 0 ? <Nothing texts={texts} /> : null}
      </div>
      <AccountList
        {...{ texts, accounts, requests }}
        vapidKey={() => vapidKey.current}
        onAdd={() => setAdding(true)}
        onRemove={remove}
        onChange={reload}
      />
    </Frame>
  );
}

function Nothing({ texts }: { texts: typeof en }) {
  return (
    <section class="card">
      <h1>{texts.nothing}</h1>
      <p class="hint">{texts.nothingHint}</p>
    </section>
  );
}
