/** One entry as the directory gave it: attributes by name in any letter case, values as text or bytes, ranges put together. */
import type { Entry as Given } from "ldapts";

/** Nothing can be made of this entry; the message says why. */
export class Unreadable extends Error {}

export interface Values {
  values: (string | Buffer)[];
  /** Where the rest begins, if the server gave only a part (MS-ADTS §3.1.1.3.1.3.3). */
  next?: number;
}

export class Entry {
  readonly dn: string;
  readonly #attributes = new Map<string, Values>();

  constructor({ dn, ...attributes }: Given) {
    this.dn = dn;
    for (const [name, given] of Object.entries(attributes)) {
      const values = Array.isArray(given) ? given : [given];
      const [, plain = "", from, to] = /^([^;]+)(?:;range=(\d+)-(\d+|\*))?/i.exec(name) ?? [];
      // Beside a range the plain name comes with no value at all.
      if (from === undefined && this.#attributes.has(plain.toLowerCase())) continue;
      const next = to !== undefined && to !== "*" && values.length > 0 ? Number(to) + 1 : undefined;
      this.#attributes.set(plain.toLowerCase(), { values, ...(next === undefined ? {} : { next }) });
    }
  }

  all(name: string): Values {
    return this.#attributes.get(name.toLowerCase()) ?? { values: [] };
  }

  /** Throws `Unreadable` where a value is no text. */
  texts(name: string): string[] {
    return this.all(name).values.map((value) => {
      if (typeof value !== "string") throw new Unreadable(`${name} holds bytes that are no UTF-8 text`);
      return value;
    });
  }

  text(name: string): string | undefined {
    return this.texts(name)[0];
  }

  bytes(name: string): Buffer | undefined {
    const [value] = this.all(name).values;
    return typeof value === "string" ? Buffer.from(value) : value;
  }
}
