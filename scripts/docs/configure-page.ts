/** Writes docs/configure.md from the schemas that the files are read by, and from the options of `serve`. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { agentSettings } from "../../packages/agent/src/settings.ts";
import { policyDocument } from "../../packages/contracts/src/policy.ts";
import { fieldsOf, row, type Schema } from "./json-schema.ts";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

const HEAD = `<!-- Written by npm run docs from the schemas. Change those, not this page. -->

# Configure

Files are strict JSON: an unknown key, a comment or a wrong type is refused with file, line and column, and the nearest known key. Nothing is read but what stands here.`;

const AGENT = `## The agent: /etc/sallyport/agent.json

Enrolment writes \`org\`, \`host\` and \`decisionKey\`; everything else may be left out. The file must be root's, and nobody else may write it. The agent reads it when
it starts: \`service sallyport-agent restart\`. On Windows it is \`C:\\ProgramData\\Sallyport\\agent.json\`, with state and log in the same folder; in PowerShell \`Restart-Service Sallyport\`.`;

const POLICY = `## The policy of an app

\`sallyport policy show --app APP > policy.json\`, edit, \`sallyport policy set policy.json --app APP\`. Machines take it at their next self-check (at most five minutes).
\`sallyport policy rehearse\` says what it would do, and sends nothing to anybody.`;

const SERVE = `## The org: options of \`sallyport serve\`

With the Debian package they stand in \`/etc/default/sallyport-server\`; \`service sallyport-server restart\` makes them count.`;

/** The whole page, Markdown, ending in a newline. The same schemas give the same bytes. */
export function writeConfigurePage(): string {
  const agent = z.toJSONSchema(agentSettings, { unrepresentable: "any" }) as Schema;
  const policy = z.toJSONSchema(policyDocument, { unrepresentable: "any" }) as Schema;
  return `${[HEAD, AGENT, table(agent), POLICY, table(policy), SERVE, serveTable()].join("\n\n")}\n`;
}

function table(schema: Schema): string {
  const rows = fieldsOf(schema).map(({ path, required, takes, description }) =>
    row(`\`${path}\`${required ? "" : " *"}`, takes, description),
  );
  return ["| key (* may be left out) | takes | meaning |", "|---|---|---|", ...rows].join("\n");
}

/** As the command itself says it. */
function serveTable(): string {
  const env = { ...process.env, COLUMNS: "400" };
  const help = spawnSync(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "serve", "--help"], {
    encoding: "utf8",
    env,
  }).stdout;
  const [, options = ""] = help.split(/^Options:$/m);
  const rows = [...options.replace(/\n {4,}/g, " ").matchAll(/^ {2}(--[^\n]*?) {2,}([^\n]+)$/gm)].map(([, flag = "", text = ""]) =>
    row(`\`${flag}\``, text.trim()),
  );
  if (rows.length === 0) throw new Error(`serve --help has no options: ${help}`);
  return ["| option | meaning |", "|---|---|", ...rows].join("\n");
}
