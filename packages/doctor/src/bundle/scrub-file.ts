/** Takes from a list of files what may leave the machine: those whose names are ours, with their rights, never with their content. */
import { path as pathShape } from "./shapes.ts";

/** `mode` in octal digits; `changed` ISO 8601. */
export interface FileRights {
  mode: string;
  uid: number;
  gid: number;
  size: number;
  changed: string;
}

/** `rights` undefined: it is not there, or not to be seen. The answer is undefined for a name that is not ours. */
export function scrubFile(path: string, rights: FileRights | undefined): ({ path: unknown } & Partial<FileRights>) | undefined {
  const shown = pathShape(path);
  return shown === undefined ? undefined : { path: shown, ...rights };
}

/** Where something was read, as far as its name is ours. */
export function scrubPath(path: string): string {
  return (pathShape(path) as string | undefined) ?? "a place of another name";
}
