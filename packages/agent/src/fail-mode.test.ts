/** The three fail modes open for exactly what they name and for nothing else: the whole matrix. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type BeginFrame, CAUSES, type CauseId, type HostPolicyClaims } from "@sallyport/contracts";
import { RIGHT_CODE } from "../doubles/org-double.ts";
import { rig } from "../doubles/rig.ts";
import { judgeFailMode, writeFailMode } from "./fail-mode.ts";
import type { LinkFault, Phase } from "./link/fault.ts";

const NOW = 1_800_000_000_000;
const S = NOW / 1000;
type Mode = "refuse" | "allow";

function policy(orgUnreachable: Mode, orgError: Mode, more: Partial<HostPolicyClaims> = {}): HostPolicyClaims {
  return {
    typ: "policy",
    host: "hst_0123456789abcdefghij",
    version: 3,
    iat: S - 60,
    exp: S + 3600,
    failModes: { orgUnreachable, orgError, agentGone: "refuse" },
    exclusions: [],
    permits: [],
    always: [],
    ...more,
  };
}

const PHASES: Phase[] = ["queue", "resolve", "connect", "proxy", "tls", "answer"];
const STATUSES = [undefined, 200, 302, 400, 401, 403, 404, 407, 429, 500, 501, 502, 503, 504, 505, 511];

/** Every cause that a link can report, in every phase, with every status, secure or not, behind a proxy or not. */
function* faults(): Generator<LinkFault> {
  const causes = (Object.keys(CAUSES) as CauseId[]).filter((id) => /^(net|tls|http|url|org|client|agent|clock)\./.test(id));
  for (const cause of causes) {
    for (const phase of PHASES) {
      for (const status of phase === "answer" ? STATUSES : [undefined]) {
        for (const authenticated of [true, false]) {
          for (const viaProxy of [true, false])
            yield { cause, evidence: {}, phase, authenticated, viaProxy, ...(status === undefined ? {} : { status }) };
        }
      }
    }
  }
}

function begin(
  scenario: BeginFrame["begin"]["scenario"],
  service: string,
  password: "verified" | "none" = "verified",
): BeginFrame["begin"] {
  return { username: "alice", password, scenario, service };
}

/** The rule once more, in other words than the code's. */
function mayOpen(fault: LinkFault, held: HostPolicyClaims, scenario: string): boolean {
  if (scenario === "elevate" || fault.viaProxy) return false;
  const network =
    ["net.dns", "net.refused", "net.timeout", "net.unreachable"].includes(fault.cause) && ["resolve", "connect"].includes(fault.phase);
  const failing = [500, 502, 503, 504].includes(fault.status ?? 0) && fault.phase === "answer" && fault.authenticated;
  return (network && held.failModes.orgUnreachable === "allow") || (failing && held.failModes.orgError === "allow");
}

describe("S22: fail modes", () => {
  test("open for unreachable (before anybody answered) and for 5xx over authenticated TLS, and for no other fault", (t) => {
    let cells = 0;
    let open = 0;
    for (const held of [policy("refuse", "refuse"), policy("allow", "refuse"), policy("refuse", "allow"), policy("allow", "allow")]) {
      for (const fault of faults()) {
        for (const scenario of ["logon", "unlock", "elevate", "reconnect"] as const) {
          for (const service of ["xrdp", "rdp", "sshd", "sudo", "su", "console"]) {
            const judged = judgeFailMode({ fault, begin: begin(scenario, service), begun: false, policy: held, now: NOW });
            assert.equal(judged.open, mayOpen(fault, held, scenario), JSON.stringify({ fault, scenario, service, modes: held.failModes }));
            if (!judged.open) assert.equal(judged.cause, fault.cause);
            cells += 1;
            open += judged.open ? 1 : 0;
          }
        }
      }
    }
    t.diagnostic(`${cells} cells, ${open} of them open`);
    assert.ok(cells > 100_000 && open > 0);
  });

  const fault: LinkFault = { cause: "net.refused", evidence: {}, phase: "connect", authenticated: false, viaProxy: false };
  const allow = policy("allow", "allow");
  const cases: [string, Parameters<typeof judgeFailMode>[0], CauseId][] = [
    [
      "after something was shown or opened",
      { fault, begin: begin("logon", "console"), begun: true, policy: allow, now: NOW },
      "net.refused",
    ],
    [
      "where nobody checked a password",
      { fault, begin: begin("logon", "console", "none"), begun: false, policy: allow, now: NOW },
      "net.refused",
    ],
    ["without a policy", { fault, begin: begin("logon", "console"), begun: false, policy: undefined, now: NOW }, "net.refused"],
    [
      "without org time since boot",
      { fault, begin: begin("logon", "console"), begun: false, policy: allow, now: undefined },
      "policy.stale",
    ],
    [
      "with a policy of 24 h and a second",
      { fault, begin: begin("logon", "console"), begun: false, policy: policy("allow", "allow", { iat: S - 86_401 }), now: NOW },
      "policy.stale",
    ],
    [
      "with a policy that has expired",
      { fault, begin: begin("logon", "console"), begun: false, policy: policy("allow", "allow", { exp: S }), now: NOW },
      "policy.stale",
    ],
    [
      "for a service that a rule marks always",
      {
        fault,
        begin: begin("logon", "sshd"),
        begun: false,
        policy: policy("allow", "allow", { always: [{ services: ["sshd"] }] }),
        now: NOW,
      },
      "net.refused",
    ],
    [
      "for a scenario that a rule marks always",
      {
        fault,
        begin: begin("unlock", "console"),
        begun: false,
        policy: policy("allow", "allow", { always: [{ scenarios: ["unlock"] }] }),
        now: NOW,
      },
      "net.refused",
    ],
    [
      "for anything if a rule for all is marked always",
      { fault, begin: begin("logon", "console"), begun: false, policy: policy("allow", "allow", { always: [{}] }), now: NOW },
      "net.refused",
    ],
  ];
  for (const [what, logon, cause] of cases) {
    test(`stay shut ${what}`, () => {
      const judged = judgeFailMode(logon);
      assert.deepEqual([judged.open, !judged.open && judged.cause], [false, cause]);
    });
  }

  test("do not shut for another service than the one marked always", () => {
    assert.ok(
      judgeFailMode({
        fault,
        begin: begin("logon", "console"),
        begun: false,
        policy: policy("allow", "allow", { always: [{ services: ["sshd"] }] }),
        now: NOW,
      }).open,
    );
  });
});

