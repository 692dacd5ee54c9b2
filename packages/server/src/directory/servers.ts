/** Several servers of one directory: asked in order, the one that answered last for a while first. */
import type { DirectorySource } from "../flows/directory.ts";
import { ServerFault } from "./faults.ts";
import { Session } from "./session.ts";

/** For so long nobody waits for a server that was found dead. */
const REMEMBERED_MS = 5 * 60_000;

export class Servers {
  readonly #answered = new Map<string, { server: string; until: number }>();

  /**
   * Does the work at the first server that can do it, from its beginning at each. The session is closed afterwards.
   * Throws a `ServerFault` that names each server with its fault, or the signal's reason.
   */
  async first<T>(
    source: DirectorySource,
    signal: AbortSignal,
    preferred: string | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    const faults: ServerFault[] = [];
    for (const server of this.#order(source, preferred)) {
      try {
        const done = await at(server, source, signal, work);
        this.#answered.set(keyOf(source), { server, until: performance.now() + REMEMBERED_MS });
        return done;
      } catch (error) {
        if (!(error instanceof ServerFault)) throw error;
        if (!error.elsewhere) throw error;
        faults.push(error);
      }
    }
    throw joined(faults);
  }

  #order(source: DirectorySource, preferred: string | undefined): string[] {
    const { servers } = source.settings;
    const last = this.#answered.get(keyOf(source));
    const first = preferred ?? (last && last.until > performance.now() ? last.server : undefined);
    return first !== undefined && servers.includes(first) ? [first, ...servers.filter((one) => one !== first)] : servers;
  }
}

const keyOf = ({ settings }: DirectorySource) => settings.servers.join(" ");

async function at<T>(server: string, source: DirectorySource, signal: AbortSignal, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await Session.open(server, source, signal);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

function joined(faults: readonly ServerFault[]): ServerFault {
  const [first] = faults;
  if (!first) throw new RangeError("a directory without servers");
  if (faults.length === 1) return first;
  const sentence = `None of the ${faults.length} servers can be asked. ${faults.map((one) => one.sentence).join(" ")}`;
  const error = faults.map(({ evidence }) => `${evidence.server}: ${evidence.error}`).join("; ");
  return new ServerFault(first.evidence.server, sentence, error, true);
}
