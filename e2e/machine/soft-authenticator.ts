/** An authenticator made of software (WebAuthn level 3, §6): keys, counters and flags as a test wants them, right or wrong. */
import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

export interface Credential {
  id: Buffer;
  rpId: string;
  key: KeyObject;
  /** COSE. */
  publicKey: Buffer;
  counter: number;
  /** base64url, as it was given when the key was made. */
  userHandle: string;
}

/** What is altered of an otherwise right answer. */
export interface Wrong {
  origin?: string;
  rpId?: string;
  type?: string;
  challenge?: string;
  crossOrigin?: boolean;
  /** User present, user verified. */
  up?: boolean;
  uv?: boolean;
  counter?: number;
  /** Signs with another key. */
  key?: KeyObject;
  fmt?: string;
}

export class SoftAuthenticator {
  readonly origin: string;
  readonly credentials: Credential[] = [];
  /** Counts nothing: always answers 0, as synced passkeys do. */
  readonly countless: boolean;
  readonly rsa: boolean;
  constructor(origin: string, { countless = false, rsa = false } = {}) {
    this.origin = origin;
    this.countless = countless;
    this.rsa = rsa;
  }

  /** Answers `navigator.credentials.create`: the body that activates. */
  create(options: any, wrong: Wrong = {}): { attestation: string; clientData: string; transports: string; clientExtensions: string } {
    const { key, cose } = this.rsa ? newRsa() : newP256();
    const id = randomBytes(32);
    const rpId = wrong.rpId ?? options.rp.id;
    const credential = { id, rpId, key, publicKey: cose, counter: this.countless ? 0 : 1, userHandle: options.user.id };
    this.credentials.push(credential);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(id.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, id, cose]);
    const authData = Buffer.concat([authenticatorData(rpId, credential.counter, wrong, 0x40), attested]);
    const object = cbor(
      new Map<unknown, unknown>([
        ["fmt", wrong.fmt ?? "none"],
        ["attStmt", new Map()],
        ["authData", authData],
      ]),
    );
    const clientData = clientDataJson("webauthn.create", options.challenge, this.origin, wrong);
    return {
      attestation: object.toString("base64"),
      clientData: clientData.toString("base64"),
      transports: '["usb"]',
      clientExtensions: "{}",
    };
  }

  /** Answers `navigator.credentials.get` with the key of the list that this authenticator has, or the last one made. */
  get(options: any, wrong: Wrong = {}, named = false): Record<string, string> {
    const allowed = (options.allowCredentials ?? []).map(({ id }: { id: string }) => id);
    const mine = this.credentials.filter(({ id }) => allowed.length === 0 || allowed.includes(id.toString("base64url")));
    const credential = mine.at(-1) ?? this.credentials.at(-1);
    if (!credential) throw new Error("this authenticator has no key");
    if (!this.countless) credential.counter += 1;
    const authData = authenticatorData(wrong.rpId ?? credential.rpId, wrong.counter ?? credential.counter, wrong);
    const clientData = clientDataJson("webauthn.get", options.challenge, this.origin, wrong);
    const signed = Buffer.concat([authData, createHash("sha256").update(clientData).digest()]);
    const signature = sign("sha256", signed, wrong.key ?? credential.key);
    return {
      clientData: clientData.toString("base64"),
      authenticatorData: authData.toString("base64"),
      signatureData: signature.toString("base64"),
      ...(named ? { credentialId: credential.id.toString("base64url"), userHandle: credential.userHandle } : {}),
    };
  }
}

function authenticatorData(rpId: string, counter: number, { up = true, uv = true }: Wrong, more = 0): Buffer {
  const rest = Buffer.alloc(5);
  rest.writeUInt8((up ? 0x01 : 0) | (uv ? 0x04 : 0) | more);
  rest.writeUInt32BE(counter, 1);
  return Buffer.concat([createHash("sha256").update(rpId).digest(), rest]);
}

function clientDataJson(type: string, challenge: string, origin: string, wrong: Wrong): Buffer {
  const { crossOrigin = false } = wrong;
  const text = { type: wrong.type ?? type, challenge: wrong.challenge ?? challenge, origin: wrong.origin ?? origin, crossOrigin };
  return Buffer.from(JSON.stringify(text));
}

function newP256(): { key: KeyObject; cose: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  const bytes = (text: string) => Buffer.from(text, "base64url");
  const cose = cbor(
    new Map<number, unknown>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]),
  );
  return { key: createPrivateKey(privateKey.export({ format: "pem", type: "pkcs8" })), cose };
}

function newRsa(): { key: KeyObject; cose: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const { n = "", e = "" } = publicKey.export({ format: "jwk" });
  const bytes = (text: string) => Buffer.from(text, "base64url");
  const cose = cbor(
    new Map<number, unknown>([
      [1, 3],
      [3, -257],
      [-1, bytes(n)],
      [-2, bytes(e)],
    ]),
  );
  return { key: privateKey, cose };
}

/** Just what an attestation needs of RFC 8949: whole numbers, byte and text strings, maps. */
function cbor(value: unknown): Buffer {
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === "string") return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)]);
  throw new TypeError("not written by this authenticator");
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
}
