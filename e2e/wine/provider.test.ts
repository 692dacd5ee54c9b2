/** The provider by itself: where its tile is shown and whom its filter hides, and calls and frames in any order and shape. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { must, ROOT } from "../machine/processes.ts";
import { installedWindows } from "./installer.ts";
import { LogonScreen } from "./logon-screen.ts";
import { withMutant } from "./mutant.ts";
import { HOME, type Windows } from "./windows.ts";

const KEY = "HKLM\\SOFTWARE\\Sallyport\\Provider";
const POLICY = "HKLM\\SOFTWARE\\Policies\\Sallyport\\Provider";
const CARDS = "{8fd7e19c-3bf7-489b-a72c-846ab3678c96}";

const ALL = { passwords: true, cards: true, ours: true };
const OURS_ALONE = { passwords: false, cards: false, ours: true };

const NATIVE = join(ROOT, "native/windows");
const VECTORS = join(ROOT, "packages/contracts/vectors/door");

let windows: Windows;

before(async () => {
  windows = await installedWindows();
  must("make", ["-s", "-C", NATIVE, "fuzz"]);
});
after(() => windows?.end());
beforeEach(async () => {
  for (const key of [KEY, POLICY]) await windows.wine(["reg", "delete", key, "/f"]);
});

async function set(values: Record<string, number | string>, key = KEY): Promise<void> {
  for (const [name, value] of Object.entries(values)) {
    const type = typeof value === "number" ? "REG_DWORD" : /^\{/.test(value) ? "REG_MULTI_SZ" : "REG_SZ";
    await windows.must(["reg", "add", key, "/v", name, "/t", type, "/d", String(value), "/f"]);
  }
}

/** Whether there is a tile, and whom the filter leaves. */
async function look(...options: string[]) {
  const screen = await LogonScreen.open(windows, options);
  await screen.close();
  return { served: screen.served, left: screen.left };
}

const SERVED = { served: true, left: OURS_ALONE };
const LEFT_ALONE = { served: false, left: ALL };

test("each scenario: logon, unlock and the elevation of consent.exe are ours; everything else is left to Windows", async () => {
  assert.deepEqual(await look(), SERVED, "nothing is set: the secure reading");
  assert.deepEqual(await look("--unlock"), SERVED);
  assert.deepEqual(await look("--credui", "--system"), SERVED);
  assert.deepEqual(await look("--credui"), LEFT_ALONE, "mstsc and whatever else asks for a credential");
  assert.deepEqual(await look("--change", "--system"), LEFT_ALONE);
  assert.deepEqual(await look("--plap", "--system"), LEFT_ALONE);
});

test("disarmed, or switched off by hand: no tile, and nobody is hidden", async () => {
  await set({ Armed: 0 });
  assert.deepEqual(await look(), LEFT_ALONE);
  await set({ Armed: 1 });
  assert.deepEqual(await look(), SERVED);
  await set({ Disable: 1 });
  assert.deepEqual(await look(), LEFT_ALONE);
});

test("the filter leaves whom the list names, and can be off", async () => {
  await set({ AllowProviders: `{00000000-0000-0000-0000-000000000001}\\0${CARDS}` });
  assert.deepEqual(await look(), { served: true, left: { ...OURS_ALONE, cards: true } });
  await set({ Filter: 0 });
  assert.deepEqual(await look(), { served: true, left: ALL });
});

test("remote desktop alone: at the machine itself Windows stays as it is", async () => {
  await set({ RdpOnly: 1 });
  assert.deepEqual(await look(), LEFT_ALONE);
  assert.deepEqual(await look("--remote"), SERVED);
  assert.deepEqual(await look("--unsaid"), SERVED, "a remote session with a virtual graphics card, which Windows calls local");
});

test("scenarios can be left out", async () => {
  await set({ Scenarios: 3 });
  assert.deepEqual(await look("--credui", "--system"), LEFT_ALONE);
  assert.deepEqual(await look("--unlock"), SERVED);
});

test("a policy wins over the machine's own value", async () => {
  await set({ Armed: 0, Disable: 1, AllowProviders: CARDS });
  await set({ Armed: 1, Disable: 0, AllowProviders: "{}" }, POLICY);
  assert.deepEqual(await look(), SERVED);
});

