/** TOTP as a person enrols it: a secret of their own, shown once as QR code and as text, and confirmed by its first code. */
import { randomBytes } from "node:crypto";
import type { TotpAlgorithm } from "@sallyport/contracts";
import { base32, judgeTotp, otpauthUri, TOTP_SECRET_BYTES } from "@sallyport/logon";
import qrcode from "qrcode-generator";
import type { Keys } from "../../keys/keys.ts";
import { enrolmentContext } from "../authn/judge-code.ts";
import { wrong } from "../authn/tries.ts";
import { blankEnrolment } from "../blank-enrolment.ts";
import { newId } from "../ids.ts";
import type { EnrolmentRow } from "../store-logons.ts";
import type { Enroller, Examined } from "./enroller.ts";

/** What a TOTP code is made by. */
export interface TotpShape {
  digits: number;
  algorithm: TotpAlgorithm;
  /** Seconds; never another (S5). */
  period: number;
}

/** RFC 6238's defaults: the only ones that every authenticator app takes. */
export const TOTP: TotpShape = { digits: 6, algorithm: "SHA1", period: 30 };

/** What of the shape may be asked for. */
export type TotpAsked = { digits?: number | undefined; algorithm?: TotpAlgorithm | undefined };

export const totpEnroller: Enroller<TotpAsked, { passCode?: string | undefined }> = {
  several: false,
  async begin(tx, { keys, orgUrl }, user, asked) {
    const shape = { ...TOTP, digits: asked.digits ?? TOTP.digits, algorithm: asked.algorithm ?? TOTP.algorithm };
    const secret = randomBytes(TOTP_SECRET_BYTES[shape.algorithm]);
    const enrolment = newTotp(keys, { id: newId("enr"), userId: user.id, secret, active: false, now: tx.now, shape });
    await tx.enrolments.insert(enrolment);
    return { enrolment, activation: totpActivation(secret, uriFor(orgUrl, user.profile.login, secret, shape), shape) };
  },
  async examine({ keys }, pending, _challenge, { passCode = "" }, now): Promise<Examined> {
    const verdict = judgeFirstCode(keys, pending, passCode, now);
    if (verdict.kind === "match") return { kind: "right", change: { drift: verdict.drift, usedStep: verdict.step } };
    if (verdict.kind !== "outside") return wrong("factor.code-wrong", {});
    return { ...wrong("clock.factor", { steps: verdict.steps, seconds: verdict.steps * pending.period }), usedStep: verdict.step };
  },
};

/** `_embedded.activation` as the public API has it, and the QR code's picture in the answer itself: it is fetched from nowhere. */
export function totpActivation(secret: Uint8Array, otpauth: string, { period }: TotpShape) {
  const sharedSecret = base32(secret);
  const shown = { sharedSecret, encoding: "base32" as const, keyLength: sharedSecret.length, timeStep: period, otpauth };
  return { ...shown, _links: { qrcode: { href: qrPicture(otpauth), type: "image/svg+xml" } } };
}

/** A `data:` URI of an SVG; error correction M, as authenticator apps read it from a screen. */
export function qrPicture(text: string): string {
  const qr = qrcode(0, "M");
  qr.addData(text);
  qr.make();
  return `data:image/svg+xml;base64,${Buffer.from(qr.createSvgTag({ cellSize: 4, margin: 16, scalable: true })).toString("base64")}`;
}

export function newTotp(
  keys: Keys,
  given: { id: string; userId: string; secret: Uint8Array; active: boolean; now: number; shape?: TotpShape },
): EnrolmentRow {
  const { id, userId, secret, active, now, shape = TOTP } = given;
  const status = active ? ("ACTIVE" as const) : ("PENDING_ACTIVATION" as const);
  const sealedSecret = keys.seal(secret, enrolmentContext(id));
  return { ...blankEnrolment(now), id, userId, kind: "totp", ...shape, status, sealedSecret };
}

/** What the QR code holds. The org's host name is the issuer: it tells two orgs in one app apart. */
export function uriFor(orgUrl: string, login: string, secret: Uint8Array, shape: TotpShape = TOTP): string {
  return otpauthUri({ issuer: `Sallyport ${new URL(orgUrl).hostname}`, account: login, secret, ...shape });
}

/** A first code counts no failure of the factor: whoever has the secret needs no guessing. */
export function judgeFirstCode(keys: Keys, enrolment: EnrolmentRow, passCode: string, now: number): ReturnType<typeof judgeTotp> {
  const { digits, algorithm, period, drift } = enrolment;
  const secret = keys.unseal(enrolment.sealedSecret, enrolmentContext(enrolment.id));
  return judgeTotp({ secret, digits, algorithm, period, drift, now, code: passCode.replace(/\s/g, "") });
}
