/** What a security key answers when a passkey is made, by software: ES256, attestation none (WebAuthn level 3, §6.5.4, §8.7). */
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { LOCAL_URL } from "../machine/local-org.ts";

/** Presence, verification, and a new credential. */
const FLAGS = 0x45;

/** @param options `_embedded.activation`. Answers the body that activates. */
export function makeCredential(options: any): { attestation: string; clientData: string; transports: string; clientExtensions: string } {
  const id = randomBytes(32);
  const { x = "", y = "" } = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  // {1: 2, 3: -7, -1: 1, -2: x, -3: y} in CBOR: the key of RFC 9053 §7.1.1.
  const coordinate = (label: number, value: string) => [Buffer.from([label, 0x58, 0x20]), Buffer.from(value, "base64url")];
  const key = Buffer.concat([Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01]), ...coordinate(0x21, x), ...coordinate(0x22, y)]);
  const head = Buffer.concat([createHash("sha256").update(options.rp.id).digest(), Buffer.from([FLAGS, 0, 0, 0, 1])]);
  const authData = Buffer.concat([head, Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
  // {"fmt": "none", "attStmt": {}, "authData": …}
  const text = (word: string) => Buffer.concat([Buffer.from([0x60 + word.length]), Buffer.from(word)]);
  const object = Buffer.concat([
    Buffer.from([0xa3]),
    ...[text("fmt"), text("none"), text("attStmt"), Buffer.from([0xa0]), text("authData")],
    Buffer.from([0x58, authData.length]),
    authData,
  ]);
  const clientData = JSON.stringify({ type: "webauthn.create", challenge: options.challenge, origin: LOCAL_URL, crossOrigin: false });
  return {
    attestation: object.toString("base64"),
    clientData: Buffer.from(clientData).toString("base64"),
    transports: '["usb"]',
    clientExtensions: "{}",
  };
}
