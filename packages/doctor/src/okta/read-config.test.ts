/** A settings file with a mistake is answered with the place of the mistake, and never with the secret in it. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readConfig } from "./read-config.ts";

const GOOD = {
  Url: "https://acme.okta.com",
  ClientId: "0oa1bcdefghij0123456",
  ClientSecret: `${"QUJDRA".repeat(24)}Zz8=`.padStart(176, "A"),
  FilterCredentialProvider: true,
  RdpOnly: false,
  InternetFailOpenOption: false,
  WidgetTimeOutInSeconds: 30,
  ErrorTimeOutInSeconds: 30,
  SslPinningEnabled: true,
};
const read = (change: Record<string, unknown> | string) =>
  readConfig(typeof change === "string" ? change : JSON.stringify({ ...GOOD, ...change }, null, 2), "rdp_app_config.json");
/** Confirmed and possible findings as `cause verdict: what value (place)`. */
const found = (change: Record<string, unknown> | string) =>
  read(change).seen.flatMap(({ cause, verdict, evidence }) =>
    verdict === "ruled-out"
      ? []
      : evidence.map(({ what, value, where }) => `${cause} ${verdict}: ${what} ${value} (${where.replace("rdp_app_config.json", "")})`),
  );

describe("rdp_app_config.json", () => {
  it("that is as documented has no finding, and rules out what it can", () => {
    assert.deepEqual(found({}), []);
    const ruledOut = read({}).seen.map(({ cause }) => cause);
    assert.deepEqual(ruledOut.sort(), ["client.id-mangled", "config.invalid", "url.malformed", "url.trailing-slash"].sort());
    assert.equal(read({}).url, "https://acme.okta.com");
    assert.deepEqual(read({}).missed, []);
  });

  const rows: [string, Record<string, unknown> | string, string[]][] = [
    [
      "a trailing slash",
      { Url: "https://acme.okta.com/" },
      ["url.trailing-slash confirmed: Url https://acme.okta.com/ ends in a slash, character 22 (:2:3)"],
    ],
    [
      "a path",
      { Url: "https://acme.okta.com/app/rdp" },
      ["url.malformed confirmed: Url it has a path; the org's URL ends after the host name, from character 22 (:2:3)"],
    ],
    [
      "http",
      { Url: "http://acme.okta.com" },
      [
        "url.malformed confirmed: Url it begins with http://; only https is accepted, except on this very machine (localhost), from character 1 (:2:3)",
      ],
    ],
    ["no scheme", { Url: "acme.okta.com" }, ["url.malformed confirmed: Url it does not begin with https://, from character 1 (:2:3)"]],
    [
      "white space in the URL",
      { Url: "https://acme.okta.com " },
      ["url.malformed confirmed: Url character 22 is a space; a URL has none (:2:3)"],
    ],
    [
      "an invisible character in the URL",
      { Url: "https://ac\u200bme.okta.com" },
      ["url.malformed confirmed: Url character 11 is a zero-width space; a URL has none (:2:3)"],
    ],
    ["an empty URL", { Url: "" }, ["url.malformed confirmed: Url is empty (:2:3)"]],
    [
      "the Admin Console's URL",
      { Url: "https://acme-admin.okta.com" },
      ["url.wrong-org candidate: Url acme-admin.okta.com is the address of the Admin Console; the org's own has no “-admin” (:2:3)"],
    ],
    [
      "a domain that the installer refuses",
      { Url: "https://acme.okta.con" },
      [
        "url.wrong-org candidate: Url acme.okta.con is below none of okta.com, okta-gov.com, oktapreview.com, okta-emea.com, which the installer accepts (:2:3)",
      ],
    ],
    [
      "a mangled id",
      { ClientId: "0oa1bcdefghij012345\u00a0" },
      ["client.id-mangled confirmed: ClientId character 20 is a no-break space (:3:3)"],
    ],
    [
      "a look-alike in the id",
      { ClientId: "0o\u04301bcdefghij0123456" },
      ["client.id-mangled confirmed: ClientId character 3 is a “\u0430” (U+0430), which looks like another letter but is not (:3:3)"],
    ],
    [
      "an id that lost a character",
      { ClientId: "0oa1bcdefghij012345" },
      ["client.unknown candidate: ClientId has 19 characters; ids have 20 (:3:3)"],
    ],
    [
      "a secret with a smart quote",
      { ClientSecret: `“${GOOD.ClientSecret}` },
      ["client.secret-mangled confirmed: ClientSecret character 1 is a left double smart quote (:4:3)"],
    ],
    [
      "a secret with a byte order mark",
      { ClientSecret: `\ufeff${GOOD.ClientSecret}` },
      ["client.secret-mangled confirmed: ClientSecret character 1 is a byte order mark (:4:3)"],
    ],
    [
      "a secret that lost a character",
      { ClientSecret: GOOD.ClientSecret.slice(1) },
      [
        "client.secret-mangled confirmed: ClientSecret has 175 characters, which is no multiple of four: not Base64, as an encrypted secret is (:4:3)",
      ],
    ],
    [
      "a secret typed in clear",
      { ClientSecret: "aB3-_".repeat(8) },
      [
        "client.secret-mangled confirmed: ClientSecret holds “-” at character 4, which Base64 has not: a secret typed in clear instead of the encrypted one (:4:3)",
      ],
    ],
    [
      "a secret in clear that is Base64 by chance",
      { ClientSecret: "aB3xY".repeat(8) },
      [
        "client.secret-mangled candidate: ClientSecret has 40 letters and digits, as a secret in clear has; the encrypted one is longer and ends mostly in “=” (:4:3)",
      ],
    ],
    ["an empty secret", { ClientSecret: "" }, ["client.secret-mangled confirmed: ClientSecret is empty (:4:3)"]],
    [
      "a short secret",
      { ClientSecret: "QUJDRA==" },
      ["client.secret-mangled candidate: ClientSecret decodes to 4 bytes, fewer than any encrypted secret has (:4:3)"],
    ],
    ["text for a switch", { RdpOnly: "false" }, ["config.invalid confirmed: RdpOnly must be true or false, without quotes (:6:3)"]],
    [
      "text for a number",
      { WidgetTimeOutInSeconds: "30" },
      ["config.invalid confirmed: WidgetTimeOutInSeconds must be a number of seconds, without quotes (:8:3)"],
    ],
    [
      "too many seconds",
      { WidgetTimeOutInSeconds: 121 },
      ["config.invalid confirmed: WidgetTimeOutInSeconds must be at most 120 seconds (:8:3)"],
    ],
    ["no second", { ErrorTimeOutInSeconds: 0 }, ["config.invalid confirmed: ErrorTimeOutInSeconds must be at least 1 second (:9:3)"]],
    ["a number for the URL", { Url: 5 }, ["config.invalid confirmed: Url must be a text in quotes (:2:3)"]],
    [
      "fail open",
      { InternetFailOpenOption: true },
      ["config.risky candidate: InternetFailOpenOption true: whoever cuts the server off from the org logs on by password alone (:7:3)"],
    ],
    [
      "no pin",
      { SslPinningEnabled: false },
      [
        "config.risky candidate: SslPinningEnabled false: a proxy with a trusted certificate reads and changes what goes to the org (:10:3)",
      ],
    ],
    [
      "no filter",
      { FilterCredentialProvider: false },
      [
        "config.risky candidate: FilterCredentialProvider false: people can choose another tile at the logon screen, and log on by password alone (:5:3)",
      ],
    ],
    ["RDP only", { RdpOnly: true }, ["config.risky candidate: RdpOnly true: nobody is asked for a factor at the machine itself (:6:3)"]],
    [
      "a mistyped option",
      { InternetFailOpenOptoin: false },
      ["config.invalid candidate: InternetFailOpenOptoin no option has this name; was InternetFailOpenOption meant? (:11:3)"],
    ],
    [
      "a trailing comma",
      '{\n  "RdpOnly": true,\n}',
      ["config.invalid confirmed: JSON a key in double quotes is expected here (is there a comma too many before?) (:3:1)"],
    ],
    [
      "a smart quote around a key",
      "{\n  “RdpOnly”: true\n}",
      [
        "config.invalid confirmed: JSON something that JSON does not know here (words stand in double quotes, but for true, false and null); character 3 of the line is a left double smart quote (:2:3)",
      ],
    ],
    [
      "a no-break space between key and value",
      '{\n  "RdpOnly":\u00a0true\n}',
      [
        "config.invalid confirmed: JSON something that JSON does not know here (words stand in double quotes, but for true, false and null); character 13 of the line is a no-break space (:2:13)",
      ],
    ],
    [
      "an invisible character in a key",
      { "Rdp\u200bOnly": true, RdpOnly: undefined },
      [
        "config.invalid confirmed: key character 4 of the key is a zero-width space (:10:3)",
        "config.risky candidate: Rdp\u200bOnly true: nobody is asked for a factor at the machine itself (:10:3)",
      ],
    ],
    [
      "a key twice",
      '{"RdpOnly": true,\n"RdpOnly": false}',
      ["config.invalid confirmed: RdpOnly “RdpOnly” stands here a second time (:2:1)"],
    ],
    ["nothing", "", ["config.invalid confirmed: JSON the file is empty (:1:1)"]],
    ["a list", "[]", ["config.invalid confirmed: content is no object in braces (:1:1)"]],
  ];
  for (const [what, change, expected] of rows) {
    it(`with ${what}`, () => assert.deepEqual(found(change), expected));
  }

  it("is read whatever the spelling of its connection keys, and in groups", () => {
    for (const key of ["Url", "URL", "OktaUrl", "OKTA_URL", "orgUrl", "okta-url"])
      assert.deepEqual(found(JSON.stringify({ [key]: "https://acme.okta.com/" })).length, 1, key);
    assert.match(
      found(JSON.stringify({ Settings: { RdpOnly: "yes", Url: "https://acme.okta.com/" } })).join("\n"),
      /Settings.RdpOnly must be.*\n.*trailing-slash/,
    );
  });

  it("that lacks a connection value says that it could not look at it", () => {
    assert.deepEqual(
      readConfig("{}", "f.json").missed.map(({ what }) => what),
      ["the org's URL in f.json", "the client id in f.json", "the client secret in f.json"],
    );
  });
});

