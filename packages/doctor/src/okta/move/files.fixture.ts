/** Settings and registry exports of the other product for tests of a move, in a folder of the test's own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Proposed, proposeFromOkta } from "./propose.ts";

export const root = mkdtempSync(join(tmpdir(), "sallyport-import-"));
export const removeFiles = () => rmSync(root, { recursive: true, force: true });

export const SECRET = "PLANTEDsecretPLANTED";
export const SETTINGS = {
  Url: "https://acme.okta.com",
  ClientId: "0oa1bcdefghij0123456",
  ClientSecret: SECRET,
  FilterCredentialProvider: true,
  RdpOnly: false,
  InternetFailOpenOption: true,
  WidgetTimeOutInSeconds: 30,
  ErrorTimeOutInSeconds: 30,
  SslPinningEnabled: true,
};
export const settingsText = (change: Record<string, unknown> = {}) => JSON.stringify({ ...SETTINGS, ...change }, null, 2);

const AUTHENTICATION = "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Authentication";
export const CLSID = "{6D269AEA-159E-4F45-BC6A-02AA9C14F310}";
export const PROVIDER = `${AUTHENTICATION}\\Credential Providers\\${CLSID}`;
export const FILTER = `${AUTHENTICATION}\\Credential Provider Filters\\${CLSID}`;
export const key = (path: string, ...values: string[]) => [`[${path}]`, ...values, ""].join("\r\n");
export const exported = (...keys: string[]) => `Windows Registry Editor Version 5.00\r\n\r\n${keys.join("\r\n")}`;
export const REGISTRY = exported(
  key(AUTHENTICATION),
  key(PROVIDER, '@="OktaCredentialProvider"', '"Disabled"=dword:00000001'),
  key(FILTER, '@="OktaCredentialProvider"'),
  key(
    "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\WinStations\\RDP-Tcp",
    '"UserAuthentication"=dword:00000001',
    '"blob"=hex:01,02,03,\\',
    "  04,05",
  ),
);
/** As regedit writes it. */
export const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

let folders = 0;

/** Writes the files into a new folder, and proposes from them in this order. */
export async function propose(files: Record<string, string | Buffer>): Promise<Proposed> {
  const folder = join(root, String(++folders));
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return proposeFromOkta(Object.keys(files).map((name) => join(folder, name)));
}
