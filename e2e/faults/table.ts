/** The table that the matrix ends with: fault × verdict × seconds, and the rate. */

/** What was done, how the doctor was asked, and the cause that it had to name. */
export interface Cell {
  name: string;
  form: string;
  root: string;
}

interface Row extends Cell {
  right: boolean;
  ms: number;
}

export class Table {
  readonly #title: string;
  readonly #rows: Row[] = [];

  constructor(title: string) {
    this.#title = title;
  }

  add({ name, form, root }: Cell, right: boolean, ms: number): void {
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