describe("a secret in it", () => {
  const PLANTED = "PLANTEDsecretPLANTED";
  it("is never told: not from a broken file, not from a mistyped URL, not from another key", () => {
    const spot = fc.constantFrom("ClientSecret", "ClientId", "Url", "RdpOnly", "WidgetTimeOutInSeconds", "Other", "ClientSecrt");
    const around = fc.tuple(
      fc.string({ unit: "binary", maxLength: 5 }),
      fc.string({ maxLength: 5 }),
      fc.constantFrom("", "https://user:", "https://acme.okta.com/(", "http://"),
    );
    let runs = 0;
    fc.assert(
      fc.property(spot, around, fc.nat(400), fc.string({ maxLength: 2 }), (key, [before, after, scheme], at, put) => {
        const text = JSON.stringify(
          { ...GOOD, [key]: `${scheme}${before}${PLANTED}${after}${scheme.includes("user") ? "@acme.okta.com" : ""}` },
          null,
          1,
        );
        for (const one of [text, text.slice(0, at) + put + text.slice(at + 1)]) {
          const told = JSON.stringify(readConfig(one, "f.json"));
          // A key's own name may be told; here the planted text is only ever a value.
          if (key !== "Url" || !/^https:\/\/[^/]*okta/.test(scheme))
            assert.ok(!told.replace(/"url":"(?:[^"\\]|\\.)*"/, "").includes(PLANTED), told);
          runs += 1;
        }
      }),
      { numRuns: 1500 },
    );
    console.log(`settings with a planted secret: ${runs}, told in 0`);
  });

  it("S30: whatever a file holds, the reader does not fall over", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        readConfig(text, "f.json");
      }),
      { numRuns: 1000 },
    );
  });
});
