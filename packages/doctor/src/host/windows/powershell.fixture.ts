/** Reads the scripts for Windows by a parser of PowerShell: no Windows runs them here. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import TreeSitter, { type Node } from "@vscode/tree-sitter-wasm";

export const readScript = (name: string) => readFileSync(new URL(`./${name}`, import.meta.url), "utf8");

export async function parse(script: string): Promise<Node> {
  await TreeSitter.Parser.init();
  const grammar = readFileSync(new URL(import.meta.resolve("@vscode/tree-sitter-wasm/wasm/tree-sitter-powershell.wasm")));
  const parser = new TreeSitter.Parser();
  parser.setLanguage(await TreeSitter.Language.load(grammar));
  const tree = parser.parse(script);
  assert.ok(tree);
  return tree.rootNode;
}

export const textsOf = (kind: string, root: Node) => root.descendantsOfType(kind).flatMap((node) => (node ? [node.text] : []));

/** Static methods of .NET with their class, and methods of objects by name: each once, sorted. */
export function callsIn(root: Node): { statics: string[]; methods: string[] } {
  const calls = root.descendantsOfType("invokation_expression").flatMap((node) => {
    const name = node?.namedChildren.find((child) => child?.type === "member_name")?.text ?? "";
    const args = node?.namedChildren.find((child) => child?.type === "argument_list");
    return node && args ? [{ name, whole: node.text.slice(0, args.startIndex - node.startIndex) }] : [];
  });
  const isStatic = ({ whole }: { whole: string }) => /^\[[\w.]+\]::\w+$/.test(whole);
  const once = (all: string[]) => [...new Set(all)].sort();
  return {
    statics: once(calls.filter(isStatic).map(({ whole }) => whole)),
    methods: once(calls.filter((one) => !isStatic(one)).map(({ name }) => name)),
  };
}
