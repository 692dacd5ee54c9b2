/** S32: the module that is shipped is hardened as the Makefile says, and shows the world its PAM entries only. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { it } from "node:test";
import { MODULE } from "./pam-machine.ts";

const readelf = (...options: string[]) => spawnSync("readelf", [...options, "-W", MODULE], { encoding: "utf8" }).stdout;

it("S32: its stack is not executable, and its relocations are read-only before anything runs", () => {
  assert.match(readelf("-l"), /GNU_STACK .* RW {2}/);
  assert.match(readelf("-l"), /GNU_RELRO/);
  assert.match(readelf("-d"), /BIND_NOW|FLAGS.*NOW/);
});

it("S32: stack protector and checked library calls are in", () => {
  const symbols = readelf("--dyn-syms");
  assert.match(symbols, /__stack_chk_fail/);
  assert.match(symbols, /__(snprintf|memcpy|strcpy|recv|read)_chk/);
});

it("exports its entries and nothing else", () => {
  const exported = [...readelf("--dyn-syms").matchAll(/(?:GLOBAL|WEAK) +DEFAULT +\d+ (\S+)/g)].map(([, name]) => name);
  assert.deepEqual(exported.sort(), ["pam_sm_acct_mgmt", "pam_sm_authenticate", "pam_sm_setcred"]);
});

it("links against libpam and the C library alone", () => {
  const needed = [...readelf("-d").matchAll(/NEEDED.*\[(.*?)\]/g)].map(([, name]) => name);
  assert.deepEqual(needed.sort(), ["libc.so.6", "libpam.so.0"]);
});
