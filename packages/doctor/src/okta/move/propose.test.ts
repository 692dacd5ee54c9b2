/** What is proposed for the other product's settings: each with its place, nothing risky by itself, nothing of a broken file, never a secret. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type ImportedSetting, oktaImport, policyDocument } from "@sallyport/contracts";
import fc from "fast-check";
import { OPTIONS } from "../config-options.ts";
import { OPTION_ROWS } from "./counterparts.ts";
import { exported, FILTER, key, PROVIDER, propose, REGISTRY, removeFiles, SECRET, settingsText, utf16 } from "./files.fixture.ts";

after(removeFiles);

const CONFIG = "rdp_app_config.json";
async function rows(files: Record<string, string | Buffer>): Promise<ImportedSetting[]> {
  const done = await propose(files);
  assert.ok(done.ok, done.ok ? "" : done.complaints.join("\n"));
  return oktaImport.parse(done.proposal).settings;
}
/** As `verdict what value (place)`. */
const short = (all: ImportedSetting[]) => all.map(({ verdict, found }) => `${verdict} ${found.what}: ${found.value} (${found.where})`);
const settings = async (change: Record<string, unknown> | string) =>
  short(await rows({ [CONFIG]: typeof change === "string" ? change : settingsText(change) }));
async function complaints(files: Record<string, string | Buffer>): Promise<string[]> {
  const done = await propose(files);
  assert.ok(!done.ok, "a proposal was made");
  return done.complaints;
}

describe("what is proposed for rdp_app_config.json", () => {
  it("names each setting with its line and column, in the order of the file, and what counts because it is not set", async () => {
    assert.deepEqual(await settings({ FilterCredentialProvider: undefined }), [
      "none Url: not told (rdp_app_config.json:2:3)",
      "none ClientId: not told (rdp_app_config.json:3:3)",
      "none ClientSecret: not told (rdp_app_config.json:4:3)",
      "carries-over RdpOnly: false (rdp_app_config.json:5:3)",
      "decide InternetFailOpenOption: true (rdp_app_config.json:6:3)",
      "carries-over WidgetTimeOutInSeconds: 30 (rdp_app_config.json:7:3)",
      "none ErrorTimeOutInSeconds: 30 (rdp_app_config.json:8:3)",
      "carries-over SslPinningEnabled: true (rdp_app_config.json:9:3)",
      "decide FilterCredentialProvider: false (not set) (rdp_app_config.json)",
    ]);
  });

  it("has a word on every option of the other product, and on no other", () => {
    assert.deepEqual(Object.keys(OPTION_ROWS).sort(), OPTIONS.map(({ name }) => name).sort());
  });

  const risky: [string, Record<string, unknown>][] = [
    ["fail open", { InternetFailOpenOption: true }],
    ["no pin", { SslPinningEnabled: false }],
    ["RDP only", { RdpOnly: true }],
    ["no filter", { FilterCredentialProvider: false }],
    ["a prompt that outlives Windows' own logon screen", { WidgetTimeOutInSeconds: 120 }],
  ];
  for (const [what, change] of risky) {
    it(`leaves the decision on ${what} to a person: it is told as risky, and is in nothing that is to be copied whole`, async () => {
      const closed = { InternetFailOpenOption: false, ...change };
      const done = await propose({ [CONFIG]: settingsText(closed) });
      assert.ok(done.ok);
      const [name] = Object.keys(change);
      const row = done.proposal.settings.find(({ found }) => found.what === name);
      assert.equal(row?.verdict, "decide");
      assert.match(row?.note ?? "", /RISKY/);
      const { installer, agent } = done.proposal;
      for (const { text } of row?.set ?? []) assert.ok(!installer.includes(text) && !JSON.stringify(agent).includes(text), text);
      assert.ok(done.proposal.settings.filter(({ verdict }) => verdict === "decide").length === 1);
    });
  }

  it("puts what carries over together", async () => {
    const done = await propose({ [CONFIG]: settingsText() });
    assert.ok(done.ok);
    const row = done.proposal.settings.find(({ found }) => found.what === "FilterCredentialProvider");
    assert.deepEqual(
      done.proposal.installer,
      row?.set.filter(({ by }) => by === "installer").map(({ text }) => text),
    );
    assert.deepEqual(done.proposal.agent, { timeouts: { promptMs: 30_000 } });
  });

  it("proposes nothing for a value that cannot be right, and says its place", async () => {
    const all = await settings({ WidgetTimeOutInSeconds: "30", ErrorTimeOutInSeconds: 0 });
    assert.deepEqual(
      all.filter((one) => /TimeOut/.test(one)),
      [
        "decide WidgetTimeOutInSeconds: must be a number of seconds, without quotes (rdp_app_config.json:8:3)",
        "decide ErrorTimeOutInSeconds: must be at least 1 second (rdp_app_config.json:9:3)",
      ],
    );
  });

  it("does not pass over an option that it does not know, and says which was likely meant", async () => {
    const all = await rows({ [CONFIG]: settingsText({ InternetFailOpenOptoin: true, Frobnicate: 1 }) });
    assert.match(all.find(({ found }) => found.what === "InternetFailOpenOptoin")?.note ?? "", /was InternetFailOpenOption meant\?/);
    assert.deepEqual(
      all.filter(({ found }) => found.what === "Frobnicate").map(({ verdict, found }) => [verdict, found.value]),
      [["none", "not told"]],
    );
  });

  it("writes each policy so that the org takes it, and each key so that the file is JSON", async () => {
    const all = [
      ...(await rows({ [CONFIG]: settingsText({ RdpOnly: true, SslPinningEnabled: false }) })),
      ...(await rows({ "okta.reg": DEVICE_ACCESS })),
    ];
    const texts = all.flatMap(({ set }) => set);
    for (const { text } of texts.filter(({ by }) => by === "policy")) policyDocument.parse(JSON.parse(text));
    for (const { text } of texts.filter(({ by }) => by === "agent.json")) JSON.parse(`{${text}}`);
    assert.ok(texts.filter(({ by }) => by === "policy").length >= 4);
  });

  it("reads UTF-8 with and without a mark, UTF-16, and the code page alike", async () => {
    const expected = await settings({});
    for (const bytes of [Buffer.from(`\ufeff${settingsText()}`), utf16(settingsText()), Buffer.from(settingsText(), "latin1")])
      assert.deepEqual(short(await rows({ [CONFIG]: bytes })), expected);
  });
});

