/** IP literals and networks mean what the operating system means by them. */
import assert from "node:assert/strict";
import { BlockList, isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { networkContains, readIp, readNetwork } from "./ip-literal.ts";

test("the same texts are addresses as for the operating system", () => {
  const nearly = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 20 }), fc.stringMatching(/^[0-9a-f:.]{1,40}$/));
  fc.assert(
    fc.property(nearly, (text) => {
      if (!text.includes("%")) assert.equal(readIp(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 5000 },
  );
});

test("membership agrees with node's own block list, IPv4 and IPv6", () => {
  const pair = fc.oneof(
    fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(32), fc.constant("ipv4" as const)),
    fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(128), fc.constant("ipv6" as const)),
  );
  fc.assert(
    fc.property(pair, fc.boolean(), ([base, other, prefix, family], same) => {
      const net = readIp(base);
      const probe = same ? base : other;
      const ip = readIp(probe);
      if (!net || !ip || net.family !== ip.family || net.family !== (family === "ipv4" ? 4 : 6)) return;
      const list = new BlockList();
      list.addSubnet(base, prefix, family);
      const bits = BigInt((net.family === 4 ? 32 : 128) - prefix);
      const network = { ...net, value: (net.value >> bits) << bits, prefix };
      assert.equal(networkContains(network, ip), list.check(probe, family));
    }),
    { numRuns: 3000 },
  );
});

test("networks are exact: bits behind the prefix, odd lengths and leading zeros are mistakes", () => {
  for (const good of ["203.0.113.0/24", "203.0.113.7", "0.0.0.0/0", "2001:db8::/32", "::1", "::ffff:192.0.2.0/120"])
    assert.ok(readNetwork(good), good);
  for (const bad of [
    "203.0.113.7/24",
    "203.0.113.0/33",
    "203.0.113/24",
    "010.0.0.1",
    "2001:db8::/129",
    "a",
    "",
    "1.2.3.4/",
    "1.2.3.4/08",
    "fe80::1%eth0",
  ]) {
    assert.equal(readNetwork(bad), undefined, bad);
  }
});

test("S35: an IPv4 address mapped into IPv6 is the IPv4 address", () => {
  const office = readNetwork("192.0.2.0/24");
  const ip = readIp("::ffff:192.0.2.7");
  assert.ok(office && ip && networkContains(office, ip));
});
