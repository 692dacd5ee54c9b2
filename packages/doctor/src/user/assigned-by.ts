/** Says in words why a user is assigned to an app: directly, and by which groups, through which others. */
import type { DryRunAnswer } from "@sallyport/contracts";

type Assigned = NonNullable<DryRunAnswer["user"]>["assigned"];

/** Empty for somebody who is not assigned. */
export function assignedBy({ direct, groups, through }: Assigned): string[] {
  const byGroup = groups.map((name) => {
    const via = through?.[name] ?? [];
    return via.length === 0 ? `by group ${name}` : `by group ${name} (through ${via.join(", ")})`;
  });
  return [...(direct ? ["directly"] : []), ...byGroup];
}
