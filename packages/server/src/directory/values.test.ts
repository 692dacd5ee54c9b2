/** Values of directories: GUIDs, SIDs, times, distinguished names, ranges and sub-codes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { expiryMs, fileTime, generalizedMs, generalizedTime, guidBytes, guidText, sibling, sidText } from "./binary.ts";
import { foldDn } from "./dn.ts";
import { Entry, Unreadable } from "./entry.ts";
import { allOf } from "./read.ts";
import { subCodeOf } from "./sub-codes.ts";

test("a GUID reads as Windows writes it, there and back", () => {
  const bytes = Buffer.from("67452301ab89efcd0123456789abcdef", "hex");
  assert.equal(guidText(bytes), "01234567-89ab-cdef-0123-456789abcdef");
  assert.deepEqual(guidBytes("01234567-89AB-CDEF-0123-456789abcdef"), bytes);
  assert.equal(guidText(bytes.subarray(1)), undefined);
  for (const bad of ["", "*", "01234567-89ab-cdef-0123-456789abcde", "01234567-89ab-cdef-0123-456789abcdef)"])
    assert.equal(guidBytes(bad), undefined, bad);
});

test("a SID reads as Windows writes it; what is too short or too long is none", () => {
  const administrators = Buffer.from("01020000000000052000000020020000", "hex");
  assert.equal(sidText(administrators), "S-1-5-32-544");
  assert.equal(sidText(Buffer.concat([administrators, Buffer.alloc(4)])), undefined);
  assert.equal(sidText(Buffer.alloc(0)), undefined);
  assert.equal(sibling("S-1-5-21-1-2-3-1103", "513"), "S-1-5-21-1-2-3-513");
});

test("accountExpires: 0 and the largest number are never", () => {
  assert.equal(expiryMs("0"), undefined);
  assert.equal(expiryMs("9223372036854775807"), undefined);
  assert.equal(expiryMs("-1"), undefined);
  const moment = Date.UTC(2026, 10, 25, 17);
  assert.equal(expiryMs(`${fileTime(moment)}`), moment);
  assert.equal(expiryMs("133000000000000000"), Date.UTC(2022, 5, 18, 4, 26, 40));
});

test("generalized times: with seconds, with a fraction, without seconds", () => {
  const moment = Date.UTC(2026, 10, 25, 17, 44, 14);
  for (const text of ["20261125174414Z", "20261125174414.0Z", generalizedTime(moment)]) assert.equal(generalizedMs(text), moment);
  assert.equal(generalizedMs("202611251744Z"), moment - 14_000);
  assert.equal(generalizedMs("yesterday"), undefined);
});

const SAME: [string, string][] = [
  ["CN=Carol,OU=Sales,DC=corp", "cn=carol, ou=sales , dc=CORP"],
  ["cn=Lučić\\, Ana,dc=x", "CN=lučić\\2c ana,DC=x"],
  ["cn=\\c4\\8d,dc=x", "cn=Č,dc=x"],
  ["cn=a+sn=b,dc=x", "SN=B+CN=A,dc=x"],
  ['cn="a, b",dc=x', "cn=a\\, b,dc=x"],
  ["cn=a\\\\b,dc=x", "cn=A\\5Cb,dc=x"],
  ["cn=a  b,dc=x", "cn=a b,dc=x"],
];
const OTHER: [string, string][] = [
  ["cn=a\\,dc=x,dc=y", "cn=a,dc=x,dc=y"],
  ["cn=a,dc=x", "cn=a,dc=x,dc=y"],
  ["cn=a\\+b,dc=x", "cn=a+sn=b,dc=x"],
  ["cn=a,ou=b", "ou=b,cn=a"],
];

test("distinguished names are the same whatever their letters, spaces and escapes", () => {
  for (const [one, other] of SAME) assert.equal(foldDn(one), foldDn(other), one);
  for (const [one, other] of OTHER) assert.notEqual(foldDn(one), foldDn(other), one);
});

test("bytes that are no text make an entry unreadable where text is wanted", () => {
  const entry = new Entry({ dn: "cn=a", mail: [Buffer.from([0xff])], objectGUID: Buffer.from("abc") });
  assert.throws(() => entry.text("MAIL"), Unreadable);
  assert.deepEqual(entry.bytes("objectguid"), Buffer.from("abc"));
  assert.deepEqual(entry.texts("telephoneNumber"), []);
});

test("a large group is asked for in parts until the last one, and a server that goes round in circles ends it", async () => {
  const parts: Record<string, Entry> = {
    "member;range=2-*": new Entry({ dn: "cn=g", "member;range=2-3": ["c", "d"] }),
    "member;range=4-*": new Entry({ dn: "cn=g", "member;range=4-*": "e" }),
    "loop;range=2-*": new Entry({ dn: "cn=g", "loop;range=0-1": ["a", "b"] }),
  };
  const asked: string[] = [];
  const session = {
    entry: async (_base: string, [attribute = ""]: readonly string[]) => {
      asked.push(attribute);
      return parts[attribute] ?? assert.fail(`${attribute} was asked for`);
    },
  };
  const first = new Entry({ dn: "cn=g", member: [], "member;range=0-1": ["a", "b"], "loop;range=0-1": ["a", "b"], cn: "g" });
  assert.deepEqual(await allOf(session, first, "member"), ["a", "b", "c", "d", "e"]);
  assert.deepEqual(asked, ["member;range=2-*", "member;range=4-*"]);
  assert.deepEqual(await allOf(session, first, "loop"), ["a", "b", "a", "b"]);
  assert.deepEqual(await allOf(session, new Entry({ dn: "cn=h", member: ["x"] }), "member"), ["x"]);
});

test("the sub-code is read out of Windows' and Samba's words, and out of nothing else", () => {
  assert.equal(subCodeOf("80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data 52e, v4f7c"), "52e");
  assert.equal(subCodeOf("80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 533, v1db1"), "533");
  assert.equal(subCodeOf("Invalid Credentials"), undefined);
});