describe("S22: the file for when the agent is gone", () => {
  const open = policy("refuse", "refuse", { failModes: { orgUnreachable: "refuse", orgError: "refuse", agentGone: "allow" } });

  test("ends with the policy, 24 h after it was signed, told in the host's own clock", () => {
    assert.deepEqual(writeFailMode(true, open, NOW, NOW), { v: 1, armed: true, agentGone: "allow", until: S + 3600 });
    assert.equal(writeFailMode(true, { ...open, exp: S + 900_000 }, NOW, NOW).until, S - 60 + 86_400);
    assert.equal(writeFailMode(true, open, NOW, NOW + 7200_000).until, S + 3600 + 7200);
  });

  test("refuses without policy, without org time, when set to refuse and when a rule for what it would open is marked always", () => {
    for (const file of [
      writeFailMode(true, undefined, NOW, NOW),
      writeFailMode(true, open, undefined, NOW),
      writeFailMode(true, policy("allow", "allow"), NOW, NOW),
      writeFailMode(true, { ...open, always: [{ services: ["sshd", "console"] }] }, NOW, NOW),
      writeFailMode(true, { ...open, always: [{}] }, NOW, NOW),
    ])
      assert.equal(file.agentGone, "refuse");
    assert.equal(
      writeFailMode(true, { ...open, always: [{ services: ["sshd", "xrdp"] }] }, NOW, NOW).agentGone,
      "allow",
      "those are never opened anyway",
    );
  });
});

describe("S22: a fail mode on the real machine", () => {
  const failModes = { orgUnreachable: "allow", orgError: "allow", agentGone: "refuse" } as const;
  const deny = (frame: unknown) => (frame as { end: { result: string } }).end.result;

  test("lets in while the org is down, records it, and reports it when the org is back", async (t) => {
    const one = await rig(t, { policy: { failModes } });
    await one.org.stop();
    assert.equal(deny((await one.provider().hello().begin({ service: "console" }).talk()).end), "allow");
    assert.equal(deny((await one.provider().hello().begin({ service: "sudo", scenario: "elevate" }).talk()).end), "deny");
    const [open, shut] = one.attempts();
    assert.deepEqual(
      [open?.["cause"], (open?.["evidence"] as { mode?: string } | undefined)?.mode, shut?.["cause"]],
      ["logon.fail-open", "org-unreachable", "net.refused"],
    );
    await one.org.listen(undefined, Number(new URL(one.org.url).port));
    await one.agent.checked();
    assert.deepEqual(
      one.org.reports.map((report) => [report.cause, report.result]),
      [
        ["logon.fail-open", "allow"],
        ["net.refused", "deny"],
      ],
    );
  });

  test("does not let in once the code was asked for", async (t) => {
    const one = await rig(t, { policy: { failModes } });
    const provider = one.provider().hello().begin({ service: "console" });
    await provider.next();
    await one.org.stop();
    provider.input({ code: RIGHT_CODE });
    assert.equal(deny(await provider.next()), "deny");
    await one.org.listen(undefined, Number(new URL(one.org.url).port));
  });
});
