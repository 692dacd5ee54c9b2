/** Whether a person's password is right: a bind as the entry that their id leads to, never as the name that was typed. */
import { AndFilter, FilterParser, InvalidCredentialsError, PasswordPolicyControl, ResultCodeError } from "ldapts";
import type { DirectorySource, DirectoryVerdict } from "../flows/directory.ts";
import type { Entry } from "./entry.ts";
import { faultOf } from "./faults.ts";
import type { Kind } from "./kind.ts";
import type { Session } from "./session.ts";
import { policyCause, SUB_CODES, subCodeOf } from "./sub-codes.ts";

/** Throws a `ServerFault` or the signal's reason. `password` is not empty. */
export async function checkPassword(
  session: Session,
  source: DirectorySource,
  kind: Kind,
  externalId: string,
  password: string,
): Promise<DirectoryVerdict> {
  const { server } = session;
  await session.bindAccount(source);
  const found = await entriesOf(session, source, kind, externalId);
  const [person] = found;
  if (!person || found.length > 1)
    return { kind: "wrong", cause: "user.unknown", evidence: { server, reason: "the directory has nobody with this id any more" } };
  const policy = new PasswordPolicyControl();
  try {
    await session.bind(person.dn, password, policy);
  } catch (error) {
    return refusal(error, server, policy);
  }
  // OpenLDAP lets whoever must set a new password in, to do just that (draft-behera-ldap-password-policy §8.1.1).
  const must = policyCause(policy.value?.error);
  return must ? byPolicy(must, server) : { kind: "right", server };
}

async function entriesOf(session: Session, source: DirectorySource, kind: Kind, externalId: string): Promise<Entry[]> {
  const byId = kind.idFilter(externalId);
  if (byId === undefined) return [];
  const { base, pageSize } = source.settings;
  const filter = new AndFilter({ filters: [FilterParser.parseString(kind.peopleFilter), byId] });
  return session.all({ base, scope: "sub", filter, attributes: ["1.1"] }, pageSize);
}

/** Throws where the refusal is not about this person. */
function refusal(error: unknown, server: string, policy: PasswordPolicyControl): DirectoryVerdict {
  if (!(error instanceof ResultCodeError)) throw faultOf(error, server);
  const adData = subCodeOf(error.message);
  const said = policyCause(policy.value?.error);
  if (said) return byPolicy(said, server);
  if (!(error instanceof InvalidCredentialsError)) return otherRefusal(error, server);
  const { cause = "user.password", proven = false } = (adData === undefined ? undefined : SUB_CODES[adData]) ?? {};
  return { kind: "wrong", cause, proven, evidence: { server, ...(adData === undefined ? {} : { adData }) } };
}

function byPolicy({ cause, reason, proven }: NonNullable<ReturnType<typeof policyCause>>, server: string): DirectoryVerdict {
  return { kind: "wrong", cause, proven: proven === true, evidence: { server, reason } };
}

/** 389 Directory Server and FreeIPA refuse a locked account so (inappropriate authentication and unwilling to perform are about the entry, too). */
function otherRefusal(error: ResultCodeError, server: string): DirectoryVerdict {
  if (error.code === 48) return { kind: "wrong", cause: "user.password", evidence: { server, reason: "the entry has no password" } };
  if (error.code === 53 && /inactivat|disabled|locked/i.test(error.message))
    return { kind: "wrong", cause: "user.account-disabled", evidence: { server, reason: "inactivated in the directory" } };
  throw faultOf(error, server);
}
