/** The HTML around a page: what the browser loads, and what a person reads whose browser runs no script. */
import { html } from "./html.ts";
import { ICON } from "./icon.ts";

export interface Frame {
  nonce: string;
  script: string;
  style?: string;
  /** Path of the web app manifest of a page that can be installed. */
  manifest: string | undefined;
}

const BEGIN =
  '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">';

/** The language is set by the script, which knows what the person chose. */
export function frame({ nonce, script, style, manifest }: Frame): string {
  const links = [
    ...(style === undefined ? [] : [html`<link rel="stylesheet" nonce="${nonce}" href="/assets/${style}">`]),
    ...(manifest === undefined ? [] : [html`<link rel="manifest" href="${manifest}">`]),
  ];
  return `<!doctype html>
<html lang="en">
<head>${BEGIN}<meta name="color-scheme" content="light dark">${ICON}<title>Sallyport</title>${
    html`${links}<script type="module" nonce="${nonce}" src="/assets/${script}"></script>`.text
  }</head>
<body><div id="page"></div><noscript><p>These pages need JavaScript. Diese Seiten brauchen JavaScript.</p></noscript></body>
</html>`;
}

/** For whoever runs a clone and started the server by hand. */
export const NOT_BUILT = html`<h1>The pages are not built</h1><p>The org works, but its pages do not. In a clone of the project they are built by <code>npm run pages</code>; then start the server again.</p>`;
