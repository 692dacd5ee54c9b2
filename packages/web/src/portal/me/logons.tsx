/** The person's latest logons in plain words, and how they say that one was not theirs. */
import type { MyLogonView } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import type { Texts } from "../texts/en.ts";
import { useTexts } from "../texts/texts.ts";
import { Ask } from "./ask.tsx";
import type { Own } from "./use-me.ts";
import { moment } from "./when.ts";

export function Logons({ own, logons }: { own: Own; logons: MyLogonView[] }) {
  const t = useTexts();
  const [thanks, setThanks] = useState(false);
  return (
    <section class="card">
      <h2>{t.me.logons}</h2>
      <div role="status">{thanks && <p class="note">{t.me.notMeThanks}</p>}</div>
      {logons.length === 0 && <p>{t.me.noLogons}</p>}
      <ul class="list">
        {logons.map((logon) => (
          <LogonLine key={`${logon.host.id} ${logon.reference}`} own={own} logon={logon} onSaid={() => setThanks(true)} />
        ))}
      </ul>
    </section>
  );
}

function LogonLine({ own, logon, onSaid }: { own: Own; logon: MyLogonView; onSaid(): void }) {
  const t = useTexts();
  const [asking, setAsking] = useState(false);
  const { host, reference, service, started, address, disowned } = logon;
  const say = async () => {
    const done = await own.change(() => call("POST", "/api/v1/me/logons/not-me", { host: host.id, reference }));
    setAsking(false);
    if (!done) return;
    onSaid();
    await own.reload();
  };
  return (
    <li>
      <div class="line">
        <div>
          <h3>
            {host.name} <Result t={t} logon={logon} />
          </h3>
          <p class="hint">
            {[moment(started, t.locale), service, ...(address ? [t.me.from(address.value)] : [])].join(" · ")}
            <br />
            {t.common.reference(reference)}
          </p>
        </div>
        {!disowned && (
          <button
            type="button"
            class="text"
            aria-label={`${t.me.notMe}: ${host.name}, ${moment(started, t.locale)}`}
            onClick={() => setAsking(true)}
          >
            {t.me.notMe}
          </button>
        )}
      </div>
      {disowned && <p class="hint">{t.me.notMeDone}</p>}
      {asking && (
        <Ask yes={t.me.notMeYes} danger busy={own.busy} onYes={() => void say()} onNo={() => setAsking(false)}>
          {t.me.notMeSure}
        </Ask>
      )}
    </li>
  );
}

function Result({ t, logon: { result, reason } }: { t: Texts; logon: MyLogonView }) {
  if (result === "allow") return <span class="tag good">{t.me.allowed}</span>;
  if (result === "open") return <span class="tag">{t.me.open}</span>;
  return (
    <>
      <span class="tag bad">{t.me.refused}</span> {reason && <span class="tag">{t.me.reason[reason]}</span>}
    </>
  );
}
