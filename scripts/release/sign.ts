/** Signs files of Windows (Authenticode) by osslsigncode with a certificate from outside; without one nothing is signed, and that is said. */
import { renameSync } from "node:fs";
import { ReleaseRefused, run } from "./run.ts";

/** Where certificate and key come from; never the key itself. */
export interface Signer {
  /** PEM, the signer's own certificate first; or a PKCS#12 file, where there is no `key`. */
  certificate: string;
  key: string | undefined;
  /** File with the pass phrase of the key. */
  passphrase: string | undefined;
  /** URL of a time-stamping authority (RFC 3161): without it a signature ends with its certificate. */
  timestamp: string | undefined;
}

/** From SALLYPORT_SIGN_CERT, SALLYPORT_SIGN_KEY, SALLYPORT_SIGN_PASSPHRASE_FILE, SALLYPORT_SIGN_TIMESTAMP. */
export function signerFrom(env: NodeJS.ProcessEnv): Signer | undefined {
  const [certificate, key] = [env["SALLYPORT_SIGN_CERT"], env["SALLYPORT_SIGN_KEY"]];
  if (!certificate) {
    if (key) throw new ReleaseRefused("SALLYPORT_SIGN_KEY is set, and SALLYPORT_SIGN_CERT is not: there is no certificate to sign with");
    return undefined;
  }
  return {
    certificate,
    key: key || undefined,
    passphrase: env["SALLYPORT_SIGN_PASSPHRASE_FILE"] || undefined,
    timestamp: env["SALLYPORT_SIGN_TIMESTAMP"] || undefined,
  };
}

/** Replaces `file` by itself, signed. `time`: seconds since 1970, of a signature without time stamp. Throws `ReleaseRefused`. */
export function sign(file: string, signer: Signer, time: number): void {
  const { certificate, key, passphrase, timestamp } = signer;
  const signed = `${file}.signed`;
  run("osslsigncode", [
    "sign",
    ...(key === undefined ? ["-pkcs12", certificate] : ["-certs", certificate, "-key", key]),
    ...(passphrase === undefined ? [] : ["-readpass", passphrase]),
    ...(timestamp === undefined ? ["-time", String(time)] : ["-ts", timestamp]),
    ...["-h", "sha256", "-n", "Sallyport", "-in", file, "-out", signed],
  ]);
  renameSync(signed, file);
}

/** How it stands with signatures, plainly. */
export function signed(signer: Signer | undefined): string {
  return signer ? `signed with ${signer.certificate}` : "not signed: Windows will name an unknown publisher (docs/windows-install.md)";
}
