/** Walks a PAM stack by Linux-PAM's own rules (libpam, `_pam_dispatch_aux`), through every outcome that its modules may have. */
import type { Item, Returned, Rule } from "./stack.ts";

/** What a walk remembers. `impression` and `status` are libpam's. */
export interface State {
  impression: "undecided" | "good" | "bad";
  status: Returned;
  /** Our line was run; it let the person in. */
  asked: boolean;
  allowed: boolean;
  /** A module that checks passwords was run; it found the password right. */
  tried: boolean;
  proved: boolean;
  /** A module of which it is not known what it checks was run before our line. */
  strange: boolean;
  /** Our line as it was first asked, with what stood before it. */
  ours: { rule: Rule; tried: boolean; proved: boolean; strange: boolean } | undefined;
  /** The line that brought the present impression about. */
  by: Rule | undefined;
}

export interface End extends State {
  lets: boolean;
  /** Lets in once the person has changed a password that has expired. */
  letsLater: boolean;
}

/** What a line may return, and what is then known. */
export type Outcomes = (rule: Rule, state: State) => { returned: Returned; state: State }[];

const START: State = {
  impression: "undecided",
  status: "perm_denied",
  asked: false,
  allowed: false,
  tried: false,
  proved: false,
  strange: false,
  ours: undefined,
  by: undefined,
};

/** All ends that the stack can come to. */
export function walk(items: readonly Item[], outcomes: Outcomes): End[] {
  const ends = walkFrom(items, [START], outcomes);
  const endsBy = (state: State, status: Returned) => state.impression === "good" && state.status === status;
  return ends.map((state) => ({ ...state, lets: endsBy(state, "success"), letsLater: endsBy(state, "new_authtok_reqd") }));
}

/** A decision within a substack ends the substack alone. */
function walkFrom(items: readonly Item[], states: readonly State[], outcomes: Outcomes): State[] {
  const ended: State[] = [];
  // By place, so that states which meet there go on together.
  const waiting: State[][] = items.map(() => []);
  if (items.length === 0) return [...states];
  waiting[0]?.push(...states);
  const goTo = (place: number, state: State) => {
    if (place < items.length) waiting[place]?.push(state);
    else if (place === items.length) ended.push(state);
    else ended.push({ ...state, impression: "bad", status: "perm_denied" });
  };
  for (const [place, item] of items.entries()) {
    for (const state of different(waiting[place] ?? [])) {
      if ("inner" in item) {
        for (const after of walkFrom(item.inner, [state], outcomes)) goTo(place + 1, after);
        continue;
      }
      for (const { returned, state: next } of outcomes(item, state)) {
        const action = item.act(returned);
        const after = apply(next, action, returned, item);
        if (typeof action === "number") goTo(place + 1 + action, after);
        else if (action === "die" || (action === "done" && after.impression === "good")) ended.push(after);
        else goTo(place + 1, after);
      }
    }
  }
  return different(ended);
}

function apply(state: State, action: ReturnType<Rule["act"]>, returned: Returned, rule: Rule): State {
  if (action === "reset") return { ...state, impression: "undecided", status: "perm_denied", by: undefined };
  if (action === "ok" || action === "done") {
    const open = state.impression === "undecided" || (state.impression === "good" && state.status === "success");
    if (!open) return state;
    // The first line that is content made it good; one that ends the stack is the one that matters.
    return { ...state, impression: "good", status: returned, by: state.by === undefined || action === "done" ? rule : state.by };
  }
  if (action === "bad" || action === "die") {
    return state.impression === "bad" ? state : { ...state, impression: "bad", status: returned, by: rule };
  }
  return state;
}

function different(states: readonly State[]): State[] {
  const seen = new Map<string, State>();
  for (const state of states) {
    const { ours, by, ...plain } = state;
    const place = (rule: Rule | undefined) => (rule ? `${rule.file}:${rule.line}` : "");
    const key = `${JSON.stringify(plain)} ${place(by)} ${place(ours?.rule)} ${ours?.tried} ${ours?.proved} ${ours?.strange}`;
    if (!seen.has(key)) seen.set(key, state);
  }
  return [...seen.values()];
}
