/** What stands here for each option of rdp_app_config.json: the same, something to decide, or nothing, with the reason. */
import type { ImportedSetting } from "@sallyport/contracts";
import { AGENT_FILE, FILTER_OFF, FILTER_ON, INSTALLER, policyText, RDP_ONLY } from "./ours.ts";

/** What is said of one value of an option; `installer`, `agent`: what of it goes into the proposal as a whole. */
export interface Counterpart extends Omit<ImportedSetting, "found"> {
  installer?: string;
  agent?: Record<string, unknown>;
}

export interface OptionRow {
  /** What counts where the file leaves the option out (installation page), if that is worth a word. */
  standard?: boolean | number;
  /** Its value is never told. */
  isText?: true;
  of(value: boolean | number | undefined): Counterpart;
}

const none = (note: string): Counterpart => ({ verdict: "none", set: [], note });

const AT_THE_MACHINE = { name: "at the machine itself", if: { remote: false }, then: "allow" as const };
/** Windows ends a remote logon screen that waits; in reports after 30 s to 2 min. */
const LONG_PROMPT_S = 60;

export const OPTION_ROWS: Readonly<Record<string, OptionRow>> = {
  FilterCredentialProvider: {
    standard: false,
    of: (on) =>
      on
        ? {
            verdict: "carries-over",
            ours: "filter",
            set: FILTER_ON,
            installer: INSTALLER.filterOn,
            note: "On unless it is set to 0: where our tile is shown, other tiles are hidden, but for an allow list. What mstsc asks for when somebody connects onwards is left alone.",
          }
        : {
            verdict: "decide",
            ours: "filter",
            set: FILTER_OFF,
            note: "RISKY: people can choose another tile, and log on by password alone. Ours hides the others unless it is told not to: leave it so, and name the tiles that people need (a smart card's) with ALLOW.",
          },
  },
  RdpOnly: {
    standard: false,
    of: (on) =>
      on
        ? {
            verdict: "decide",
            ours: "RDP only",
            set: [...RDP_ONLY, { by: "policy", text: policyText({ rules: [AT_THE_MACHINE] }) }],
            note: "RISKY: nobody is asked for a factor at the machine itself, also not at a virtual machine's console in the hypervisor. The rule in the org's policy does the same for the machines of one app, and each logon that it lets in is an event.",
          }
        : { verdict: "carries-over", ours: "RDP only", set: [], note: "Off unless it is set: the machine's own logon is asked as well." },
  },
  InternetFailOpenOption: {
    standard: false,
    of: (on) =>
      on
        ? {
            verdict: "decide",
            ours: "failModes.orgUnreachable",
            set: [{ by: "policy", text: policyText({ rules: [], failModes: { orgUnreachable: "allow" } }) }],
            note: "RISKY: whoever cuts the machine off from the org logs on by password alone. Ours opens for less: not for TLS faults, proxies, answers of the org, or once a factor was asked for. Rather leave it closed, and prepare codes for that day: docs/offline.md, docs/break-glass.md.",
          }
        : {
            verdict: "carries-over",
            ours: "failModes.orgUnreachable",
            set: [],
            note: "`refuse` is what stands unless the policy opens it. Break-glass and offline codes are the way in on that day.",
          },
  },
  WidgetTimeOutInSeconds: { standard: 60, of: (seconds) => promptTime(Number(seconds)) },
  ErrorTimeOutInSeconds: {
    of: () =>
      none("A refusal closes no session here: it stays on the tile, with its reference, until the person tries again or goes elsewhere."),
  },
  EnforceTimeoutVersionAgnostic: { of: () => none("The prompt's time is kept by the agent, on every version of Windows.") },
  SslPinningEnabled: {
    standard: true,
    of: (on) =>
      on
        ? {
            verdict: "carries-over",
            ours: "the pin of the enrolment",
            set: [],
            note: "Always on: the enrolment brings the org's pin, and a decision counts only with the org's own signature.",
          }
        : {
            verdict: "decide",
            ours: "the pin of the enrolment",
            set: [{ by: "agent.json", text: '"proxy": "http://PROXY:PORT"' }],
            note: "RISKY there, and cannot be switched off here: behind a proxy that opens TLS each logon is refused (tls.inspected). Have that proxy pass the org's name through unopened, before the machine is armed. A plain proxy (CONNECT) is named in agent.json.",
          },
  },
  DisplayPasswordResetLink: {
    of: () => none("Passwords are not reset at our tile. Windows' own change of password stays as it is."),
  },
  DisconnectSessionOnError: {
    of: () => none("Nothing is terminated here: whoever is refused is not in a session yet, and a locked one stays locked."),
  },
  // Connection values are the other org's: none of them is carried over.
  Url: { isText: true, of: () => none("It is the other product's org. Ours has its own address, which the enrolment code carries.") },
  ClientId: { isText: true, of: () => none("An id of the other product's app. Here each machine has an identity of its own.") },
  ClientSecret: {
    isText: true,
    of: () => ({
      verdict: "none",
      ours: "enrolment",
      set: [
        { by: "command", text: "sallyport host code --app APP" },
        { by: "command", text: "sallyport client add NAME --app APP" },
      ],
      note: "Not told, and of no use here: it is encrypted for that machine and belongs to the other org. A machine of ours is enrolled by a code, or registers by a client of ours, and makes a key of its own.",
    }),
  },
};

function promptTime(seconds: number): Counterpart {
  const text = `"timeouts": { "promptMs": ${seconds * 1000} }`;
  const set: Counterpart["set"] = [{ by: "agent.json", text }];
  const ours = "timeouts.promptMs";
  if (seconds > LONG_PROMPT_S)
    return {
      verdict: "decide",
      ours,
      set,
      note: "RISKY: Windows ends a remote logon screen that waits too long by a clock of its own (30 s to 2 min are reported), and the session with it. Measure yours first, and stay below. Left out, ours is 120 s.",
    };
  return {
    verdict: "carries-over",
    ours,
    set,
    agent: { timeouts: { promptMs: seconds * 1000 } },
    note: `What a person may take in all, in ${AGENT_FILE}. Left out, ours is 120 s.`,
  };
}
