/** The person's factors: what they are called, since when, and how they are renamed, removed and added. */
import type { MyFactorView } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import type { Texts } from "../texts/en.ts";
import { useTexts } from "../texts/texts.ts";
import { Ask } from "./ask.tsx";
import { type Account, type Own, proveAgain } from "./use-me.ts";
import { day } from "./when.ts";

export function Factors({ own, account, onAdd }: { own: Own; account: Account; onAdd(): void }) {
  const t = useTexts();
  const factors = account.factors.filter(({ kind }) => kind !== "recovery");
  const fresh = account.me.freshUntil !== null;
  return (
    <section class="card">
      <h2>{t.me.factors}</h2>
      {factors.length === 0 && <p>{t.me.noFactors}</p>}
      <ul class="list">
        {factors.map((factor) => (
          <FactorLine key={factor.id} own={own} factor={factor} fresh={fresh} />
        ))}
      </ul>
      <div class="actions">
        <button type="button" disabled={own.busy} onClick={() => (fresh ? onAdd() : proveAgain())}>
          {t.me.add}
        </button>
      </div>
    </section>
  );
}

function FactorLine({ own, factor, fresh }: { own: Own; factor: MyFactorView; fresh: boolean }) {
  const t = useTexts();
  const [doing, setDoing] = useState<"rename" | "remove">();
  const called = nameOf(t, factor);
  const begin = (what: "rename" | "remove") => (fresh ? setDoing(what) : proveAgain());
  const remove = async () => {
    const done = await own.change(() => call("DELETE", `/api/v1/me/factors/${factor.id}`));
    setDoing(undefined);
    if (done) await own.reload();
  };
  return (
    <li>
      <div class="line">
        <div>
          <h3>
            {called} {factor.status === "LOCKED" && <span class="tag bad">{t.me.locked}</span>}
          </h3>
          <p class="hint">{facts(t, factor)}</p>
        </div>
        <div class="actions">
          <button type="button" class="text" aria-label={`${t.me.rename}: ${called}`} onClick={() => begin("rename")}>
            {t.me.rename}
          </button>
          {factor.removable && (
            <button type="button" class="text" aria-label={`${t.me.remove}: ${called}`} onClick={() => begin("remove")}>
              {t.me.remove}
            </button>
          )}
        </div>
      </div>
      {!factor.removable && factor.status === "ACTIVE" && <p class="hint">{t.me.last}</p>}
      {doing === "remove" && (
        <Ask yes={t.me.removeYes} danger busy={own.busy} onYes={() => void remove()} onNo={() => setDoing(undefined)}>
          {t.me.removeSure(called)}
        </Ask>
      )}
      {doing === "rename" && <Rename own={own} factor={factor} onDone={() => setDoing(undefined)} />}
    </li>
  );
}

function Rename({ own, factor, onDone }: { own: Own; factor: MyFactorView; onDone(): void }) {
  const t = useTexts();
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget as HTMLFormElement).get("name")).trim();
    if (!(await own.change(() => call("POST", `/api/v1/me/factors/${factor.id}`, { name })))) return;
    onDone();
    await own.reload();
  };
  const id = `name-${factor.id}`;
  return (
    <form class="ask" onSubmit={(event) => void submit(event)}>
      <label for={id}>{t.me.name}</label>
      {/* The person has just asked for it: that is where they go on. */}
      <input id={id} name="name" type="text" autocomplete="off" maxLength={64} required value={factor.name ?? ""} ref={focusOnce} />
      <div class="actions">
        <button type="submit" disabled={own.busy}>
          {t.me.save}
        </button>
        <button type="button" class="plain" onClick={onDone}>
          {t.common.cancel}
        </button>
      </div>
    </form>
  );
}

const seen = new WeakSet<Element>();
function focusOnce(field: HTMLInputElement | null): void {
  if (!field || seen.has(field)) return;
  seen.add(field);
  field.focus();
}

function nameOf(t: Texts, { kind, name }: MyFactorView): string {
  return name ?? t.factor.kind[kind];
}

function facts(t: Texts, { kind, name, created, lastUsed }: MyFactorView): string {
  const used = lastUsed === null ? t.me.neverUsed : t.me.used(day(lastUsed, t.locale));
  return [...(name === null ? [] : [t.factor.kind[kind]]), t.me.added(day(created, t.locale)), used].join(" · ");
}
