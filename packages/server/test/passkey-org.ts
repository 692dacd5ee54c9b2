/** Passkeys for the tests of a logon: enrolled by the very enroller of the product, on an authenticator of software. */
import type { EventType, LogEvent } from "@sallyport/contracts";
import { SoftAuthenticator, type Wrong } from "../../../e2e/machine/soft-authenticator.ts";
import { ENROLLERS } from "../src/flows/enrolling/enroller.ts";
import { makeActive } from "../src/flows/enrolling/make-active.ts";
import { ORG_URL, type TestOrg } from "./test-org.ts";

export interface TestPasskey {
  /** Id of the enrolment. */
  id: string;
  device: SoftAuthenticator;
}

/** What the enroller says of an attestation that is altered so. */
export async function examinePasskey(org: TestOrg, userId: string, device: SoftAuthenticator, wrong: Wrong = {}, after = 0) {
  const enroller = ENROLLERS.passkey;
  if (!enroller) throw new Error("passkeys are not enrolled");
  const { keys, orgUrl, store } = org.deps;
  const begun = await store.inTransaction(async (tx) => {
    const user = await tx.users.byId(userId);
    if (!user) throw new Error("no such user");
    return enroller.begin(tx, { keys, orgUrl }, user, {});
  });
  if ("kind" in begun) throw new Error(begun.sentence);
  const proof = device.create(begun.activation, wrong);
  org.clock.now += after;
  const examined = await enroller.examine({ keys, orgUrl }, begun.enrolment, begun.challenge, proof, org.clock.now);
  return { begun, proof, examined };
}

export async function enrolPasskey(org: TestOrg, userId: string, device = new SoftAuthenticator(ORG_URL)): Promise<TestPasskey> {
  const { begun, examined } = await examinePasskey(org, userId, device);
  if (examined.kind === "wrong") throw new Error(JSON.stringify(examined));
  const { change } = examined;
  await org.deps.store.inTransaction((tx) => makeActive(tx, begun.enrolment.id, change));
  return { id: begun.enrolment.id, device };
}

/** A page with a password: the answer of the primary authentication. */
export async function page(org: TestOrg, username: string, password: string): Promise<any> {
  const answer = await org.app.inject({ method: "POST", url: "/api/v1/authn", payload: { username, password } });
  return answer.json();
}

export async function step(org: TestOrg, path: string, payload: object): Promise<{ status: number; body: any }> {
  const answer = await org.app.inject({ method: "POST", url: path, payload });
  return { status: answer.statusCode, body: answer.json() };
}

/** The newest event of a type. */
export async function lastEvent(org: TestOrg, type: EventType): Promise<LogEvent | undefined> {
  const [event] = await org.deps.store.read((tx) => tx.log.list({ type, descending: true, limit: 1 }));
  return event;
}