test("a value of another type, or one that means nothing, has its secure reading, also in the policy", async () => {
  await set({ Armed: "0", Filter: "0", RdpOnly: "1", Disable: "1", AllowProviders: "all" });
  assert.deepEqual(await look(), SERVED);
  await set({ Armed: 7, Filter: 7, RdpOnly: 7, Disable: 7 });
  assert.deepEqual(await look(), SERVED);
  await set({ Armed: 0 });
  await set({ Armed: "off" }, POLICY);
  assert.deepEqual(await look(), SERVED, "an unreadable policy is not passed over");
});

test("what is handed to another machine, or comes while the provider is disarmed, is left alone", async () => {
  const handed = ["--handed", "CORP", "alice", "secret"];
  const screen = await LogonScreen.open(windows, ["--system", ...handed]);
  assert.equal(screen.autoLogon, true, "a remote client's, at the logon screen, is ours");
  await screen.close();
  const leftAlone = /UpdateRemoteCredential.*0x80004001/;
  await assert.rejects(LogonScreen.open(windows, handed), leftAlone);
  await assert.rejects(LogonScreen.open(windows, ["--system", "--credui", ...handed]), /SetSerialization.*0x80004001/);
  await set({ Armed: 0 });
  await assert.rejects(LogonScreen.open(windows, ["--system", ...handed]), leftAlone);
});

/** Paths as Windows programs read them. */
const dos = (path: string) => `Z:${path.replaceAll("/", "\\")}`;
const OURS = () => windows.path(`${HOME}\\sallyport_provider.dll`);
const fuzz = (dll: string, seeds: number, ...how: string[]) =>
  windows.wine([join(NATIVE, "build/com_fuzz.exe"), dos(dll), String(seeds), "1", ...how], { timeout: 300_000 });

test("every method in odd orders, with null and garbage: no crash, nobody is let in without a yes, nothing is left over", async () => {
  const { code, out } = await fuzz(OURS(), 400);
  const said = out.split("\n").find((line) => /seeds/.test(line)) ?? out;
  console.log(said.trim());
  assert.equal(code, 0, out);
  const [, calls, entered] = /, (\d+) calls, (\d+) let in/.exec(said)?.map(Number) ?? [];
  assert.ok((calls ?? 0) > 10_000 && (entered ?? 0) > 20, "it went through whole logons");
});

test("pipes of the right owner that are not the service's: nothing is said to them, and nobody is let in", async () => {
  const { code, out } = await fuzz(OURS(), 40, "stranger");
  assert.equal(code, 0, out);
  assert.match(out, / 0 let in of 0 /);
  assert.match(out, /^0 bytes heard/m);
});

/** What Windows says of a process that ended itself at once (STATUS_STACK_BUFFER_OVERRUN), in the eight bits that Linux has for it. */
const ENDED_AT_ONCE = 0xc0000409 & 0xff;

test("where there is no memory left the process ends at once: nothing is thrown into Windows' own code", async () => {
  const { code, out } = await fuzz(OURS(), 400, "starving");
  assert.deepEqual([code, /seed/.test(out)], [ENDED_AT_ONCE, false], out);
});

/** What a slip in the code would look like; the fuzzer must find each. */
const MUTANTS: [string, string, string, string][] = [
  ["no look at a null pointer", "tile_drawing.cpp", "if (!value) return E_POINTER;\n    *value = nullptr;\n    if (field", "if (field"],
  ["no bounds of a credential", "serialization.cpp", " || from.Length > size - offset", ""],
  ["let in while something is asked", "tile.cpp", "return step == Step::allowed && !late;", "return step != Step::refused;"],
  ["a reference that is kept", "tile_drawing.cpp", "if (events_) events_->Release();\n", ""],
];

for (const [what, file, from, to] of MUTANTS)
  test(`the fuzzer finds a DLL with a fault in it: ${what}`, () =>
    withMutant(file, from, to, async (dll) => {
      const { code, out } = await fuzz(dll, 400);
      assert.equal(code, 1, `not found: ${out}`);
      console.log(out.split("\n").find((line) => /^seed/.test(line)));
    }));

test("the reader of frames that is compiled into the DLL: mutated golden frames, as for PAM", async () => {
  const frames = readdirSync(VECTORS).filter((name) => name.endsWith(".frame"));
  const { code, out } = await windows.wine(
    [join(NATIVE, "build/reader_fuzz.exe"), "200000", ...frames.map((name) => dos(join(VECTORS, name)))],
    {
      timeout: 300_000,
    },
  );
  console.log(out.split("\n").find((line) => /fuzz:/.test(line)));
  assert.equal(code, 0, out);
});
