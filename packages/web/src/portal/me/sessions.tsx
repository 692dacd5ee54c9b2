/** The browsers in which the person is signed in, and the way out of all of them. */
import type { MySessionView } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import { useTexts } from "../texts/texts.ts";
import { Ask } from "./ask.tsx";
import type { Own } from "./use-me.ts";
import { moment } from "./when.ts";

const SESSIONS = "/api/v1/me/sessions";

export function Sessions({ own, sessions }: { own: Own; sessions: MySessionView[] }) {
  const t = useTexts();
  const [asking, setAsking] = useState(false);
  const end = async (id: string) => {
    await own.change(() => call("DELETE", `${SESSIONS}/${id}`));
    await own.reload();
  };
  const endAll = async () => {
    if (await own.change(() => call("DELETE", SESSIONS))) location.replace("/signin");
  };
  return (
    <section class="card">
      <h2>{t.me.sessions}</h2>
      <ul class="list">
        {sessions.map(({ id, current, userAgent, address, lastSeen }) => {
          const browser = browserOf(userAgent) ?? t.me.unknownBrowser;
          return (
            <li key={id} class="line">
              <div>
                <h3>
                  {browser} {current && <span class="tag good">{t.me.here}</span>}
                </h3>
                <p class="hint">{[t.me.from(address), t.me.lastSeen(moment(lastSeen, t.locale))].join(" · ")}</p>
              </div>
              {!current && (
                <button
                  type="button"
                  class="text"
                  aria-label={`${t.me.end}: ${browser}, ${moment(lastSeen, t.locale)}`}
                  onClick={() => void end(id)}
                >
                  {t.me.end}
                </button>
              )}
            </li>
          );
        })}
      </ul>
      <div class="actions">
        <button type="button" class="plain" onClick={() => setAsking(true)}>
          {t.me.endAll}
        </button>
      </div>
      {asking && (
        <Ask yes={t.me.endAllYes} busy={own.busy} onYes={() => void endAll()} onNo={() => setAsking(false)}>
          {t.me.endAllSure}
        </Ask>
      )}
    </section>
  );
}

const BROWSERS: readonly [RegExp, string][] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

/** `Firefox, Linux`: as much as a person recognises; what a browser says of itself proves nothing. */
export function browserOf(userAgent: string): string | undefined {
  const [browser, system] = [BROWSERS, SYSTEMS].map((list) => list.find(([pattern]) => pattern.test(userAgent))?.[1]);
  return browser === undefined ? undefined : [browser, ...(system === undefined ? [] : [system])].join(", ");
}
