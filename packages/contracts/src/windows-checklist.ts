/** The checklist for a real Windows: its steps, and the file in which checklist.ps1 writes what came of them. */
import * as z from "zod";

export interface ChecklistStep {
  id: string;
  /** What a person does. ASCII: PowerShell 5.1 reads the script in the code page. */
  do: string;
  /** What must then be seen. */
  see: string;
  /** What it takes whoever has all of *Before you begin* at hand: an estimate, nobody has run it. */
  seconds: number;
  /** The claim that this proves, as docs/windows-proof.md has it open. */
  proves: string;
}

/** In the order of the page: each step leaves the machine as the next one needs it. A published id is never used for another step. */
export const CHECKLIST: readonly ChecklistStep[] = [
  {
    id: "installed-disarmed",
    do: "Install the MSI with the enrolment code and without arming, then sign out and sign in as always.",
    see: "No restart is asked for, nobody is asked for a code, and the service Sallyport runs.",
    seconds: 90,
    proves: "the installer under the real Windows Installer; a disarmed machine lets everybody in by Windows' own word",
  },
  {
    id: "tile-drawn",
    do: "Arm the machine, lock it (Win+L) and look at the sign-in options.",
    see: "Sallyport's tile is there with its name, and its field for the password has the focus.",
    seconds: 30,
    proves: "LogonUI draws the tile, its fields, focus and order",
  },
  {
    id: "right-code",
    do: "Type the password, then the code from the app.",
    see: "The code is asked for after the password, on the same tile, and the session opens.",
    seconds: 20,
    proves: "LSA takes the serialization; LogonUI calls Connect and goes on",
  },
  {
    id: "wrong-code",
    do: "Lock; type the password, then a wrong code, then the right one.",
    see: "The wrong one is said to be wrong, the password is not asked for again, and the right one opens the session.",
    seconds: 40,
    proves: "a wrong code keeps password and transaction on the real screen",
  },
  {
    id: "phone-number",
    do: "With a phone that approves: lock, type the password, choose to send to the phone, and approve there.",
    see: "The number stands on the tile in large letters, and after the approval the session opens without another key.",
    seconds: 40,
    proves: "LogonUI goes on by itself when the tile rings (CredentialsChanged)",
  },
  {
    id: "qr-code",
    do: "With a passkey: lock, type the password, choose the link, and scan the QR code of the tile's picture.",
    see: "The picture can be scanned as LogonUI draws it, and the code of the page that it leads to opens the session.",
    seconds: 50,
    proves: "a QR code in the tile's picture, at LogonUI's size",
  },
  {
    id: "wrong-password",
    do: "Lock; type a wrong password once.",
    see: "Windows' own sentence on a wrong password, and no question for a code; the Security log has one event 4625 more, not two.",
    seconds: 30,
    proves: "the service checks the password by the real LogonUser, once",
  },
  {
    id: "cancel-waits",
    do: "On the org's machine drop what comes from this one (iptables -I INPUT -s ADDRESS -j DROP), lock, type the password, and press Cancel while it waits.",
    see: "The screen stays alive while it waits, and Cancel brings the tile back at once.",
    seconds: 50,
    proves: "LogonUI is never blocked",
  },
  {
    id: "org-gone",
    do: "Still cut off: type the password and wait.",
    see: "The logon is refused with a reference, or break-glass is offered where the policy allows it.",
    seconds: 40,
    proves: "the fail mode on Windows is the policy's",
  },
  {
    id: "break-glass",
    do: "Still cut off, with break-glass in the policy: answer the challenge on the tile with sallyport breakglass answer, then take the rule away (iptables -D INPUT -s ADDRESS -j DROP).",
    see: "The challenge can be read aloud from the tile, and its answer opens the session.",
    seconds: 60,
    proves: "a way back in without the org, on the real screen",
  },
  {
    id: "rdp-nla",
    do: "From another machine connect by mstsc with network level authentication, and type the password there.",
    see: "The remote screen asks for the code only, not for the password again, and the session opens.",
    seconds: 40,
    proves: "the hand-over of NLA, with a protected password",
  },
  {
    id: "rdp-reconnect",
    do: "Close the mstsc window without signing out, and connect again.",
    see: "The code is asked for before the running session appears.",
    seconds: 25,
    proves: "a reconnect is asked as a logon is",
  },
  {
    id: "rdp-refused",
    do: "Connect once more and press Cancel at the question for the code.",
    see: "No desktop was seen at any moment, and sallyport why with the reference says logon.cancelled and the client's address as claimed.",
    seconds: 30,
    proves: "nobody is in a session before the decision; remote sessions are told from local ones",
  },
  {
    id: "mstsc-onwards",
    do: "In the session on this machine start mstsc to a third one.",
    see: "Windows' own question for credentials, with what it offered before the installation.",
    seconds: 25,
    proves: "credentials of outgoing connections are left alone",
  },
  {
    id: "remote-app",
    do: 'Let RemoteApp start anything (reg add "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Terminal Server\\TSAppAllowList" /v fDisabledAllowList /t REG_DWORD /d 1 /f), and open from another machine an .rdp file with the lines remoteapplicationmode:i:1 and remoteapplicationprogram:s:C:\\Windows\\notepad.exe. Then delete the value.',
    see: "A window asks for the code only, and notepad opens after it. Write down whether that window came to the front, and after how long the client gives up.",
    seconds: 60,
    proves: "a RemoteApp is asked as a remote desktop is",
  },
  {
    id: "uac",
    do: "As a standard user start something as administrator.",
    see: "What docs/windows-uac.md says for the settings of this machine.",
    seconds: 30,
    proves: "elevation in a process that is not SYSTEM",
  },
  {
    id: "filter",
    do: "Set Filter below HKLM\\SOFTWARE\\Sallyport\\Provider to 1, lock, and look at the sign-in options.",
    see: "Only Sallyport's tile and those of the allow list are there.",
    seconds: 40,
    proves: "the filter in the real LogonUI",
  },
  {
    id: "agent-gone",
    do: "With a second administrator's session open, stop the service Sallyport and connect by mstsc. Then, with failModes.agentGone set to allow for this app: start the service, wait for sallyport agent status to say armed, rename agent.json in %ProgramData%\\Sallyport, end sallyport-agent.exe in the task manager, and log on once by mstsc and once at the machine's own screen; put agent.json back.",
    see: "By mstsc both times refused with a reference. At the own screen the password alone lets in, event 7 stands in the Application log, and when the agent is back sallyport why with the reference says logon.fail-open.",
    seconds: 110,
    proves: "without the service nothing opens; without an agent only a local logon, and only where the policy says so",
  },
  {
    id: "password-expired",
    do: "Let an account's password expire (net user NAME /logonpasswordchg:yes), and log on with it and its code.",
    see: "After the code Windows itself asks for the new password, and then lets in.",
    seconds: 60,
    proves: "expired and must-change count as right, and Windows goes on from there",
  },
  {
    id: "way-back",
    do: "Go through the registry switch of docs/windows-getting-back-in.md from another machine, and take it back.",
    see: "With it Windows' own tile lets in, without it it does not.",
    seconds: 50,
    proves: "getting back in works as the page says",
  },
  {
    id: "domain-controller",
    do: "On a domain controller that you can lose: install with ARM=1, sign out, and log on at its console as a domain administrator, by CORP\\name and by name@corp.example.",
    see: "Both names are asked the password and then the code, and the session opens. Write down what sallyport why says of name and domain, and the groups' number in the agent's log.",
    seconds: 120,
    proves: "a machine without local accounts: its SID, its names and its groups are the domain's",
  },
  {
    id: "safe-mode",
    do: "On that machine, or another one that is armed: bcdedit /set {current} safeboot minimal, restart, log on; bcdedit /deletevalue {current} safeboot, restart, log on.",
    see: "In Safe Mode Windows' own tile and no question for a code, afterwards the code is asked again. Write down whether the service Sallyport ran in Safe Mode, and what stood on the screen.",
    seconds: 120,
    proves: "Safe Mode is past Sallyport, as docs/windows-unseen.md says, and nothing of it stays",
  },
  {
    id: "uninstalled",
    do: "Uninstall, and log on by Windows' own tile.",
    see: "The tile is gone, the logon works, and nothing of Sallyport is left in services and providers.",
    seconds: 40,
    proves: "uninstalling leaves a machine that can be logged on to",
  },
];