const DEVICE_ACCESS = exported(
  key(
    "HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Okta\\Okta Device Access",
    '"MFABypassList"=hex(7):61,00,00,00,62,00,\\',
    "  00,00,00,00",
    '"MaxLoginsWithOfflineFactor"=dword:00000032',
    '"ExcludePasswordCredProvider"=dword:00000001',
    `"Frobnicate"="${SECRET}"`,
  ),
);

describe("what is proposed for an export of the registry", () => {
  it("names the key's line; a provider that is switched off is a decision", async () => {
    assert.deepEqual(short(await rows({ "okta.reg": utf16(REGISTRY) })), [
      "decide its provider, value Disabled: 1 (okta.reg:7)",
      "none its filter: registered (okta.reg:9)",
      "none UserAuthentication: 1 (okta.reg:13)",
    ]);
  });

  it("says the same of UTF-16 and UTF-8, with and without a mark", async () => {
    const expected = short(await rows({ "okta.reg": utf16(REGISTRY) }));
    for (const bytes of [Buffer.from(REGISTRY), Buffer.from(`\ufeff${REGISTRY}`), Buffer.from(REGISTRY, "utf16le")])
      assert.deepEqual(short(await rows({ "okta.reg": bytes })), expected);
  });

  it("warns of another product's filter", async () => {
    const other = FILTER.replace(/\{.*/, "{11111111-2222-3333-4444-555555555555}");
    const [row] = await rows({ "okta.reg": exported(key(other, '@="Some Filter"'), key(PROVIDER)) });
    assert.deepEqual([row?.verdict, row?.found.value, row?.found.where], ["decide", "Some Filter", "okta.reg:3"]);
  });

  it("does not tell lists of accounts, nor a value that it does not know", async () => {
    assert.deepEqual(short(await rows({ "okta.reg": utf16(DEVICE_ACCESS) })), [
      "decide MFABypassList: a list (okta.reg:4)",
      "decide MaxLoginsWithOfflineFactor: 50 (okta.reg:6)",
      "carries-over ExcludePasswordCredProvider: 1 (okta.reg:7)",
      "none frobnicate: not told (okta.reg:8)",
    ]);
  });
});

describe("a file that cannot be read whole gives no proposal, and its place", () => {
  const table: [string, Record<string, string | Buffer>, string[]][] = [
    ["a file that was cut off", { [CONFIG]: settingsText().slice(0, 60) }, [`${CONFIG}:3:15: JSON: `]],
    ["a comma too many", { [CONFIG]: '{\n  "RdpOnly": true,\n}' }, [`${CONFIG}:3:1: JSON: a key in double quotes is expected here`]],
    ["smart quotes of the code page", { [CONFIG]: Buffer.from("{\n  \x93RdpOnly\x94: true\n}", "latin1") }, [`${CONFIG}:2:3: JSON: `]],
    [
      "a mark of UTF-16 before UTF-8",
      { [CONFIG]: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(settingsText())]) },
      [`${CONFIG}:1:1: JSON: `],
    ],
    ["a list", { [CONFIG]: "[]" }, [`${CONFIG}:1:1: content: is no object in braces`]],
    ["nothing in it", { [CONFIG]: "" }, [`${CONFIG}: it is empty`]],
    ["a program", { [CONFIG]: Buffer.from("MZ\0\0\x01\x02\x03\x00\x01\x02\x07\x08\x03\x00PE", "latin1") }, [`${CONFIG}: it is no text`]],
    [
      "an export without its first line",
      { "okta.reg": utf16(REGISTRY.slice(40)) },
      ["okta.reg:1:1: the first line is not “Windows Registry Editor Version 5.00”"],
    ],
    [
      "a key without its bracket",
      { "okta.reg": REGISTRY.replace("Provider Filters\\{6D269AEA-159E-4F45-BC6A-02AA9C14F310}]", "Provider Filters") },
      ["okta.reg:9:1: neither a key in brackets"],
    ],
    [
      "a number that lost a digit",
      { "okta.reg": REGISTRY.replace("dword:00000001", "dword:0000000") },
      ["okta.reg:7:1: an export writes a number in eight digits"],
    ],
    [
      "a text without an end",
      { "okta.reg": REGISTRY.replace('Provider"\r\n"Dis', 'Provider\r\n"Dis') },
      ["okta.reg:6:1: the text of this value has no end"],
    ],
    ["bytes that break off", { "okta.reg": REGISTRY.replace("\r\n  04,05", "") }, ["okta.reg:14:1: the bytes of this value break off"]],
    [
      "an export of something else",
      { "okta.reg": exported(key("HKEY_CURRENT_USER\\Software\\X", '"a"="b"')) },
      ["okta.reg: it holds no key of the other product"],
    ],
    ["a log", { "OktaWidget.log": "nothing\n" }, ["OktaWidget.log: neither an rdp_app_config.json nor a registry export"]],
    [
      "two settings files",
      { [CONFIG]: settingsText(), "old.json": settingsText() },
      [`${CONFIG}, old.json: name the one settings file that counts`],
    ],
    ["one good and one bad file", { [CONFIG]: settingsText(), "okta.reg": "x" }, ["okta.reg:1:1: "]],
  ];
  for (const [what, files, expected] of table) {
    it(what, async () => {
      const said = await complaints(files);
      assert.equal(said.length, expected.length, said.join("\n"));
      for (const [at, begin] of expected.entries()) assert.ok(said[at]?.startsWith(begin), `${said[at]}`);
    });
  }
});

