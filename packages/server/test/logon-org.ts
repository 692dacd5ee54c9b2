/** An org with one app, one machine and alice in it, for the tests of a logon. */
import { make, makeApp, makePerson, openTestOrg, TestHost, type TestOrg, type TestPerson } from "./test-org.ts";

export const PASSWORD = "correct horse battery staple";

export interface LogonOrg {
  org: TestOrg;
  host: TestHost;
  appId: string;
  alice: TestPerson;
  /** Another step of the clock, so that codes of earlier tests are not in the way; epoch ms. */
  nextStep(): number;
  /** Somebody else who may log on at the app, with a factor and without a password. */
  person(login: string): Promise<TestPerson>;
}

export async function openLogonOrg(): Promise<LogonOrg> {
  const org = await openTestOrg();
  const alice = await makePerson(org, "alice", PASSWORD);
  const appId = await makeApp(org, "servers", [alice]);
  const host = await TestHost.enrol(org, appId);
  return {
    org,
    host,
    appId,
    alice,
    nextStep() {
      org.clock.now += 10 * 60_000;
      return org.clock.now;
    },
    async person(login) {
      const made = await makePerson(org, login);
      await make(org, "POST", `/api/v1/apps/${appId}/users`, { id: made.id });
      return made;
    },
  };
}
