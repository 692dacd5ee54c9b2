/** The values of the settings that a person may have typed or pasted: URL, host id, client id; each as meant, or refused with its place. */
import { hostId, oddCharacters, readClientId, readOrgUrl } from "@sallyport/contracts";
import type { Evidence, Finding } from "./finding.ts";

export interface TypedValues {
  org: string;
  client: string | undefined;
  /** The first value that cannot be right: the agent runs, and refuses every logon with this finding. */
  mistyped: Finding | undefined;
  /** What was forgiven and is worth a finding. */
  findings: Finding[];
}

export function readTypedValues(file: string, typed: { org: string; host: string; client?: string | undefined }): TypedValues {
  const url = readOrgUrl(typed.org);
  const client = typed.client === undefined ? undefined : readClientId(typed.client);
  const slash: Finding = { cause: "url.trailing-slash", evidence: { file, value: typed.org } };
  const judged: (Finding | undefined)[] = [
    url.ok ? undefined : { cause: "url.malformed", evidence: { file, value: typed.org.slice(0, 512), ...placeOf(url) } },
    judgeHostId(file, typed.host),
    client === undefined || client.ok ? undefined : { cause: "client.id-mangled", evidence: { file, ...placeOf(client) } },
  ];
  return {
    org: url.ok ? url.url : typed.org,
    client: client?.ok ? client.id : typed.client,
    mistyped: judged.find((finding) => finding !== undefined),
    findings: url.ok && url.forgiven.includes("url.trailing-slash") ? [slash] : [],
  };
}

function judgeHostId(file: string, host: string): Finding | undefined {
  if (hostId.safeParse(host).success) return undefined;
  const odd = oddCharacters(host, /[0-9A-Za-z_]/)[0];
  const reason = odd ? `character ${odd.position} is a ${odd.name}; a host id has none` : "a host id is hst_ with 20 letters or digits";
  const place = odd ? { position: odd.position, character: odd.name } : {};
  return { cause: "client.id-mangled", evidence: { file, reason, ...place } };
}

function placeOf(wrong: { reason: string; position?: number; character?: string }): Evidence {
  const { reason, position, character } = wrong;
  return { reason, ...(position ? { position } : {}), ...(character ? { character } : {}) };
}
