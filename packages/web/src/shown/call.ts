/** Calls of the org's API from its own pages: JSON both ways, and a refusal as a value that says what can be said of it. */
import type { ErrorObject, PORTAL_HEADER } from "@sallyport/contracts";

/** The type holds it to what the org asks for. */
const OWN: typeof PORTAL_HEADER = { name: "x-sallyport", value: "portal" };

export interface Refusal {
  ok: false;
  /** 0: the org was not reached. */
  status: number;
  code: string;
  waitSeconds?: number;
  /** For whoever helps: it leads to the line in the org's log. */
  errorId?: string;
  reference?: string;
  /** The field that is to blame, where the org names one. */
  about?: string;
}
export type Answer<T> = { ok: true; body: T } | Refusal;

export async function call<T>(method: "GET" | "POST" | "DELETE", path: string, body?: object): Promise<Answer<T>> {
  const headers: Record<string, string> = { accept: "application/json", [OWN.name]: OWN.value };
  if (body !== undefined) headers["content-type"] = "application/json";
  try {
    const options = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(path, { ...options, credentials: "same-origin", cache: "no-store" });
    const text = await answer.text();
    const parsed: unknown = text === "" ? undefined : JSON.parse(text);
    return answer.ok ? { ok: true, body: parsed as T } : refusalOf(answer, parsed as Partial<ErrorObject> | undefined);
  } catch {
    return { ok: false, status: 0, code: "" };
  }
}

function refusalOf(answer: Response, body: Partial<ErrorObject> | undefined): Refusal {
  const after = Number(answer.headers.get("retry-after") ?? Number.NaN);
  return {
    ok: false,
    status: answer.status,
    code: body?.errorCode ?? "",
    ...(Number.isFinite(after) && after > 0 ? { waitSeconds: after } : {}),
    ...(body?.errorId ? { errorId: body.errorId } : {}),
    ...aboutOf(body?.errorCauses?.[0]?.errorSummary),
    ...(body?.reference ? { reference: body.reference } : {}),
  };
}

/** `oldPassword: …` */
function aboutOf(cause: string | undefined): { about?: string } {
  const about = /^([A-Za-z]+): /.exec(cause ?? "")?.[1];
  return about === undefined ? {} : { about };
}
