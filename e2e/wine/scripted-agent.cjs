/** Stands in the agent's place behind the real relay, and says what the user's name asks for: right things, wrong things, nothing. */
const show = (fields, more = {}) => ({ show: { ...more, fields } });
const code = { id: "code", kind: "code", label: "Code", digits: 6 };
const allow = (begin, change = {}) => {
  const { username, domain, sid } = begin;
  const reference = "K7QF-3M2P";
  return { end: { result: "allow", username, ...(domain ? { domain } : {}), ...(sid ? { sid } : {}), reference, ...change } };
};
const button = { id: "code", kind: "button" };
const EVERY_KIND = [
  { id: "t", kind: "text", label: "A text" },
  { id: "s", kind: "secret", label: "A secret" },
  { id: "c", kind: "choice", label: "A choice", choices: ["one", "two", "three"].map((value) => ({ value, label: `Take ${value}` })) },
  { id: "l", kind: "link", label: "A link", value: "https://mfa.example/K7QF" },
  { id: "q", kind: "qr", label: "A picture", value: "https://mfa.example/QR" },
  { id: "h", kind: "hologram", label: "Something new" },
  { id: "k", kind: "code", label: "A code" },
  { id: "b", kind: "button", label: "Send to phone" },
];

/** What stands behind it comes three seconds later: a person has read what was told, also on a busy machine. */
const LATER = Symbol("later");

/** By the user's name: what comes after `begin`. `undefined` closes the connection. */
const AFTER_BEGIN = {
  "other-user": (b) => [allow(b, { username: "Administrator" })],
  "other-domain": (b) => [allow(b, { domain: "CORP" })],
  "other-sid": (b) => [allow(b, { sid: "S-1-5-21-1-2-3-500" })],
  "no-reference": (b) => [allow(b, { reference: undefined })],
  "behind-the-end": (b) => [`${JSON.stringify(allow(b))}\n${JSON.stringify(allow(b))}\n`],
  "not-a-frame": () => ["hello\n"],
  "unknown-key": (b) => [allow(b, { root: true })],
  "in-capitals": (b) => [allow(b, { result: "ALLOW" })],
  "too-long": () => [`${"x".repeat(70_000)}`],
  "waits-and-asks": () => [show([code], { wait: true })],
  "nine-fields": () => [show(Array.from({ length: 9 }, () => code))],
  "error-frame": () => [{ error: { cause: "agent.fault", text: "broken" } }],
  closes: () => [undefined],
  "closes-in-a-frame": () => ['{"end":{"resu', undefined],
  "every-kind": () => [show(EVERY_KIND, { title: "All\u202eof it", text: "Line\none" })],
  "waits-long": (b) => [{ show: { text: "Type 42 on your phone", wait: true } }, LATER, allow(b)],
  waits: (b) => [{ show: { text: "Type 42 on your phone", wait: true } }, allow(b)],
  "yes-at-once": (b) => [`${JSON.stringify({ show: { text: "One moment", wait: true } })}\n${JSON.stringify(allow(b))}\n`],
  silent: () => [],
  rubbish: () => {
    process.stdout.write(Buffer.alloc(12, 0xff));
    return [];
  },
  deaf: () => {
    process.stdin.pause();
    setInterval(() => {}, 60_000);
    return [];
  },
  late: () => [show([code])],
  often: () => [show([code])],
  "asks-the-refused": (b) => [allow(b)],
  "lets-in-the-refused": (b) => [allow(b)],
  ways: () => [show([code, { ...button, label: "Way 1", value: "way1" }, { ...button, label: "Way 2", value: "way2" }])],
  // A picture that is none is told as text.
  "no-picture": () => [show([{ id: "q", kind: "qr", label: "A picture", value: "https://mfa.example/QR", drawn: "██\n▀" }])],
};
/** What the news gets that nobody went in. */
const AFTER_FAILED = {
  "asks-the-refused": () => [show([code])],
  "lets-in-the-refused": (f) => [allow(f)],
  "yes-at-once": (f) => [{ end: { result: "deny", text: JSON.stringify(f) } }],
  waits: (f) => [{ end: { result: "deny", text: JSON.stringify(f) } }],
};
/** What a `cancel` gets: `late` says yes to somebody who left. */
const AFTER_CANCEL = { late: (b) => [allow(b)] };

const connections = new Map();
let pending = Buffer.alloc(0);

function send(number, kind, payload) {
  const head = Buffer.alloc(12);
  head.writeUInt32LE(number, 0);
  head.writeUInt32LE(kind, 4);
  head.writeUInt32LE(payload.length, 8);
  process.stdout.write(Buffer.concat([head, payload]));
}

function say(number, frames) {
  for (const [index, frame] of frames.entries()) {
    if (frame === LATER) return setTimeout(() => say(number, frames.slice(index + 1)), 3000);
    if (frame === undefined) send(number, 3, Buffer.alloc(0));
    else {
      const bytes = Buffer.from(typeof frame === "string" ? frame : `${JSON.stringify(frame)}\n`);
      for (let at = 0; at < bytes.length; at += 65_536) send(number, 2, bytes.subarray(at, at + 65_536));
    }
  }
}

function hear(number, one, frame) {
  if (frame.begin) {
    one.begin = frame.begin;
    say(number, AFTER_BEGIN[frame.begin.username](frame.begin));
  } else if (frame.failed) {
    require("node:fs").appendFileSync("C:\\failed.jsonl", `${JSON.stringify(frame.failed)}\n`);
    say(number, AFTER_FAILED[frame.failed.username](frame.failed));
  } else if (frame.cancel) say(number, AFTER_CANCEL[one.begin.username]?.(one.begin) ?? []);
  else if (frame.input && one.begin.username === "often") say(number, [allow(one.begin)]);
  else if (frame.input) say(number, [{ end: { result: "deny", text: JSON.stringify(frame.input) } }]);
}

function take(number, kind, payload) {
  if (kind === 4) return send(number, kind, payload);
  if (kind === 1) connections.set(number, { text: "" });
  const one = connections.get(number);
  if (kind === 3) connections.delete(number);
  if (kind !== 2 || !one) return;
  const lines = (one.text + payload.toString()).split("\n");
  one.text = lines.pop();
  for (const line of lines) hear(number, one, JSON.parse(line));
}

process.stdin.on("data", (chunk) => {
  pending = Buffer.concat([pending, chunk]);
  while (pending.length >= 12 && pending.length >= 12 + pending.readUInt32LE(8)) {
    const end = 12 + pending.readUInt32LE(8);
    take(pending.readUInt32LE(0), pending.readUInt32LE(4), pending.subarray(12, end));
    pending = pending.subarray(end);
  }
});
process.stdin.on("end", () => process.exit(0));
process.stderr.write("The agent listens\n");
