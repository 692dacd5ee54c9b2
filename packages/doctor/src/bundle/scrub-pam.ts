/** Takes from a PAM stack what may leave the machine: kind, control, module and the arguments on a list. Comments stay where they are. */

const KIND = /^-?(auth|account|password|session)$/;
const CONTROL = /^(required|requisite|sufficient|optional|include|substack)$/;
const ACTION = /^\[\s*([a-z_]+=(ignore|bad|die|ok|done|reset|\d{1,2})\s*)+\]$/;
const MODULE = /^(\/(usr\/)?lib(64)?\/([a-z0-9_-]+\/)?security\/)?pam_[a-z0-9_]{1,30}\.so$/;
const STACK = /^[a-z][a-z0-9-]{0,40}$/;

/** Arguments without a value that the modules of our stacks take. */
const WORDS = new Set(
  (
    "account close debug failed force noenv nodelay noupdate nullok obscure open quiet quiet_fail quiet_success revoke split sha512 standard try_first_pass use_authtok " +
    "use_first_pass user_readenv use_uid yescrypt"
  ).split(" "),
);
/** Arguments of ours whose value is shown, if it is of this form. */
const VALUES: Readonly<Record<string, RegExp>> = {
  envfile: /^\/etc\/(default\/locale|environment)$/,
  minlen: /^\d{1,3}$/,
  motd: /^\/run\/motd\.dynamic$/,
  readenv: /^[01]$/,
  retry: /^\d{1,2}$/,
  socket: /^\/run\/sallyport\/[a-z]{1,20}\.sock$/,
  timeout: /^\d{1,6}$/,
};

export const LEFT_OUT = "…";

export interface ScrubbedStack {
  /** The lines in their order, each with its number in the file; what is left out is `…`. */
  lines: { line: number; text: string }[];
  /** Parts of lines that stayed out, comments not counted. */
  leftOut: number;
}

export function scrubStack(text: string): ScrubbedStack {
  const found: ScrubbedStack = { lines: [], leftOut: 0 };
  for (const [at, raw] of text.split("\n").entries()) {
    const body = raw.replace(/(^|\s)#.*$/, "").trim();
    if (body === "") continue;
    const scrubbed = scrubLine(body);
    found.lines.push({ line: at + 1, text: scrubbed });
    found.leftOut += scrubbed.split(/[ =]/).filter((part) => part === LEFT_OUT).length;
  }
  return found;
}

function scrubLine(body: string): string {
  const [, included] = /^@include\s+(\S+)$/.exec(body) ?? [];
  if (included !== undefined) return `@include ${STACK.test(included) ? included : LEFT_OUT}`;
  const [, kind = "", control = "", target = "", rest = ""] = /^(\S+)\s+(\[[^\]]*\]|\S+)\s+(\S+)\s*(.*)$/.exec(body) ?? [];
  if (!KIND.test(kind)) return LEFT_OUT;
  const known = CONTROL.test(control) || ACTION.test(control) ? control.replace(/\s+/g, " ") : LEFT_OUT;
  const names = control === "include" || control === "substack" ? STACK : MODULE;
  return [kind, known, names.test(target) ? target : LEFT_OUT, ...rest.split(/\s+/).filter(Boolean).map(scrubArgument)].join(" ");
}

function scrubArgument(argument: string): string {
  if (WORDS.has(argument)) return argument;
  const [, name = "", value = ""] = /^([a-z_]+)=(.*)$/.exec(argument) ?? [];
  const form = Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;
  if (!form) return LEFT_OUT;
  return form.test(value) ? argument : `${name}=${LEFT_OUT}`;
}
