/** Answers as checklist.ps1 writes them on a machine in which everything is right; made up, not seen on Windows. */
import { CHECKLIST, type ChecklistResult } from "@sallyport/contracts";
import { HEALTHY } from "../machine.fixture.ts";

const CLOSED = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
const PROGRAMS =
  "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464G:SYD:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;0x1200a9;;;BU)(A;OICIIOID;GA;;;CO)";
const FOLDER = "C:\\Program Files\\Sallyport";
const file = (role: "provider" | "service" | "agent", name: string) => ({
  role,
  path: `${FOLDER}\\${name}`,
  version: "0.1.0",
  sha256: "0".repeat(64),
  signature: "Valid",
  signer: "CN=Example",
});

export const RIGHT: ChecklistResult = {
  version: 1,
  collectedAt: "2026-05-06T10:00:00Z",
  looks: {
    windows: { product: "Windows Server 2022 Standard", installationType: "Server", build: "20348", revision: 2340 },
    files: [file("provider", "sallyport_provider.dll"), file("service", "sallyport-relay.exe"), file("agent", "sallyport-agent.exe")],
    service: { account: "LocalSystem", path: `"${FOLDER}\\sallyport-relay.exe"`, startMode: "Auto", state: "Running" },
    access: [
      { path: "C:\\ProgramData\\Sallyport", sddl: CLOSED },
      { path: FOLDER, sddl: PROGRAMS },
      { path: "\\\\.\\pipe\\ProtectedPrefix\\Administrators\\sallyport", sddl: "O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)" },
    ],
    tpm: { enabled: true, activated: true, specVersion: "2.0, 0, 1.38" },
    key: "tpm",
    lsa: { RunAsPPL: 1, DisableRestrictedAdmin: null },
    uac: { EnableLUA: 1, ConsentPromptBehaviorAdmin: 5, ConsentPromptBehaviorUser: 3, PromptOnSecureDesktop: 1 },
    events: [{ at: "2026-05-06T09:00:00Z", id: 1, level: 4 }],
    status: '{"running": true, "armed": true}',
  },
  steps: CHECKLIST.map(({ id }) => ({ id, answer: "seen" as const, note: "" })),
  facts: HEALTHY as unknown as ChecklistResult["facts"],
};
