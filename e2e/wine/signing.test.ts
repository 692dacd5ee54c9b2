/** The signing step: with a certificate from outside all four files verify under its CA and under no other; without one nothing claims to be signed. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { must, ROOT, run } from "../machine/processes.ts";
import { makeInstallers } from "./installer.ts";

const folder = mkdtempSync(join(tmpdir(), "signing-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => join(folder, name);

/** A CA, and a certificate of it for signing code. */
function makeSigner(name: string): { ca: string; certificate: string; key: string; passphrase: string } {
  const made = { ca: file(`${name}-ca.crt`), certificate: file(`${name}.crt`), key: file(`${name}.key`), passphrase: file(`${name}.pass`) };
  writeFileSync(made.passphrase, "a pass phrase of this story\n");
  const subject = (of: string) => ["-subj", `/CN=${name} ${of}`, "-days", "30"];
  must("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file(`${name}-ca.key`), "-out", made.ca, ...subject("CA")]);
  const request = file(`${name}.csr`);
  must("openssl", [
    "req",
    "-newkey",
    "rsa:2048",
    "-passout",
    `file:${made.passphrase}`,
    "-keyout",
    made.key,
    "-out",
    request,
    "-subj",
    `/CN=${name}`,
  ]);
  writeFileSync(file(`${name}.ext`), "keyUsage=digitalSignature\nextendedKeyUsage=codeSigning\n");
  const by = ["-CA", made.ca, "-CAkey", file(`${name}-ca.key`), "-CAcreateserial", "-days", "30", "-extfile", file(`${name}.ext`)];
  must("openssl", ["x509", "-req", "-in", request, "-out", made.certificate, ...by]);
  return made;
}

const verify = (path: string, ca: string) => run("osslsigncode", ["verify", "-CAfile", ca, "-in", path]);

test("signed by a certificate from outside, the MSI and the three parts in it verify under its CA alone", async () => {
  const [signer, stranger] = [makeSigner("signer"), makeSigner("stranger")];
  const [installer = ""] = await makeInstallers(folder, ["0.1.0"], {
    SALLYPORT_SIGN_CERT: signer.certificate,
    SALLYPORT_SIGN_KEY: signer.key,
    SALLYPORT_SIGN_PASSPHRASE_FILE: signer.passphrase,
    // Of the signature, which has no time stamp of an authority here: a story goes nowhere.
    SOURCE_DATE_EPOCH: String(Math.floor(Date.now() / 1000)),
  });
  const inside = file("inside");
  must("msiextract", ["-C", inside, installer]);
  const names = ["sallyport_provider.dll", "sallyport-relay.exe", "sallyport-agent.exe"];
  const found = must("find", [inside, "-type", "f"]).trim().split("\n");
  const parts = names.map((name) => found.find((path) => path.endsWith(`/${name}`)) ?? assert.fail(`${name} is not in the MSI`));
  for (const path of [installer, ...parts]) {
    const done = await verify(path, signer.ca);
    assert.equal(done.code, 0, `${path}: ${done.out}`);
    assert.match(done.out, /Number of verified signatures: 1/);
    assert.notEqual((await verify(path, stranger.ca)).code, 0, `${path} verifies under a CA that has not signed it`);
  }
});

test("a key without its certificate is refused with a sentence", async () => {
  await assert.rejects(
    makeInstallers(folder, ["0.1.0"], { SALLYPORT_SIGN_KEY: file("signer.key") }),
    /there is no certificate to sign with/,
  );
});

test("without a certificate it is said that nothing is signed", async () => {
  const script = join(ROOT, "scripts/release/windows-only.ts");
  const done = await run(process.execPath, ["--disable-warning=ExperimentalWarning", script, "--out", file("plain")], { timeout: 600_000 });
  assert.equal(done.code, 0, done.out);
  assert.match(done.out, /not signed/);
  assert.notEqual((await verify(done.stdout.trim(), file("signer-ca.crt"))).code, 0);
});
