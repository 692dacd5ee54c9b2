/** The group policy templates: well-formed, no text missing in any language, and nothing offered that the provider does not read. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DOMParser, type Element, onWarningStopParsing } from "@xmldom/xmldom";
import { ROOT } from "../prepare.js";

const FOLDER = join(ROOT, "packaging/windows/policy");
const KEY = "SOFTWARE\\Policies\\Sallyport\\Provider";
const LANGUAGES = readdirSync(FOLDER).filter((name) => /^[a-z]{2}-[A-Z]{2}$/.test(name));

const read = (...path: string[]) => {
  const text = readFileSync(join(FOLDER, ...path), "utf8");
  const document = new DOMParser({ onError: onWarningStopParsing }).parseFromString(text, "text/xml");
  return { text, all: (name: string) => Array.from(document.getElementsByTagName(name)) };
};
const template = read("sallyport.admx");
const attribute = (element: Element, name: string) => element.getAttribute(name) ?? "";

test("a template that is not well-formed would be found", () => {
  const parse = () => new DOMParser({ onError: onWarningStopParsing }).parseFromString("<a><b></a>", "text/xml");
  assert.throws(parse);
});

test("every policy sets values of one key, each of which the provider reads there", () => {
  const settings = readFileSync(join(ROOT, "native/windows/provider/system.cpp"), "utf8");
  assert.ok(settings.includes(`L"${KEY.replaceAll("\\", "\\\\")}"`));
  const readByDll = [...settings.matchAll(/\b(?:number|read_value)\(L"(\w+)"/g)].map((match) => match[1] ?? "");
  const policies = template.all("policy");
  for (const policy of policies) {
    assert.equal(attribute(policy, "key"), KEY);
    assert.equal(attribute(policy, "class"), "Machine");
  }
  const set = [...template.text.matchAll(/valueName="(\w+)"/g)].map((match) => match[1] ?? "");
  assert.equal(set.length, policies.length);
  // The agent alone arms: a template must not.
  assert.deepEqual(set.sort(), readByDll.filter((name) => name !== "Armed").sort());
});

for (const language of LANGUAGES)
  test(`${language}: each text and each presentation that the template names is there, once, and none is left over`, () => {
    const texts = read(language, "sallyport.adml");
    for (const [kind, element] of [
      ["string", "string"],
      ["presentation", "presentation"],
    ] as const) {
      const wanted = new Set([...template.text.matchAll(new RegExp(`\\$\\(${kind}\\.(\\w+)\\)`, "g"))].map((match) => match[1]));
      const given = texts.all(element).map((one) => attribute(one, "id"));
      assert.deepEqual([...given].sort(), [...wanted].sort());
    }
    for (const one of texts.all("string")) assert.ok((one.textContent ?? "").trim().length > 3, attribute(one, "id"));
    const elements = ["multiText", "enum"].flatMap((name) => template.all(name)).map((one) => attribute(one, "id"));
    const shown = [...texts.text.matchAll(/refId="(\w+)"/g)].map((match) => match[1] ?? "");
    assert.deepEqual(shown.sort(), elements.sort());
  });

test("both languages are there, and the German one is no copy", () => {
  assert.deepEqual(LANGUAGES, ["de-DE", "en-US"]);
  assert.notEqual(read("de-DE", "sallyport.adml").text, read("en-US", "sallyport.adml").text);
});
