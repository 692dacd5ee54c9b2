/** Looks names up for a logon: who has them, whether they are assigned, and which domains there are, in one way to the database and back. */
import type { KnownDomain } from "@sallyport/logon";
import { type CompiledQuery, sql as raw } from "kysely";
import type { LookedUp, UserName } from "../flows/store-directory.ts";
import type { Builder } from "./builder.ts";
import { groupsOf } from "./effective-groups.ts";
import type { Sql } from "./sql.ts";

type Row =
  | { part: "holder"; kind: string; folded: string; value: string; other: string | null; assigned: number }
  // Folded name, name as written, aliases, and the NetBIOS name; in the holder's columns.
  | { part: "domain"; kind: string; folded: string; value: string; other: string | null };

/** Names a statement: the text is the same for any fewer, and with it the plan. */
const FEWEST = 16;

/** One for each store. It remembers the domains as it last read them: a guess, which each answer confirms or corrects. */
export class NameLookup {
  readonly #build: Builder;
  readonly #statements = new Map<number, CompiledQuery<Row>>();
  #seen: { mark: string; domains: readonly KnownDomain[] } = { mark: "[]", domains: [] };

  constructor(build: Builder) {
    this.#build = build;
  }

  /** See `UsersStore.lookUp`. */
  async ask(sql: Sql, appId: string, namesFor: (domains: readonly KnownDomain[]) => readonly UserName[]): Promise<LookedUp> {
    for (;;) {
      const { mark, domains } = this.#seen;
      const rows: Row[] = await sql.all(this.#statement(appId, namesFor(domains)));
      const present = rows.filter((row) => row.part === "domain");
      if (JSON.stringify(present) === mark) return { ...found(rows), domains };
      const read = present.map(({ folded, value, other }) => ({ name: folded, netbios: other, aliases: JSON.parse(value) }));
      this.#seen = { mark: JSON.stringify(present), domains: read };
    }
  }

  #statement(appId: string, names: readonly UserName[]) {
    let size = FEWEST;
    while (size < names.length) size *= 2;
    const known = this.#statements.get(size) ?? lookup(size).compile(this.#build);
    this.#statements.set(size, known);
    // NULL is nobody's name.
    const rest = Array<null>(2 * (size - names.length)).fill(null);
    const parameters = [appId, ...names.flatMap(({ kind, folded }) => [kind, folded]), ...rest];
    return { compile: () => ({ ...known, parameters }) };
  }
}

function found(rows: readonly Row[]): Omit<LookedUp, "domains"> {
  const held = rows.filter((row) => row.part === "holder");
  return {
    holders: held.map(({ kind, folded, value, other }) => ({ kind, folded, userId: value, linkedTo: other })),
    assigned: new Set(held.flatMap(({ value, assigned }) => (assigned === 1 ? [value] : []))),
  };
}

/**
 * One statement sees one state of the database: the domains are those of the moment in which the names were found. What is asked for
 * stands in tables, where no planner looks at it: PostgreSQL would else plan anew for other values, which takes longer than the answer.
 */
function lookup(size: number) {
  const names = raw.join(Array.from({ length: size }, () => raw`(${null}, ${null})`));
  return raw<Row>`with recursive asked(app_id) as (values (${null})), looked(kind, folded) as (values ${names}),
    held(kind, folded, user_id, linked_to) as (select n.kind, n.folded, n.user_id, u.linked_to
      from looked join user_names n on n.kind = looked.kind and n.folded = looked.folded join users u on u.id = n.user_id),
    ${groupsOf(raw`in (select user_id from held)`)},
    assigned(user_id) as (select user_id from app_users
        where app_id = (select app_id from asked) and user_id in (select user_id from held)
      union all select own.user_id from own join app_groups g on g.group_id = own.group_id
        where g.app_id = (select app_id from asked))
    select 'holder' as part, kind, folded, user_id as value, linked_to as other,
      case when user_id in (select user_id from assigned) then 1 else 0 end as assigned from held
    union all select 'domain', folded, name, aliases, netbios, 0 from domains order by 1, 2, 3, 4`;
}
