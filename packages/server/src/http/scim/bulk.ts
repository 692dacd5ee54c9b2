/** Many requests in one (RFC 7644 §3.7): one after the other, references between them resolved, also where they go round in circles. */
import { Messages } from "scimmy";
import { MOST_OPERATIONS } from "./discovery.ts";
import { bodyOf, ScimFault } from "./fault.ts";
import type { KindHandler, ScimCall } from "./kind-handler.ts";
import { WHOLE } from "./project.ts";
import { isObject, type Resource } from "./schemas.ts";
import { judgeVersion } from "./versions.ts";

type Fails = (error: unknown) => ScimFault;

interface Job {
  method: string;
  path: string;
  bulkId: string | undefined;
  version: string | undefined;
  data: unknown;
  state: "waiting" | "under way" | "over";
  answer: Resource | undefined;
  /** Of what it made. */
  made: { handler: KindHandler; id: string } | undefined;
}

/** @param asFault turns what an operation threw into its answer; a fault of the server is told like any other. */
export async function bulk(call: ScimCall, handlers: readonly KindHandler[], body: unknown, asFault: Fails): Promise<Resource> {
  const { jobs, failOnErrors } = readBulk(body);
  const run = new Run(call, handlers, jobs, failOnErrors, asFault);
  for (const job of jobs) await run.do(job);
  await run.closeCircles();
  const answers = jobs.flatMap(({ answer }) => (answer ? [answer] : []));
  return { schemas: [Messages.BulkResponse.id], Operations: answers };
}

function readBulk(body: unknown): { jobs: Job[]; failOnErrors: number | undefined } {
  if (!isObject(body)) throw new ScimFault(400, "invalidSyntax", "a BulkRequest message is expected");
  const { schemas, Operations: operations, failOnErrors } = body;
  if (!Array.isArray(schemas) || !schemas.includes(Messages.BulkRequest.id))
    throw new ScimFault(400, "invalidSyntax", `schemas: ${Messages.BulkRequest.id} is missing`);
  if (!Array.isArray(operations) || operations.length === 0)
    throw new ScimFault(400, "invalidSyntax", "Operations: a list with at least one is expected");
  if (operations.length > MOST_OPERATIONS) throw new ScimFault(413, undefined, `more than ${MOST_OPERATIONS} operations`);
  if (failOnErrors !== undefined && !(Number.isSafeInteger(failOnErrors) && (failOnErrors as number) > 0))
    throw new ScimFault(400, "invalidValue", "failOnErrors: a positive whole number is expected");
  const jobs = operations.map((one, at) => readJob(one, at + 1));
  const ids = jobs.flatMap(({ bulkId }) => bulkId ?? []);
  if (new Set(ids).size !== ids.length) throw new ScimFault(400, "invalidValue", "a bulkId stands here more than once");
  return { jobs, failOnErrors: failOnErrors as number | undefined };
}

function readJob(one: unknown, number: number): Job {
  if (!isObject(one)) throw new ScimFault(400, "invalidSyntax", `operation ${number}: an object is expected`);
  const { method, path, bulkId, version, data } = one;
  const texts = { method, path, bulkId, version };
  for (const [name, value] of Object.entries(texts))
    if (value !== undefined && typeof value !== "string")
      throw new ScimFault(400, "invalidSyntax", `operation ${number}: ${name} must be a text`);
  const own = { method: String(method ?? "").toUpperCase(), path: String(path ?? ""), data };
  return {
    ...own,
    bulkId: bulkId as string | undefined,
    version: version as string | undefined,
    state: "waiting",
    answer: undefined,
    made: undefined,
  };
}

/** A reference is a text of its own, or the id in a path. */
const REFERENCE = /^bulkId:(.+)$/;

class Run {
  readonly #call: ScimCall;
  readonly #handlers: readonly KindHandler[];
  readonly #byId: Map<string, Job>;
  readonly #failOnErrors: number;
  readonly #asFault: Fails;
  #errors = 0;
  /** Members that could not be put in yet, since their own operation waited for this one. */
  readonly #circles: { job: Job; references: string[] }[] = [];

  constructor(call: ScimCall, handlers: readonly KindHandler[], jobs: Job[], failOnErrors: number | undefined, asFault: Fails) {
    this.#call = call;
    this.#handlers = handlers;
    this.#failOnErrors = failOnErrors ?? Number.POSITIVE_INFINITY;
    this.#asFault = asFault;
    this.#byId = new Map(jobs.flatMap((job) => (job.bulkId !== undefined && job.method === "POST" ? [[job.bulkId, job] as const] : [])));
  }

