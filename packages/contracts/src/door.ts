/** The door: frames between a provider (PAM module, Windows provider, terminal) and the agent of the same machine. */
import * as z from "zod";
import { causeId } from "./cause-id.ts";
import { LIMITS } from "./limits.ts";
import { reference } from "./reference.ts";

/** The version this code speaks; one older is accepted when there is one. */
export const DOOR_VERSION = 1;

const name = z.string().min(1).max(LIMITS.nameLength);
const short = z.string().max(1024);

/** Where the person sits. `socket`: the IP literal of a TCP peer; `claimed`: somebody's word, never matched by a zone (S35). */
export const clientAddress = z.strictObject({ value: z.string().min(1).max(256), origin: z.enum(["socket", "claimed"]) });
export type ClientAddress = z.infer<typeof clientAddress>;

/** What is said of a way in that is not written like one. */
export const METHOD = "a way in: lower case letters, digits and -";
/** `xrdp`, `sshd`, `sudo`, `su`, `console`, `rdp`, or the PAM service's own name. */
export const service = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "a service name: lower case letters, digits, . _ -");
export const scenario = z.enum(["logon", "unlock", "elevate", "reconnect"]);
export type Scenario = z.infer<typeof scenario>;

/** As Windows writes it ([MS-DTYP] 2.4.2.1): at most 15 sub-authorities. */
export const sid = z
  .string()
  .max(184)
  .regex(/^S-1-[0-9]+(-[0-9]+){1,15}$/, "a SID such as S-1-5-21-…-1104");

/** Without `domain` it is an account of this machine, or `name@domain` in one piece. */
const who = {
  username: name,
  domain: name.optional(),
  sid: sid.optional(),
  uid: z.int().min(0).max(4294967295).optional(),
};
const where = { service, tty: short.optional(), ruser: short.optional(), address: clientAddress.optional() };

export const helloFrame = z.strictObject({
  v: z.int(),
  hello: z.strictObject({ provider: z.enum(["pam", "windows", "terminal"]), conversation: z.boolean(), serial: z.boolean() }),
});
export const beginFrame = z.strictObject({
  begin: z.strictObject({
    ...who,
    ...where,
    password: z.enum(["verified", "handed-over", "none"]),
    scenario,
    /** Windows: SIDs of the groups that the account is in, through others too, as its token names them. For this machine's rules alone. */
    groups: z.array(sid).max(1000).optional(),
  }),
});
/** A status of Windows: Win32 error or NTSTATUS. */
const windowsStatus = z.string().regex(/^0x[0-9A-F]{8}$/, "0x and eight capital hexadecimal digits");
/**
 * `password`: the machine refused the password, and nothing was asked. `machine`: it refused the credential that the logon `after` had
 * let through (Windows' LSA judges last). `cancel`: the person left as the logon `after` let them in, and nobody went in.
 */
const whyFailed = {
  reason: z.enum(["password", "machine", "cancel"]),
  status: windowsStatus.optional(),
  subStatus: windowsStatus.optional(),
  after: reference.optional(),
};
export const failedFrame = z.strictObject({
  failed: z.strictObject({ ...who, ...where, ...whyFailed }),
});
/** `method`: how the machine let the person in without the second factor: `publickey`, `gssapi`, `root` (su by root), `none` … */
export const accountFrame = z.strictObject({
  account: z.strictObject({ ...who, ...where, scenario: scenario.optional(), method: z.string().regex(/^[a-z0-9-]{1,32}$/, METHOD) }),
});
export const inputFrame = z.strictObject({
  input: z.strictObject({ id: z.int().min(1).max(1000), values: z.record(z.string().max(64), z.string().max(4096)) }),
});
export const cancelFrame = z.strictObject({ cancel: z.strictObject({ cause: causeId.optional() }) });

/** What a provider may send, in any order; the agent judges the order. */
export const providerFrame = z.union([helloFrame, beginFrame, failedFrame, accountFrame, inputFrame, cancelFrame]);
export type HelloFrame = z.infer<typeof helloFrame>;
export type BeginFrame = z.infer<typeof beginFrame>;
export type FailedFrame = z.infer<typeof failedFrame>;
export type AccountFrame = z.infer<typeof accountFrame>;
export type InputFrame = z.infer<typeof inputFrame>;
export type ProviderFrame = z.infer<typeof providerFrame>;

export const field = z.strictObject({
  id: z.string().min(1).max(64),
  /** A kind that a provider does not know is drawn as `text`. */
  kind: z.enum(["text", "code", "secret", "choice", "button", "link", "qr"]),
  label: short,
  digits: z.int().min(4).max(12).optional(),
  /** Of a `choice`; of a `code`, what may be answered instead of one: by its number in the list or by the word `value`. */
  choices: z
    .array(z.strictObject({ value: short, label: short }))
    .max(32)
    .optional(),
  /** Of a `link` or `qr` what it leads to; of a `button` what it sends, `pressed` without one. */
  value: z.string().max(4096).optional(),
  /** Of a `qr`: the picture as lines of text, for a provider that has nothing else to draw with. */
  drawn: z.string().max(4096).optional(),
});
export type Field = z.infer<typeof field>;

/** Asks (`fields`) or waits (`wait`), never both: a tile or a terminal that asks hears nothing until the person has answered. */
export const showFrame = z.strictObject({
  show: z
    .strictObject({
      title: short.optional(),
      text: z.string().max(4096).optional(),
      wait: z.boolean().optional(),
      /** From here on the person has so many seconds: a provider with a clock of its own sets it anew. */
      seconds: z.int().min(1).max(900).optional(),
      fields: z.array(field).max(LIMITS.fields).optional(),
    })
    .refine(({ wait, fields = [] }) => !wait || fields.length === 0, "a show that waits has no fields"),
});
export const endFrame = z.strictObject({
  end: z.union([
    z.strictObject({ result: z.literal("allow"), ...who, reference: reference.optional(), text: z.string().max(4096).optional() }),
    /** `cause` is for the provider's own log, never for the screen. */
    z.strictObject({ result: z.literal("deny"), text: z.string().max(4096), reference: reference.optional(), cause: causeId.optional() }),
  ]),
});
export const errorFrame = z.strictObject({ error: z.strictObject({ cause: causeId, text: z.string().max(4096) }) });
export const agentFrame = z.union([showFrame, endFrame, errorFrame]);
export type ShowFrame = z.infer<typeof showFrame>;
export type EndFrame = z.infer<typeof endFrame>;
export type ErrorFrame = z.infer<typeof errorFrame>;
export type AgentFrame = z.infer<typeof agentFrame>;

/** The file by which the PAM module, and on Windows the service, judges when the agent cannot be reached; written by the agent, root only. `until`: epoch seconds. */
export const failModeFile = z.strictObject({
  v: z.literal(1),
  armed: z.boolean(),
  agentGone: z.enum(["refuse", "allow"]),
  until: z.int(),
});
export type FailModeFile = z.infer<typeof failModeFile>;

/** One line of the file in which the PAM module, or on Windows provider and service, keeps attempts made while the agent was gone. */
export const spooledAttempt = z.strictObject({
  time: z.iso.datetime(),
  reference,
  username: z.string().max(1024),
  service: z.string().max(256),
  result: z.enum(["deny", "allow"]),
  cause: causeId,
  evidence: z.string().max(4096).optional(),
  /** Of a `failed` that no agent heard: the agent makes the cause of it, as of one that it hears itself. */
  failed: z.strictObject(whyFailed).optional(),
});
export type SpooledAttempt = z.infer<typeof spooledAttempt>;
