/** Reads the code of a letter as its reader does. */
import type { Got, MailServer } from "../delivery/mail-server.ts";
import { until } from "../machine/processes.ts";

/** Six to eight digits, with a gap where it is easier to read. */
const CODE = /(?<![0-9])[0-9]{3,4} ?[0-9]{3,4}(?![0-9])/;

/** The code of the next letter to this address. @param before how many letters were there already. */
export function mailedCode(mail: MailServer, login: string, before = 0): Promise<string> {
  const code = ({ to, text }: Got) => (to === login ? CODE.exec(text)?.[0].replaceAll(" ", "") : undefined);
  return until(`a code for ${login}`, () => mail.got.slice(before).map(code).find(Boolean));
}