/** Why something could not be read. */
const unavailable = z.strictObject({ unavailable: z.string().min(1).max(500) });
const look = <S extends z.ZodType>(schema: S) => z.union([schema, unavailable]).optional();
const text = z.string().max(2000);
const dword = z.int().min(0).max(0xffffffff).nullable();

/** `signature`: PowerShell's SignatureStatus by name, which no Windows translates. */
const file = z.strictObject({
  role: z.enum(["provider", "service", "agent"]),
  path: text,
  version: text.nullable(),
  sha256: z
    .string()
    .regex(/^[0-9A-F]{64}$/)
    .nullable(),
  signature: text,
  signer: text.nullable(),
});
/** Owner and access list in SDDL. */
const access = z.strictObject({ path: text, sddl: z.union([text, unavailable]) });
/** As Win32_Service has it: `LocalSystem`, `Auto`, `Running`. */
const service = z.strictObject({ account: text, path: text, startMode: text, state: text }).nullable();
const tpm = z.strictObject({ enabled: z.boolean(), activated: z.boolean(), specVersion: text.nullable() }).nullable();
const event = z.strictObject({ at: z.iso.datetime({ offset: true }), id: z.int().min(0), level: z.int().min(0).max(255) });

/** What the script looked at by itself, beyond the facts of collect.ps1. */
export const checklistLooks = z.strictObject({
  windows: look(z.strictObject({ product: text.nullable(), installationType: text.nullable(), build: text.nullable(), revision: dword })),
  files: look(z.array(file).max(20)),
  service: look(service),
  access: look(z.array(access).max(200)),
  tpm: look(tpm),
  /** Where the machine's own key is kept, as host.json names it; `null`: not enrolled, or as a file. */
  key: look(z.enum(["tpm", "dpapi"]).nullable()),
  lsa: look(z.strictObject({ RunAsPPL: dword, DisableRestrictedAdmin: dword })),
  uac: look(
    z.strictObject({ EnableLUA: dword, ConsentPromptBehaviorAdmin: dword, ConsentPromptBehaviorUser: dword, PromptOnSecureDesktop: dword }),
  ),
  events: look(z.array(event).max(1000)),
  /** What `sallyport-agent.exe status` printed. */
  status: look(z.string().max(20_000)),
});
export type ChecklistLooks = z.infer<typeof checklistLooks>;

export const checklistAnswer = z.strictObject({
  id: z.string().regex(/^[a-z-]{1,40}$/),
  answer: z.enum(["seen", "not-seen", "skipped"]),
  /** What was seen instead, or why it was skipped. */
  note: z.string().max(2000),
});
export type ChecklistAnswer = z.infer<typeof checklistAnswer>;

export const checklistResult = z.strictObject({
  version: z.literal(1),
  collectedAt: z.iso.datetime({ offset: true }),
  looks: checklistLooks,
  steps: z.array(checklistAnswer).max(100),
  /** The facts of collect.ps1 (the doctor knows their schema), or why there are none. */
  facts: z.union([z.looseObject({ version: z.literal(1) }), unavailable]),
});
export type ChecklistResult = z.infer<typeof checklistResult>;
