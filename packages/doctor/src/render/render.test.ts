/** A diagnosis as a person reads it: in 80 columns, in colour or without, as one page for a ticket. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { CAUSES, type CauseId, type Diagnosis, type Verdict } from "@sallyport/contracts";
import fc from "fast-check";
import { renderHtml } from "./html.ts";
import { renderTerminal } from "./terminal.ts";

const page = (diagnosis: Diagnosis, subject = "logs") => renderHtml(diagnosis, { subject, at: "2026-05-06T10:00:00Z", version: "0.1.0" });
const proof = (value: string) => ({ what: "Url", value, where: "rdp_app_config.json:2:3" });
const SLASH: Diagnosis = {
  healthy: false,
  findings: [
    {
      cause: "url.trailing-slash",
      verdict: "confirmed",
      title: "The org's URL ends in a slash",
      evidence: [proof("https://acme.okta.com/ ends in a slash, character 22")],
      fix: "Remove the slash at the end of the URL, then try one logon.",
      who: "administrator",
    },
    {
      cause: "url.malformed",
      verdict: "ruled-out",
      title: "t",
      evidence: [proof("https://acme.okta.com")],
      fix: "f",
      who: "administrator",
    },
  ],
  incidents: [
    {
      kind: "http-401",
      count: 3,
      first: "2026-05-06T10:00:00",
      last: "2026-05-06T10:05:00",
      users: ["CORP\\alice"],
      candidates: [{ cause: "url.trailing-slash", verdict: "confirmed", evidence: [], decidedBy: "the URL in the file" }],
    },
  ],
  notLookedAt: [{ what: "the registry", why: "no export was given" }],
};
const HEALTHY: Diagnosis = { healthy: true, findings: [], incidents: [], notLookedAt: [] };

/** Anything that a log or a name can hold. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 120 }),
  fc.constantFrom("<script>alert(1)</script>", "\u001b[2J\u202eevil", '"><img src=https://evil.example/x>', "x".repeat(300)),
);
const anyDiagnosis = fc
  .record({
    texts: fc.array(hostile, { minLength: 6, maxLength: 6 }),
    causes: fc.array(
      fc.tuple(
        fc.constantFrom(...(Object.keys(CAUSES) as CauseId[])),
        fc.constantFrom<Verdict>("confirmed", "candidate", "ruled-out", "unknown"),
      ),
      { maxLength: 5 },
    ),
  })
  .map(({ texts: [a = "", b = "", c = "", d = "", e = "", f = ""], causes }): Diagnosis => {
    const evidence = [{ what: a, value: b, where: c }];
    return {
      healthy: false,
      findings: causes.map(([cause, verdict]) => ({
        cause,
        verdict,
        title: d,
        evidence,
        fix: e,
        who: "administrator",
        dependsOn: ["clock.host"],
      })),
      incidents: [
        {
          kind: f,
          count: 1,
          first: a,
          users: [b, c],
          candidates: causes.map(([cause, verdict]) => ({ cause, verdict, evidence, decidedBy: d })),
        },
      ],
      notLookedAt: [{ what: e, why: f }],
      steps: [{ title: a, outcome: b, why: [c, d] }],
    };
  });

describe("on a terminal", () => {
  it("the root cause stands first, then the incidents, then what was ruled out and not looked at", () => {
    assert.equal(
      renderTerminal(SLASH).join("\n"),
      `3 × http-401: url.trailing-slash.

Confirmed
  ✗ url.trailing-slash — The org's URL ends in a slash
    Url: https://acme.okta.com/ ends in a slash, character 22
      (rdp_app_config.json:2:3)
    → administrator: Remove the slash at the end of the URL, then try one
      logon.

Incidents
  3 × http-401, 2026-05-06T10:00:00 to 2026-05-06T10:05:00
    user: CORP\\alice
   1. url.trailing-slash — confirmed
        decided by: the URL in the file

Ruled out
  ✓ url.malformed: Url: https://acme.okta.com (rdp_app_config.json:2:3)

Not looked at
  · the registry: no export was given`,
    );
    assert.deepEqual(renderTerminal(HEALTHY), ["Healthy: nothing was found."]);
  });

  it("a way gone through in thought stands before the findings, each step with what it rests on", () => {
    const steps = [
      { title: "Name", outcome: "“alice” is alice (local), by rule login", why: ["login “alice”: alice (local) — decides"] },
      { title: "The machine", outcome: "hears user.refused", why: [] },
    ];
    assert.equal(
      renderTerminal({ ...HEALTHY, steps }).join("\n"),
      `Healthy: nothing was found.

What would happen
  Name: “alice” is alice (local), by rule login
    login “alice”: alice (local) — decides
  The machine: hears user.refused`,
    );
    const html = page({ ...HEALTHY, steps });
    assert.match(html, /<li><b>Name<\/b>: “alice” is alice \(local\), by rule login<ul><li class="soft">login “alice”/);
  });

  it("says once where all was seen from, what one sight rules out, and what one cause keeps from being looked at", () => {
    const evidence = (what: string, value: string) => [{ what, value, where: "seen from srv01" }];
    const base = { title: "t", fix: "f", who: "network" as const };
    const seen: Diagnosis = {
      healthy: false,
      findings: [
        { ...base, cause: "net.dns", verdict: "confirmed", evidence: evidence("mfa.corp.example", "no such name (ENOTFOUND)") },
        {
          ...base,
          cause: "clock.host",
          verdict: "ruled-out",
          evidence: evidence("this machine's clock", "0.1 s ahead of the time of ntp1"),
        },
        {
          ...base,
          cause: "clock.org",
          verdict: "ruled-out",
          evidence: evidence("this machine's clock", "0.1 s ahead of the time of ntp1"),
        },
      ],
      incidents: [],
      notLookedAt: ["the connection", "the TLS handshake"].map((what) => ({ what, why: "net.dns stands before it" })),
    };
    assert.equal(
      renderTerminal(seen).join("\n"),
      `Found: net.dns.
Seen from srv01

Confirmed
  ✗ net.dns — t
    mfa.corp.example: no such name (ENOTFOUND)
    → network: f

Ruled out
  ✓ clock.host, clock.org: this machine's clock: 0.1 s ahead of the time of ntp1

Not looked at
  · the connection, the TLS handshake: net.dns stands before it`,
    );
    const html = page(seen);
    assert.doesNotMatch(html, /seen from/);
    for (const once of ['<p class="soft">Seen from srv01</p>', "0.1 s ahead", "the connection, the TLS handshake: "])
      assert.equal(html.split(once).length, 2, once);
  });

  it("the summary gives each incident its own cause, and claims none for another", () => {
    const [first] = SLASH.incidents;
    const other = {
      kind: "http-403",
      count: 1,
      users: [],
      candidates: [{ cause: "factor.none" as const, verdict: "candidate" as const, evidence: [], decidedBy: "x" }],
    };
    const open = { ...SLASH.findings[0], cause: "factor.none" as const, verdict: "candidate" as const } as Diagnosis["findings"][0];
    const said = (more: Partial<Diagnosis>) => renderTerminal({ ...SLASH, ...more })[0];
    assert.equal(
      said({ incidents: [first as Diagnosis["incidents"][0], other] }),
      "3 × http-401: url.trailing-slash. 1 × http-403: not decided, 1 possible.",
    );
    assert.equal(said({ incidents: [other] }), "1 × http-403: not decided, 1 possible. Also found: url.trailing-slash.");
    assert.equal(said({ incidents: [] }), "Found: url.trailing-slash.");
    assert.equal(said({ incidents: [], findings: [open] }), "Nothing is proved; possible: factor.none.");
    assert.equal(said({ incidents: [], findings: [] }), "Could not look: no export was given.");
  });

  it("no line is longer than 80 columns or the terminal, and nothing in it can rewrite the screen", () => {
    fc.assert(
      fc.property(anyDiagnosis, fc.integer({ min: 40, max: 200 }), (diagnosis, width) => {
        for (const line of renderTerminal(diagnosis, { width })) {
          assert.ok([...line].length <= Math.min(80, width), `${[...line].length}: ${line}`);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be left
          assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("a path that is too long for a line is broken where it is divided", () => {
    const [root] = SLASH.findings as [Diagnosis["findings"][0]];
    const what =
      "HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules\\RemoteDesktop-UserMode-In-TCP";
    const lines = renderTerminal({ ...SLASH, findings: [{ ...root, evidence: [{ what, value: "off", where: "" }] }] });
    assert.ok(
      lines.some((line) => line.endsWith("\\Parameters\\")),
      lines.join("\n"),
    );
  });

  it("a long cause of an incident is wrapped as every other line", () => {
    const [first] = SLASH.incidents;
    const candidates = [{ cause: "client.assertion-invalid" as const, verdict: "confirmed" as const, evidence: [], decidedBy: "x" }];
    const lines = renderTerminal({ ...SLASH, incidents: [{ ...first, candidates } as Diagnosis["incidents"][0]] }, { width: 40 });
    for (const line of lines) assert.ok([...line].length <= 40, line);
  });

  it("colour changes nothing but the colour", () => {
    fc.assert(
      fc.property(anyDiagnosis, (diagnosis) => {
        const coloured = renderTerminal(diagnosis, { colour: true }).join("\n");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
        assert.equal(coloured.replace(/\u001b\[[0-9;]*m/g, ""), renderTerminal(diagnosis).join("\n"));
      }),
      { numRuns: 100 },
    );
    assert.ok(renderTerminal(SLASH, { colour: true }).join("").includes("\u001b[1;31m  ✗ url"));
  });
});

describe("as a page", () => {
  it("holds all that was found, and names no other origin", () => {
    const html = page(SLASH);
    for (const text of [
      "url.trailing-slash",
      "rdp_app_config.json:2:3",
      "Remove the slash",
      "3 × http-401",
      "CORP\\alice",
      "the URL in the file",
      "Ruled out",
      "no export was given",
      "2026-05-06T10:00:00Z",
    ])
      assert.ok(html.includes(text), text);
    assert.doesNotMatch(html, /\b(?:src|href|action|srcset|data)\s*=|url\(|@import|<script|<link|<iframe/i);
  });

  it("allows by its own policy nothing but its one style", () => {
    const html = page(SLASH);
    const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? "";
    const hash = createHash("sha256").update(style).digest("base64");
    assert.ok(html.includes(`content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`));
    assert.doesNotMatch(html, /style=/);
  });

  it("says at its top how it stands", () => {
    const top = (diagnosis: Diagnosis) => /<p class="state">(.*?)<\/p>/.exec(page(diagnosis))?.[1];
    const [root, out] = SLASH.findings as [Diagnosis["findings"][0], Diagnosis["findings"][0]];
    const alone = (...findings: Diagnosis["findings"]) => ({ ...SLASH, incidents: [], findings });
    assert.equal(top(HEALTHY), "✓ In order");
    assert.equal(top(SLASH), "✗ One cause is proved");
    assert.equal(
      top(alone(root, { ...root, cause: "clock.host" }, { ...root, cause: "user.password", dependsOn: ["clock.host"] })),
      "✗ 2 causes are proved",
    );
    assert.equal(top(alone({ ...root, verdict: "candidate" }, out)), "? Nothing is proved yet");
    assert.equal(top(alone(out)), "· It could not be looked at");
  });

  it("sets commands as code and breaks paths where they are divided", () => {
    const [root] = SLASH.findings as [Diagnosis["findings"][0]];
    const html = page({
      ...SLASH,
      findings: [{ ...root, fix: "Run `a *b* <c>`, not *that*.", evidence: [{ what: "HKLM\\A", value: "1", where: "x" }] }],
    });
    assert.ok(html.includes("Run <code>a *b* &#60;c&#62;</code>, not <em>that</em>."));
    assert.ok(html.includes("HKLM\\<wbr>A"));
  });

  it("escapes whatever a log holds", () => {
    const tags = (html: string) => [...html.matchAll(/<\/?([a-zA-Z!][^\s>]*)/g)].map(([, tag]) => tag);
    const allowed = new Set(tags(page(SLASH)).concat("p", "code", "ul", "ol", "li", "b", "span", "em", "wbr", "br"));
    fc.assert(
      fc.property(anyDiagnosis, hostile, (diagnosis, subject) => {
        const html = page(diagnosis, subject);
        for (const tag of tags(html)) assert.ok(allowed.has(tag), tag);
        assert.doesNotMatch(html, /<img|<script|evil\.example\/x>/i);
      }),
      { numRuns: 300 },
    );
  });
});
