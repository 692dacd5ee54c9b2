/** A person's own pages: factors, recovery codes, logons, browsers. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { useTexts } from "../texts/texts.ts";
import { AddFactor } from "./add-factor.tsx";
import { Factors } from "./factors.tsx";
import { Logons } from "./logons.tsx";
import { RecoveryCodes } from "./recovery-codes.tsx";
import { Sessions } from "./sessions.tsx";
import { useMe } from "./use-me.ts";

export function Me() {
  const t = useTexts();
  const own = useMe();
  const [adding, setAdding] = useState(false);
  const { account, refusal, gone } = own;
  useEffect(() => {
    if (gone) location.replace("/signin");
  }, [gone]);
  useEffect(() => {
    document.title = `${t.me.title} · Sallyport`;
  }, [t]);
  if (!account)
    return (
      <Step title={t.me.title}>
        <Problem text={refusal && problemText(t, refusal)} />
        <Status waiting>{gone ? t.me.gone : t.common.loading}</Status>
      </Step>
    );
  if (adding)
    return (
      <AddFactor
        own={own}
        kinds={account.me.canAdd}
        onDone={() => {
          setAdding(false);
          void own.reload();
        }}
      />
    );
  const signOut = async () => {
    // Where the session is over already, the account says so, and that leads to the sign-in as well.
    if (await own.change(() => call("DELETE", "/api/v1/sessions/me"))) location.replace("/signin");
    else await own.reload();
  };
  return (
    <>
      <div class="head">
        <div>
          <h1>{t.me.title}</h1>
          <p>{t.me.signedInAs(account.me.user.login)}</p>
        </div>
        <button type="button" class="plain" disabled={own.busy} onClick={() => void signOut()}>
          {t.me.signOut}
        </button>
      </div>
      <Problem text={refusal && problemText(t, refusal)} />
      <Factors own={own} account={account} onAdd={() => setAdding(true)} />
      <RecoveryCodes own={own} account={account} />
      <Logons own={own} logons={account.logons} />
      <Sessions own={own} sessions={account.sessions} />
    </>
  );
}
