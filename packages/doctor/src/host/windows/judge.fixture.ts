/** What a machine's facts are judged to be, in the words of the tests. */
import type { Diagnosis } from "@sallyport/contracts";
import { diagnoseWindowsFacts } from "./diagnose-windows.ts";
import type { WindowsFacts } from "./facts.ts";

export const diagnosed = (facts: WindowsFacts, user?: string): Promise<Diagnosis> =>
  diagnoseWindowsFacts(JSON.stringify(facts), { file: "srv01.json", ...(user === undefined ? {} : { user }) });
/** What a person is told to look after, in order. */
export const told = async (facts: WindowsFacts, user?: string) => faults(await diagnosed(facts, user));
export const faults = ({ findings }: Diagnosis) =>
  findings.filter(({ verdict }) => verdict === "confirmed" || verdict === "candidate").map(({ cause, verdict }) => `${cause} ${verdict}`);
export const evidence = async (facts: WindowsFacts, cause: string, user?: string) => {
  const finding = (await diagnosed(facts, user)).findings.find((one) => one.cause === cause);
  return finding?.evidence.map(({ what, value, where }) => `${what} = ${value} (${where})`) ?? [];
};
export const missed = async (facts: WindowsFacts, user?: string) =>
  (await diagnosed(facts, user)).notLookedAt.map(({ what, why }) => `${what}: ${why}`);
