/** S34: which addresses count as on the internet, however they are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { promisify } from "node:util";
import { isReachable, judgeHost, PrivateAddress, reachableLookup } from "./reachable.ts";

test("S34: private, local, documentation and translated addresses are not reachable, in any spelling", () => {
  for (const address of [
    ...[
      "10.0.0.1",
      "127.0.0.1",
      "169.254.169.254",
      "172.31.255.255",
      "192.168.1.1",
      "100.64.0.1",
      "0.0.0.0",
      "255.255.255.255",
      "224.0.0.1",
    ],
    ...["::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:7f00:1", "64:ff9b::a00:1", "2002:a00:1::1"],
    ...["2001:db8::1", "2001::1", "::10.0.0.1", "no address", "10.0.0.1%eth0", "010.0.0.1"],
  ])
    assert.equal(isReachable(address), false, address);
  for (const address of ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "2a00:1450:4001::1", "::ffff:1.1.1.1"])
    assert.equal(isReachable(address), true, address);
});

test("S34: what an administrator lists is reachable, and nothing beside it", () => {
  const allowed = ["10.1.0.0/16", "fd00:1::/32"];
  assert.deepEqual(
    ["10.1.2.3", "::ffff:10.1.2.3", "fd00:1::5", "10.2.0.1", "fd00:2::1"].map((one) => isReachable(one, allowed)),
    [true, true, true, false, false],
  );
});

test("S34: the address in a URL is judged as the URL standard reads it", () => {
  for (const url of ["https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://[::ffff:127.0.0.1]/", "https://[::1]/"])
    assert.throws(() => judgeHost(new URL(url)), PrivateAddress, url);
  judgeHost(new URL("https://1.1.1.1/"));
  judgeHost(new URL("https://127.0.0.1/"), ["127.0.0.0/8"]);
});

test("S34: a name that leads to this machine is not connected to, unless it is listed", async () => {
  await assert.rejects(promisify(reachableLookup())("localhost", {}), { code: "PRIVATE_ADDRESS" });
  const found: unknown = await promisify(reachableLookup(["127.0.0.0/8", "::1/128"]))("localhost", { all: true });
  assert.ok(Array.isArray(found) && found.length > 0);
});
