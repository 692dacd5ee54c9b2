/** Which name each group of a source gets: its own where that is free, else one that says where it comes from. Never somebody else's group. */

/** `key` tells the wishes apart; `own`: the group that is here already. */
export interface NameWish {
  key: string;
  wanted: string;
  own?: { id: string; name: string };
}

export class GroupNames {
  readonly #source: string;
  readonly #holders: Map<string, string>;

  /** @param holders folded name → id of the group that has it, at least for every name that `candidates` answers. */
  constructor(source: string, holders: ReadonlyMap<string, string>) {
    this.#source = source;
    this.#holders = new Map(holders);
  }

  /** Names that may have to be looked up. */
  static candidates(source: string, wanted: string): string[] {
    return [wanted, variant(wanted, source, 1), variant(wanted, source, 2)];
  }

  /** True where `name` is what a group of this name is called here, perhaps told apart from another. */
  static fits(name: string, wanted: string): boolean {
    return name === wanted || (name.startsWith(`${wanted} (`) && name.endsWith(")"));
  }

  free(name: string, id: string): void {
    if (this.#holders.get(fold(name)) === id) this.#holders.delete(fold(name));
  }

  /** In an order in which they can be carried out one by one: who gives up a name comes before who takes it. */
  settle(wishes: readonly NameWish[]): { key: string; name: string }[] {
    const stays = ({ own, wanted }: NameWish) => own?.name === wanted;
    const settled = wishes.filter(stays).map(({ key, wanted }) => ({ key, name: wanted }));
    let waiting = wishes.filter((one) => !stays(one));
    for (let before = -1; waiting.length !== before; ) {
      before = waiting.length;
      waiting = waiting.filter((one) => {
        if (this.#takenByOther(one.wanted, one)) return true;
        settled.push({ key: one.key, name: this.#take(one.wanted, one) });
        return false;
      });
    }
    for (const one of waiting) settled.push({ key: one.key, name: this.#take(this.#apart(one), one) });
    return settled;
  }

  /** What it is called already, if that will do: nobody is renamed for a better number. */
  #apart(wish: NameWish): string {
    if (wish.own && GroupNames.fits(wish.own.name, wish.wanted)) return wish.own.name;
    for (let number = 1; ; number++) {
      const name = variant(wish.wanted, this.#source, number);
      if (!this.#takenByOther(name, wish)) return name;
    }
  }

  #takenByOther(name: string, { key, own }: NameWish): boolean {
    const holder = this.#holders.get(fold(name));
    return holder !== undefined && holder !== (own?.id ?? `new ${key}`);
  }

  #take(name: string, { key, own }: NameWish): string {
    if (own) this.free(own.name, own.id);
    this.#holders.set(fold(name), own?.id ?? `new ${key}`);
    return name;
  }
}

const fold = (name: string) => name.toLowerCase();
const variant = (name: string, source: string, number: number) => `${name} (${source}${number === 1 ? "" : ` ${number}`})`;
