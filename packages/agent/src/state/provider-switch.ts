/** Tells the Windows provider whether this machine is armed: it must know without an agent, before it shows a tile or hides another's. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Read by native/windows/provider/system.cpp, where a missing value counts as armed. */
const KEY = "HKLM\\SOFTWARE\\Sallyport\\Provider";

/** Nothing on other systems. Throws if the registry does not take it: the machine must not be called armed then, or disarmed. */
export function switchProvider(armed: boolean): void {
  if (process.platform !== "win32") return;
  // By its full path: a program of that name in the current folder must not be taken for it.
  const reg = join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "reg.exe");
  const args = ["add", KEY, "/v", "Armed", "/t", "REG_DWORD", "/d", armed ? "1" : "0", "/f"];
  execFileSync(reg, args, { windowsHide: true, timeout: 30_000, stdio: "ignore" });
}
