/** Text into HTML: everything is escaped unless it is HTML already. */

/** Marks text as HTML; made by `html` alone. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** `html\`<p>${name}</p>\``: values are escaped, `Html` and lists of it are put in as they are, `undefined` and `false` are nothing. */
export function html(parts: TemplateStringsArray, ...values: (string | number | Html | Html[] | undefined | false)[]): Html {
  let text = parts[0] ?? "";
  for (const [index, value] of values.entries()) text += written(value) + (parts[index + 1] ?? "");
  return new Html(text);
}

function written(value: string | number | Html | Html[] | undefined | false): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map((one) => one.text).join("");
  return String(value).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
