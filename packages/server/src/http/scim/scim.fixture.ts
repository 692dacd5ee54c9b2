/** An org with a SCIM source and its token, for tests that speak SCIM over HTTP. */
import type { TestContext } from "node:test";
import { scimSource } from "../../../test/store/rows.ts";
import { createToken } from "../../flows/management/tokens.ts";
import { type OpenStore, openOrg, type TestOrg } from "../org.fixture.ts";

export const USER = "urn:ietf:params:scim:schemas:core:2.0:User";
export const GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
export const SALLYPORT = "urn:ietf:params:scim:schemas:extension:sallyport:2.0:User";
export const PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
export const LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
export const SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
export const BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
export const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
export const BASE = "https://mfa.corp.example/scim/v2";

export interface ScimAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what came over the wire and asserts its shape.
  body: any;
  text: string;
  headers: Record<string, string | string[] | number | undefined>;
}

export interface Client {
  token: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ScimAnswer>;
  /** A user of this name, as the answer to its POST. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  user(userName: string, more?: object): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  group(displayName: string, members?: string[], more?: object): Promise<any>;
  patch(path: string, ...Operations: object[]): Promise<ScimAnswer>;
}

export interface ScimOrg extends TestOrg {
  client: Client;
  /** Another source with a token of its own. */
  source(name: string): Promise<Client>;
}

export async function openScim(t: TestContext): Promise<ScimOrg> {
  const org = await openOrg(t, { open: onPostgres });
  const source = (name: string) => clientOf(org, name);
  return { ...org, client: await source("corp"), source };
}

/** `e2e/postgres` runs these tests on a real PostgreSQL. */
const postgres =
  process.env["SALLYPORT_TEST_POSTGRES"] === undefined ? undefined : await import("../../../test/store/postgres-database.ts");

const onPostgres: OpenStore | undefined =
  postgres &&
  (async () => {
    const url = await postgres.newDatabase();
    return { clock: await postgres.withClock(url), store: await postgres.openStore(url) };
  });

async function clientOf(org: TestOrg, name: string): Promise<Client> {
  await org.store.inTransaction((tx) => tx.sources.insert(scimSource(name)));
  const owner = { role: "owner", actor: { type: "system", id: "test" } } as const;
  const made = await createToken(org.store, owner, { name, source: name });
  if (made.kind !== "done") throw new Error(`no token: ${made.kind}`);
  const { token } = made.value;
  const call: Client["call"] = async (method, path, body, headers = {}) => {
    const type = body === undefined ? {} : { "content-type": "application/scim+json" };
    const payload = body === undefined ? {} : { payload: typeof body === "string" ? body : JSON.stringify(body) };
    const answer = await org.app.inject({
      method: method as "GET",
      url: `/scim/v2${path}`,
      headers: { authorization: `Bearer ${token}`, ...type, ...headers },
      ...payload,
    });
    const json = String(answer.headers["content-type"] ?? "").startsWith("application/scim+json");
    return { status: answer.statusCode, text: answer.body, body: json ? answer.json() : undefined, headers: answer.headers };
  };
  const made201 = async (path: string, body: object) => {
    const answer = await call("POST", path, body);
    if (answer.status !== 201) throw new Error(`${answer.status}: ${answer.text}`);
    return answer.body;
  };
  return {
    token,
    call,
    user: (userName, more = {}) => made201("/Users", { schemas: [USER], userName, ...more }),
    group: (displayName, members = [], more = {}) =>
      made201("/Groups", { schemas: [GROUP], displayName, members: members.map((value) => ({ value })), ...more }),
    patch: (path, ...Operations) => call("PATCH", path, { schemas: [PATCH], Operations }),
  };
}
