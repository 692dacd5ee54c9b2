/** The end that went well: the session token becomes this browser's session; a logon at a machine goes on there. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import { Status, Step } from "../../shown/step.tsx";
import { useTexts } from "../texts/texts.ts";
import { keepToken, type View } from "./transaction.ts";

export function Finish({ view, onFailed }: { view: View; onFailed(): void }) {
  const t = useTexts();
  const { sessionToken } = view;
  const [forMachine] = useState(sessionToken === undefined);
  useEffect(() => {
    keepToken(undefined);
    if (sessionToken === undefined) return;
    void call("POST", "/api/v1/sessions", { sessionToken }).then((opened) => {
      if (opened.ok) location.replace("/me");
      else onFailed();
    });
  }, []);
  if (forMachine)
    return (
      <Step title={t.signIn.title}>
        <p class="note">{t.signIn.machine}</p>
        <p>{t.common.close}</p>
      </Step>
    );
  return (
    <Step title={t.signIn.title}>
      <Status waiting>{t.signIn.signedIn}</Status>
    </Step>
  );
}
