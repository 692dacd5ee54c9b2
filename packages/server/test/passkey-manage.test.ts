/** Passkeys as administrators see them: listed, in the catalog, renamed, removed; and the name of the org that they hang on. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { keepPasskeyName } from "../src/flows/passkeys/keep-name.ts";
import { openLogonOrg } from "./logon-org.ts";
import { enrolPasskey, lastEvent } from "./passkey-org.ts";
import { ORG_URL } from "./test-org.ts";

const { org, host, alice } = await openLogonOrg();
after(() => org.close());
const url = `/api/v1/users/${alice.id}/factors`;

test("S17: another name is refused as long as anybody has a passkey, and taken when nobody has", async () => {
  const { store } = org.deps;
  assert.equal(await keepPasskeyName(store, "https://first.corp.example"), undefined);
  assert.equal(await keepPasskeyName(store, ORG_URL), undefined, "nobody has a passkey yet");
  const key = await enrolPasskey(org, alice.id);
  assert.equal(await keepPasskeyName(store, `${ORG_URL}:8443`), undefined, "the same name on another port");
  for (const other of ["https://login.corp.example", "https://corp.example", "https://192.0.2.7"])
    assert.match((await keepPasskeyName(store, other)) ?? "", /people have passkeys for mfa\.corp\.example/);
  await org.manage("DELETE", `${url}/${key.id}`);
  assert.equal(await keepPasskeyName(store, "https://login.corp.example"), undefined);
  assert.equal(await keepPasskeyName(store, ORG_URL), undefined);
});

test("several passkeys stand in the list and the catalog in the public shape, are renamed, and removed one by one", async () => {
  const one = await enrolPasskey(org, alice.id);
  org.clock.now += 1000;
  const two = await enrolPasskey(org, alice.id);
  const listed = (await org.manage("GET", url)).body.filter((factor: any) => factor.factorType === "webauthn");
  assert.deepEqual(
    listed.map(({ id, provider, vendorName, status, profile, backedUp, lastUsed }: any) => ({
      id,
      provider,
      vendorName,
      status,
      profile,
      backedUp,
      lastUsed,
    })),
    [one, two].map(({ id, device }) => ({
      id,
      provider: "FIDO",
      vendorName: "FIDO",
      status: "ACTIVE",
      profile: { credentialId: device.credentials[0]?.id.toString("base64url"), authenticatorName: "Security key" },
      backedUp: false,
      lastUsed: null,
    })),
  );
  assert.ok(!JSON.stringify(listed).includes("publicKey"));
  const catalog = (await org.manage("GET", `${url}/catalog`)).body;
  assert.deepEqual(
    catalog.find((entry: any) => entry.factorType === "webauthn"),
    { factorType: "webauthn", provider: "FIDO", vendorName: "FIDO", enrollment: "OPTIONAL", status: "ACTIVE" },
  );
  const renamed = await org.manage("POST", `${url}/${two.id}/lifecycle/rename`, { name: " Blue key " });
  assert.equal(renamed.body.profile.authenticatorName, "Blue key");
  assert.deepEqual((await lastEvent(org, "factor.renamed"))?.data, { factor: two.id, kind: "passkey" });
  for (const name of ["", " ", "x".repeat(65)])
    assert.equal((await org.manage("POST", `${url}/${two.id}/lifecycle/rename`, { name })).status, 400);
  assert.equal((await org.manage("DELETE", `${url}/${one.id}`)).status, 204);
  const left = (await org.manage("GET", url)).body.filter((factor: any) => factor.factorType === "webauthn");
  assert.deepEqual(
    left.map(({ id }: any) => id),
    [two.id],
  );
});

test("S16: before the password was right, and in the logon of a host, no name of a key is told", async () => {
  const key = await enrolPasskey(org, alice.id);
  await org.manage("POST", `${url}/${key.id}/lifecycle/rename`, { name: "Key of Alice" });
  const { body } = await host.call("/api/v1/authn/logon", host.request("alice"));
  assert.ok(body._embedded.factors.some(({ id }: any) => id === key.id));
  assert.ok(!JSON.stringify(body).includes("Key of Alice"));
});
