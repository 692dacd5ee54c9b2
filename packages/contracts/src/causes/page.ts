/** Writes the cause table as the page that operators read. */
import { CAUSES, type Cause, type CauseStage } from "../causes.ts";

const STAGES: Record<CauseStage, { title: string; about: string }> = {
  identity: { title: "Identity of the host", about: "The org cannot tell which host is asking, or the host cannot tell which org to ask." },
  time: { title: "Time", about: "Somebody's clock is off." },
  user: { title: "User", about: "Which account this is, and what state it is in." },
  right: { title: "Right", about: "Whether this user may log on to this host, so, from there, now." },
  factor: { title: "Factor", about: "The second proof itself." },
  logon: { title: "Logon", about: "How the attempt as a whole went." },
  network: { title: "Network", about: "What lies between the host and the org." },
  org: { title: "Org", about: "The server itself cannot do its work." },
  agent: { title: "Agent", about: "The parts of Sallyport on the machine itself." },
};

const KINDS = {
  refusal: "refusal: the logon does not happen",
  warning: "warning: the logon happens and is recorded",
  finding: "finding: a check reports it; no logon ends by it alone",
} as const;

const WHO = {
  person: "the person logging on",
  administrator: "an administrator",
  network: "those who run the network",
  vendor: "those who make Sallyport",
} as const;

const HEAD = `<!-- Written by npm run docs from the table in packages/contracts/src/causes. Change the table, not this page. -->

# Causes

Every refused logon carries exactly one cause of this list; there is no *other*. The person at the machine reads a plain sentence and a
reference such as \`K7QF-3M2P\`, never the cause itself. The administrator gets the cause, its evidence and what to do from
\`sallyport why REFERENCE\`, and this page's text of one cause from \`sallyport cause ID\`.

In the commands, words in capitals stand for your own names: USER, APP, HOST, FILE. Where a cause is *explained by* another one and both
are reported, look at that other one first: it brings this one about.`;

/** The whole page, Markdown, ending in a newline. The same table gives the same bytes. */
export function writeCausesPage(): string {
  const causes = Object.values(CAUSES);
  const stages = (Object.keys(STAGES) as CauseStage[]).map((stage) => ({ stage, rows: causes.filter((cause) => cause.stage === stage) }));
  const contents = stages.map(
    ({ stage, rows }) => `- [${STAGES[stage].title}](#${anchor(STAGES[stage].title)}): ${rows.map(link).join(" · ")}`,
  );
  const sections = stages.map(({ stage, rows }) => [`## ${STAGES[stage].title}`, STAGES[stage].about, ...rows.map(section)].join("\n\n"));
  return `${[HEAD, contents.join("\n"), ...sections].join("\n\n")}\n`;
}

function section(cause: Cause): string {
  const lines = [
    `- **Kind:** ${KINDS[cause.kind]}`,
    cause.kind === "finding" ? undefined : `- **The person reads:** ${cause.person}`,
    `- **Evidence:** ${cause.evidence.map((name) => `\`${name}\``).join(", ")}`,
    `- **Who can put it right:** ${WHO[cause.who]}`,
    cause.fix.any === undefined ? undefined : `- **What to do:** ${cause.fix.any}`,
    cause.fix.linux === undefined ? undefined : `- **On Linux:** ${cause.fix.linux}`,
    cause.fix.windows === undefined ? undefined : `- **On Windows:** ${cause.fix.windows}`,
    cause.dependsOn === undefined ? undefined : `- **Explained by:** ${cause.dependsOn.map((id) => link(CAUSES[id])).join(", ")}`,
    cause.okta === undefined ? undefined : `- **In the Okta credential provider:** ${cause.okta}`,
  ];
  return [`### ${cause.id}`, `**${cause.title}.** ${cause.administrator}`, lines.filter((line) => line !== undefined).join("\n")].join(
    "\n\n",
  );
}

function link({ id }: Cause): string {
  return `[\`${id}\`](#${anchor(id)})`;
}

/** The anchor that GitHub and most renderers give a heading: lower case, dots gone, spaces as hyphens. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 -]/g, "")
    .replace(/ /g, "-");
}
