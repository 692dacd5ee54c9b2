/** How a Windows tile is told what may be answered instead of a code: as links that are pressed, each a field of its own. */
import { type Field, LIMITS, type ShowFrame } from "@sallyport/contracts";

type Show = ShowFrame["show"];

/**
 * A pressed button sends its `value` under the id of the code. The ways of a logon are one of each kind, fewer than a tile has rows for;
 * would there be more, the last are left out, never the code itself.
 */
export function withButtons(show: Show): Show {
  const { fields, ...rest } = show;
  if (!fields) return show;
  const all = [...fields.map(withoutChoices), ...fields.flatMap(buttonsOf)];
  return { ...rest, fields: all.slice(0, LIMITS.fields) };
}

const isCode = ({ kind }: Field) => kind === "code";

function withoutChoices(field: Field): Field {
  if (!isCode(field)) return field;
  const { choices: _, ...bare } = field;
  return bare;
}

function buttonsOf(field: Field): Field[] {
  const choices = isCode(field) ? (field.choices ?? []) : [];
  return choices.map(({ value, label }) => ({ id: field.id, kind: "button", label, value }));
}
