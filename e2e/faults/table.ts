/** The table that the matrix ends with: fault × verdict × seconds, and the rate. */
import type { Fault } from "./fault.ts";

interface Row {
  name: string;
  form: string;
  root: string;
  right: boolean;
  ms: number;
}

export class Table {
  readonly #title: string;
  readonly #rows: Row[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  add({ name, form, root }: Pick<Fault, "name" | "form" | "root">, right: boolean, ms: number): void {
    this.#rows.push({ name, form, root, right, ms });
  }

  /** `all`: how many there are; those that never came to a verdict count as wrong. */
  show(all: number): string {
    const wide = (key: "name" | "form" | "root") => Math.max(...this.#rows.map((row) => row[key].length));
    const [name, form, root] = [wide("name"), wide("form"), wide("root")];
    const lines = this.#rows.map(
      (row) =>
        `  ${row.name.padEnd(name)}  ${row.form.padEnd(form)}  ${row.root.padEnd(root)}  ${row.right ? "right" : "WRONG"}  ${(row.ms / 1000).toFixed(1)} s`,
    );
    const right = this.#rows.filter((row) => row.right).length;
    return `${this.#title}\n${lines.join("\n")}\n${this.#title}: ${right} of ${all} right (${((100 * right) / all).toFixed(1)} %)\n`;
  }
}
