/** Writes docs/api.md from the OpenAPI document that a running org gives out. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../packages/server/src/index.ts";
import { fieldsOf, row, type Schema, wordsFor } from "./json-schema.ts";

interface Body {
  content?: Record<string, { schema?: Schema }>;
}
interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
  requestBody?: Body;
  responses?: Record<string, Body>;
}
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

const HEAD = `<!-- Written by npm run docs from the org's own OpenAPI document. Change the schemas, not this page. -->

# API

The org gives out its whole description, with every schema, at \`/openapi.json\` (OpenAPI 3.1). This page is the short form of it. The transaction and management
calls have the shape of Okta's public ones.

**Who calls.** Management takes a token, \`Authorization: SSWS TOKEN\` or \`Bearer TOKEN\`, made by \`sallyport token create NAME --role ROLE\`; on the org's own machine the
admin socket \`admin.sock\` in the data folder takes the same calls without one, from its owner alone. Calls below \`/api/v1/hosts/self\`, \`/api/v1/authn/logon\` and the
factor's \`verify\` are an agent's: signed, and refused to everybody else. A token made with \`--scim SOURCE\` is for SCIM 2.0 under \`/scim/v2\`
alone ([scim.md](scim.md)), which describes itself there.

**Errors** are \`{ "errorCode", "errorSummary", "errorId", "errorCauses": [{ "errorSummary" }], "cause" }\`: \`errorCode\` as Okta's, \`cause\` out of [causes.md](causes.md) where one
applies. **Lists** come in pages; the header \`Link: <…>; rel="next"\` names the next one. A body is JSON of at most 256 KiB; an unknown key is refused.`;

/** Words of the first step of a path, in the order of the page; what is not here comes at the end under its own name. */
const GROUPS: Record<string, string> = {
  users: "Users and their factors",
  groups: "Groups",
  apps: "Apps, assignments, policies",
  zones: "Zones",
  hosts: "Machines",
  "host-codes": "Enrolment codes",
  clients: "Clients: machines that register themselves",
  tokens: "API tokens",
  logons: "Logons",
  logs: "The system log",
  log: "The system log, as a chain",
  authn: "Transactions",
  time: "Signed time",
  org: "The org",
};

/** The whole page, Markdown, ending in a newline. */
export function writeApiPage(api: OpenApi): string {
  const calls = Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ group: groupOf(path), path, method: method.toUpperCase(), operation })),
  );
  const found = [...new Set(calls.map(({ group }) => group))];
  const order = [...Object.keys(GROUPS).filter((group) => found.includes(group)), ...found.filter((group) => !(group in GROUPS))];
  const sections = order.map((group) => {
    const rows = calls.filter((call) => call.group === group).map(({ method, path, operation }) => callRow(method, path, operation));
    return [`## ${GROUPS[group] ?? `/${group}`}`, ["| call | takes | answers |", "|---|---|---|", ...rows].join("\n")].join("\n\n");
  });
  return `${[HEAD, ...sections].join("\n\n")}\n`;
}

/** From an org of its own, started and stopped for this. */
export async function readOpenApi(): Promise<OpenApi> {
  const data = mkdtempSync(join(tmpdir(), "sallyport-docs-"));
  try {
    const org = await startServer({ data, listen: "127.0.0.1:0", version: "0.0.0", trustedProxies: [], logLevel: "silent" });
    try {
      const answer = await fetch(`${org.url}/openapi.json`);
      return (await answer.json()) as OpenApi;
    } finally {
      await org.close("SIGTERM");
    }
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

function groupOf(path: string): string {
  return /^(?:\/api\/v1)?\/([^/]+)/.exec(path)?.[1] ?? path;
}

function callRow(method: string, path: string, { parameters = [], requestBody, responses = {} }: Operation): string {
  const query = parameters.filter((one) => one.in === "query").map(({ name, schema }) => `\`?${name}\` ${wordsFor(schema ?? {})}`);
  const body = schemaOf(requestBody);
  const takes = [...query, ...(body ? [fieldList(body)] : [])].join("<br>");
  const answers = Object.entries(responses).map(([status, answer]) => `${status}${answerWords(schemaOf(answer))}`);
  return row(`\`${method} ${path}\``, takes || "–", answers.join("<br>"));
}

function schemaOf(body: Body | undefined): Schema | undefined {
  return Object.values(body?.content ?? {})[0]?.schema;
}

/** `login`, `email`? …: the names, one level deep, those that may be left out with a question mark. */
function fieldList(schema: Schema): string {
  const choices = (schema.anyOf ?? schema.oneOf)?.filter(({ type }) => type !== "null");
  if (choices) return choices.map(fieldList).join(" **or** ");
  const fields = fieldsOf(schema).filter(({ path }) => path.split(".").length <= 2);
  // Clients send an empty object, or nothing, where there is nothing to say.
  if (fields.length === 0) return schema.type === "object" ? "nothing" : wordsFor(schema);
  return fields.map(({ path, required }) => `\`${path}\`${required ? "" : "?"}`).join(" ");
}

function answerWords(schema: Schema | undefined): string {
  if (schema === undefined) return "";
  if (schema.type === "array") return `: list of ${names(schema.items ?? {})}`;
  return `: ${names(schema)}`;
}

function names(schema: Schema): string {
  const all = Object.keys(schema.properties ?? {});
  return all.length === 0 ? wordsFor(schema) : all.map((name) => `\`${name}\``).join(" ");
}