describe("S25, S30", () => {
  it("a file cut at any byte is refused, or tells of no setting that the whole does not have; a secret is never told", async () => {
    let refused = 0;
    for (const [name, whole] of [
      [CONFIG, Buffer.from(settingsText())],
      ["okta.reg", Buffer.from(REGISTRY)],
    ] as const) {
      // Cut exactly at the end of a line it looks whole: the value Disabled is then not there.
      const expected = new Set([...short(await rows({ [name]: whole })), "none its provider: registered (okta.reg:5)"]);
      for (let end = 0; end < whole.length; end++) {
        const done = await propose({ [name]: whole.subarray(0, end) });
        assert.ok(!JSON.stringify(done).includes(SECRET));
        if (done.ok) for (const one of short(done.proposal.settings)) assert.ok(expected.has(one), `cut at ${end}: ${one}`);
        else refused += 1;
      }
    }
    assert.ok(refused > 500, `${refused} refused`);
  });

  it("a secret is never told, wherever it was typed; and no file makes the reader fall over", async () => {
    const spot = fc.constantFrom("ClientSecret", "ClientId", "Url", "RdpOnly", "WidgetTimeOutInSeconds", "Other", "ClientSecrt");
    await fc.assert(
      fc.asyncProperty(spot, fc.nat(400), fc.string({ unit: "binary", maxLength: 3 }), fc.boolean(), async (name, at, put, wide) => {
        const text = settingsText({ ClientSecret: "QUJD", [name]: `https://user:${SECRET}@x` });
        const bent = text.slice(0, at) + put + text.slice(at + 1);
        for (const one of [text, bent]) {
          const told = JSON.stringify(await propose({ [CONFIG]: wide ? utf16(one) : one }));
          assert.ok(!told.includes(SECRET), told);
        }
        await propose({ "x.reg": REGISTRY.slice(0, at) + put + REGISTRY.slice(at) });
      }),
      { numRuns: 300 },
    );
  });
});