  async do(job: Job): Promise<void> {
    if (job.state !== "waiting" || this.#errors >= this.#failOnErrors) return;
    job.state = "under way";
    try {
      for (const reference of referencesIn([job.path.split("/").at(-1), job.data])) {
        const other = this.#byId.get(reference);
        if (!other) throw new ScimFault(400, "invalidValue", `no operation makes the bulkId ${reference}`);
        await this.do(other);
        if (other.state === "over" && !other.made)
          throw new ScimFault(409, undefined, `the operation with the bulkId ${reference} was not carried out`);
      }
      job.answer = await this.#carryOut(job);
    } catch (error) {
      this.#fail(job, error);
    }
    job.state = "over";
  }

  async closeCircles(): Promise<void> {
    for (const { job, references } of this.#circles) {
      if (!job.made) continue;
      try {
        const value = references.map((reference) => ({ value: this.#byId.get(reference)?.made?.id }));
        if (value.some((one) => one.value === undefined))
          throw new ScimFault(409, undefined, `the operation with the bulkId ${references[0]} was not carried out`);
        const patch = { schemas: [Messages.PatchOp.id], Operations: [{ op: "add", path: "members", value }] };
        await job.made.handler.patch(this.#call, job.made.id, patch, WHOLE);
        const { meta } = await job.made.handler.read(this.#call, job.made.id, WHOLE);
        if (isObject(meta) && job.answer) job.answer["version"] = meta["version"];
      } catch (error) {
        // What was made without what it needs is taken back: the client is told that it is not there.
        await job.made.handler.remove(this.#call, job.made.id);
        this.#fail(job, error);
      }
    }
  }

  #fail(job: Job, error: unknown): void {
    this.#errors++;
    const fault = this.#asFault(error);
    const where = job.method === "POST" ? {} : { location: `${this.#call.base}${job.path}` };
    job.made = undefined;
    job.answer = { ...this.#shared(job), ...where, status: String(fault.status), response: bodyOf(fault) };
  }

  async #carryOut(job: Job): Promise<Resource> {
    const { method, path } = job;
    const [, endpoint, last = "", ...more] = path.split("/");
    const handler = this.#handlers.find(({ kind }) => kind.endpoint === `/${endpoint}`);
    if (!handler || more.length > 0) throw new ScimFault(404, undefined, `there is no ${path}`);
    const id = this.#resolved(decoded(last), job) as string;
    if (method === "POST") return this.#create(job, handler, id);
    if (id === "") throw new ScimFault(400, "invalidSyntax", `${method} needs the path of a resource`);
    if (job.version !== undefined) await judgeVersion(this.#call, handler, id, job.version);
    const location = `${this.#call.base}${handler.kind.endpoint}/${id}`;
    if (method === "DELETE") {
      await handler.remove(this.#call, id);
      return { ...this.#shared(job), location, status: "204" };
    }
    const given = this.#resolved(job.data, job);
    // RFC 7644 §3.7.3 shows the operations of a PATCH without their message around them.
    const data = Array.isArray(given) && method === "PATCH" ? { schemas: [Messages.PatchOp.id], Operations: given } : objectIn(given);
    if (method !== "PUT" && method !== "PATCH") throw new ScimFault(400, "invalidValue", "method: POST, PUT, PATCH or DELETE is expected");
    const done = method === "PUT" ? await handler.replace(this.#call, id, data) : await handler.patch(this.#call, id, data, WHOLE);
    return { ...this.#shared(job), location, ...versionIn(done), status: done ? "200" : "204" };
  }

  async #create(job: Job, handler: KindHandler, id: string): Promise<Resource> {
    if (id !== "") throw new ScimFault(404, undefined, `POST makes a resource of ${handler.kind.endpoint}`);
    if (job.bulkId === undefined) throw new ScimFault(400, "invalidSyntax", "POST needs a bulkId");
    const later: string[] = [];
    const data = objectIn(this.#resolved(job.data, job, later));
    const made = await handler.create(this.#call, data);
    job.made = { handler, id: String(made["id"]) };
    if (later.length > 0) this.#circles.push({ job, references: later });
    return {
      ...this.#shared(job),
      location: isObject(made["meta"]) ? made["meta"]["location"] : undefined,
      ...versionIn(made),
      status: "201",
    };
  }

  #shared({ method, bulkId }: Job): Resource {
    return { method, ...(bulkId === undefined ? {} : { bulkId }) };
  }

  /** The same with ids in the place of references. Members whose operation waits for this very one are left out, and told in `later`. */
  #resolved(value: unknown, job: Job, later?: string[]): unknown {
    if (typeof value === "string") {
      const reference = REFERENCE.exec(value)?.[1];
      if (reference === undefined) return value;
      const id = this.#byId.get(reference)?.made?.id;
      if (id === undefined) throw new ScimFault(409, undefined, `the bulkId ${reference} goes round in a circle that cannot be resolved`);
      return id;
    }
    if (Array.isArray(value)) return value.filter((one) => !this.#waits(one, later)).map((one) => this.#resolved(one, job, later));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.#resolved(one, job, later)]));
  }

  #waits(one: unknown, later: string[] | undefined): boolean {
    const reference = isObject(one) && typeof one["value"] === "string" ? REFERENCE.exec(one["value"])?.[1] : undefined;
    const other = reference === undefined ? undefined : this.#byId.get(reference);
    if (later === undefined || reference === undefined || other?.state !== "under way") return false;
    later.push(reference);
    return true;
  }
}

function referencesIn(value: unknown): string[] {
  if (typeof value === "string") return REFERENCE.exec(decoded(value))?.slice(1) ?? [];
  if (Array.isArray(value)) return [...new Set(value.flatMap(referencesIn))];
  return isObject(value) ? [...new Set(Object.values(value).flatMap(referencesIn))] : [];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function objectIn(data: unknown): Resource {
  if (!isObject(data)) throw new ScimFault(400, "invalidSyntax", "data: an object is expected");
  return data;
}

function versionIn(resource: Resource | undefined): Resource {
  const meta = resource?.["meta"];
  return isObject(meta) && meta["version"] !== undefined ? { version: meta["version"] } : {};
}
