/** What stands on the pages of the set-up link: labelled fields, one thing to do on each. */
import { base32 } from "@sallyport/logon";
import { type Html, html } from "../pages/html.ts";
import { qrSvg } from "./qr.ts";
import type { Texts } from "./texts.ts";

export interface AccountErrors {
  login?: string | undefined;
  password?: string | undefined;
  repeat?: string | undefined;
  /** About none of the fields. */
  all?: string | undefined;
}

export function accountStep(t: Texts, login: string, errors: AccountErrors = {}): Html {
  const wrong = errors.all ?? (Object.keys(errors).length > 0 ? t.marked : undefined);
  return html`<p class="steps">${t.step(1)}</p>
<h1>${t.account}</h1>
<p>${t.owns}</p>
${alert(wrong)}<form method="post" novalidate>
<input type="hidden" name="step" value="account">
${field({ name: "login", label: t.login, error: errors.login, hint: t.loginHint, extra: html`type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" value="${login}" required ${focus(!errors.password && !errors.repeat)}` })}
${field({ name: "password", label: t.password, error: errors.password, hint: t.passwordHint, extra: html`type="password" autocomplete="new-password" required ${focus(Boolean(errors.password) && !errors.login)}` })}
${field({ name: "repeat", label: t.repeat, error: errors.repeat, extra: html`type="password" autocomplete="new-password" required ${focus(Boolean(errors.repeat) && !errors.login && !errors.password)}` })}
<button type="submit">${t.next}</button>
</form>`;
}

export interface FactorStep {
  login: string;
  sealed: string;
  secret: Uint8Array;
  otpauth: string;
  error?: string | undefined;
}

export function factorStep(t: Texts, { login, sealed, secret, otpauth, error }: FactorStep): Html {
  const groups =
    base32(secret)
      .match(/.{1,4}/g)
      ?.join(" ") ?? "";
  return html`<p class="steps">${t.step(2)}</p>
<h1>${t.factor}</h1>
<p>${t.scan(login)}</p>
${qrSvg(otpauth, t.qr)}
<p class="hint" id="by-hand">${t.byHand}</p>
<code class="secret" aria-describedby="by-hand">${groups}</code>
<form method="post" novalidate>
<input type="hidden" name="step" value="confirm">
<input type="hidden" name="sealed" value="${sealed}">
${field({ name: "code", label: t.code, error, extra: html`class="digits" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required ${focus(true)}` })}
<button type="submit">${t.finish}</button>
</form>`;
}

export function doneStep(t: Texts, login: string): Html {
  return html`<h1>${t.ready}</h1>
<p>${t.exists(login)}</p>
<h2>${t.onwards}</h2>
<p class="hint">${t.terminal}</p>
<ol>
<li>${t.app}<pre>sallyport app add servers</pre></li>
<li>${t.person}<pre>sallyport user add alice --assign servers --totp</pre>
${t.withPassword}</li>
<li>${t.machine}<pre>sallyport host code --app servers</pre></li>
</ol>
<p>${t.close}</p>`;
}

/** The same for a link that was used, is too old or never was one. */
export function goneStep(t: Texts): Html {
  return html`<h1>${t.gone}</h1>
<p>${t.goneWhy}</p>
<p>${t.goneNext}</p>
<pre>sallyport serve</pre>`;
}

export function troubleStep(t: Texts, sentence: string): Html {
  return html`<h1>${t.trouble}</h1>
<p>${sentence}</p>
<p>${t.goBack}</p>`;
}

function field({
  name,
  label,
  hint,
  error,
  extra,
}: {
  name: string;
  label: string;
  hint?: string;
  error?: string | undefined;
  extra: Html;
}): Html {
  const described = [...(hint ? [`${name}-hint`] : []), ...(error ? [`${name}-error`] : [])].join(" ");
  return html`<label for="${name}">${label}</label>
${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}${error !== undefined && html`<p class="error" id="${name}-error">${error}</p>`}
<input id="${name}" name="${name}" ${extra}${described !== "" && html` aria-describedby="${described}"`}${error !== undefined && html` aria-invalid="true"`}>`;
}

function alert(sentence: string | undefined): Html {
  return sentence === undefined ? html`` : html`<p class="alert" role="alert">${sentence}</p>`;
}

function focus(wanted: boolean): Html {
  return wanted ? html`autofocus` : html``;
}
