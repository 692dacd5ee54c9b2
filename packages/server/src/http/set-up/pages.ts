/** What stands on the pages of the set-up link: labelled fields, one thing to do on each. */
import { base32 } from "@sallyport/logon";
import { type Html, html } from "../pages/html.ts";
import { qrSvg } from "./qr.ts";

export interface AccountErrors {
  login?: string | undefined;
  password?: string | undefined;
  repeat?: string | undefined;
  /** About none of the fields. */
  all?: string | undefined;
}

export function accountStep(login: string, errors: AccountErrors = {}): Html {
  const wrong = errors.all ?? (Object.keys(errors).length > 0 ? "Please look at the marked fields." : undefined);
  return html`<p class="steps">Step 1 of 2</p>
<h1>Make the first administrator</h1>
<p>This account owns the org. There is no other account and no default password.</p>
${alert(wrong)}<form method="post" novalidate>
<input type="hidden" name="step" value="account">
${field({ name: "login", label: "Login", error: errors.login, hint: "A name or an e-mail address.", extra: html`type="text" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="256" value="${login}" required ${focus(!errors.password && !errors.repeat)}` })}
${field({ name: "password", label: "Password", error: errors.password, hint: "At least 8 characters. A sentence of several words is best; pasting from a password manager is fine.", extra: html`type="password" autocomplete="new-password" required ${focus(Boolean(errors.password) && !errors.login)}` })}
${field({ name: "repeat", label: "Password again", error: errors.repeat, extra: html`type="password" autocomplete="new-password" required ${focus(Boolean(errors.repeat) && !errors.login && !errors.password)}` })}
<button type="submit">Continue</button>
</form>`;
}

export interface FactorStep {
  login: string;
  sealed: string;
  secret: Uint8Array;
  otpauth: string;
  error?: string | undefined;
}

export function factorStep({ login, sealed, secret, otpauth, error }: FactorStep): Html {
  const groups =
    base32(secret)
      .match(/.{1,4}/g)
      ?.join(" ") ?? "";
  return html`<p class="steps">Step 2 of 2</p>
<h1>Add your second factor</h1>
<p>Scan this with an authenticator app on your phone. It will show a new six-digit code for <strong>${login}</strong> every 30 seconds.</p>
${qrSvg(otpauth, "QR code of the secret for your authenticator app")}
<p class="hint" id="by-hand">No camera? Enter this secret by hand (time-based, 6 digits):</p>
<code class="secret" aria-describedby="by-hand">${groups}</code>
<form method="post" novalidate>
<input type="hidden" name="step" value="confirm">
<input type="hidden" name="sealed" value="${sealed}">
${field({ name: "code", label: "Code that the app shows now", error, extra: html`class="digits" type="text" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required ${focus(true)}` })}
<button type="submit">Finish</button>
</form>`;
}

export function doneStep(login: string): Html {
  return html`<h1>The org is ready</h1>
<p>The administrator <strong>${login}</strong> exists, with password and second factor. This link has been used and is good for nothing any more.</p>
<h2>From here to a first logon</h2>
<p class="hint">In a second terminal on this machine, while the server runs (in a clone of the project: <code>npx sallyport …</code>):</p>
<ol>
<li>Say what is protected: machines of one kind are an app. (<code>npm start</code> has made one, <code>this-machine</code>.)<pre>sallyport app add servers</pre></li>
<li>Make a person with a second factor, who may log on there.<pre>sallyport user add alice --assign servers --totp</pre>
With <code>--password</code> it asks for one that the org keeps: needed for the org's own pages and for <code>sallyport logon</code>, not for ssh, where the machine checks its own.</li>
<li>Make a code that enrols a machine, and give it to <code>sallyport host enrol</code> there. It says what comes next.<pre>sallyport host code --app servers</pre></li>
</ol>
<p>You can close this page.</p>`;
}

/** The same for a link that was used, is too old or never was one. */
export function goneStep(): Html {
  return html`<h1>This link is not good any more</h1>
<p>A set-up link works once, for 30 minutes, and only while the org has no administrator.</p>
<p>If you have not finished the set-up, restart the server: it prints a new link as long as there is no administrator.</p>
<pre>sallyport serve</pre>`;
}

export function troubleStep(sentence: string): Html {
  return html`<h1>That did not work</h1>
<p>${sentence}</p>
<p>Go back, or open the link again; nothing has been stored yet.</p>`;
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
