/** People with a password and an app for codes, for the measurements in which the org checks both. */
import { base32 } from "./codes.ts";
import { manage } from "./logon-client.ts";

export interface Member {
  login: string;
  password: string;
  /** Id of the factor. */
  factor: string;
  secret: Buffer;
}

export async function makeMembers(count: number): Promise<Member[]> {
  const members: Member[] = [];
  const one = async (index: number): Promise<Member> => {
    const [login, password] = [`member${index}`, `correct horse battery ${index}`];
    const user = await manage("POST", "/api/v1/users?activate=true", {
      profile: { login },
      credentials: { password: { value: password } },
    });
    const factor = await manage("POST", `/api/v1/users/${user.id}/factors?activate=true`, { factorType: "token:software:totp" });
    return { login, password, factor: factor.id, secret: base32(factor._embedded.activation.sharedSecret) };
  };
  for (let at = 0; at < count; at += 20)
    members.push(...(await Promise.all(Array.from({ length: Math.min(20, count - at) }, (_, i) => one(at + i)))));
  return members;
}
