/** Judges the conditions of pam_succeed_if(8), as far as they are decided by service and account. */

interface Person {
  service: string;
  uid: number;
}

/** Words that are no condition. */
const FLAGS = new Set(["debug", "use_uid", "quiet", "quiet_fail", "quiet_success", "audit"]);

/** What the line may come to: both where a condition depends on what is not known here. */
export function succeeds(args: readonly string[], person: Person): boolean[] {
  const words = args.filter((word) => !FLAGS.has(word));
  let open = false;
  for (let at = 0; at < words.length; ) {
    const [left = "", operator = "", right = ""] = words.slice(at, at + 3);
    if (left === "true") at += 1;
    else if (left === "false") return [false];
    else {
      at += 3;
      const yes = holds(left, operator, right, person);
      if (yes === false) return [false];
      if (yes === undefined) open = true;
    }
  }
  return open ? [true, false] : [true];
}

/** `undefined`: it depends on the person, their groups, or where they come from. */
function holds(left: string, operator: string, right: string, { service, uid }: Person): boolean | undefined {
  if (left === "service") return text(service, operator, right);
  if (left === "uid" && /^\d+$/.test(right)) return number(uid, operator, Number(right));
  // Whoever calls is not root: root needs no code to be anybody.
  if (left === "ruser" && right === "root") return operator === "=" ? false : operator === "!=" ? true : undefined;
  if (left === "user" && right === "root") return text(uid === 0 ? "root" : "somebody", operator, right);
  return undefined;
}

function text(value: string, operator: string, right: string): boolean | undefined {
  if (operator === "=") return value === right;
  if (operator === "!=") return value !== right;
  if (operator === "in") return right.split(":").includes(value);
  if (operator === "notin") return !right.split(":").includes(value);
  return undefined;
}

function number(value: number, operator: string, right: number): boolean | undefined {
  const results: Record<string, boolean> = {
    eq: value === right,
    ne: value !== right,
    lt: value < right,
    le: value <= right,
    gt: value > right,
    ge: value >= right,
  };
  return results[operator];
}
