/** Which files are read of what is given on the command line, and that nothing is left out in silence. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { exitCodeOf } from "../conclude.ts";
import { diagnoseOkta } from "./diagnose-okta.ts";
import { diagnoseFiles, log, removeFiles, root } from "./files.fixture.ts";
import { findFiles } from "./find-files.ts";

after(removeFiles);

describe("paths", () => {
  it("that are not there, or are no text, are named, and what is there is read", async () => {
    const found = await diagnoseFiles({ "OktaWidget.log": log("S1: 401"), "x.bin": Buffer.alloc(500, 3) }, [
      "nowhere.log",
      "OktaWidget.log",
      "x.bin",
    ]);
    assert.equal(found.incidents[0]?.count, 1);
    assert.deepEqual(
      found.notLookedAt.slice(0, 2).map(({ what, why }) => `${what.split("/").at(-1)}: ${why}`),
      ["nowhere.log: it is not there", "x.bin: it is no text"],
    );
  });

  it("given twice, by name and in their folder, count once", async () => {
    const found = await diagnoseFiles({ "logs/OktaWidget.log": log("S1: 401") }, ["logs", "logs/OktaWidget.log", "logs/../logs"]);
    assert.equal(found.incidents[0]?.count, 1);
  });

  it("given by name are read whatever the name, and a log with nothing of the other product says so", async () => {
    const found = await diagnoseFiles({ "ticket 17": log("S1: 401"), "other.log": "all is well\n" }, ["ticket 17", "other.log"]);
    assert.equal(found.incidents[0]?.kind, "http-401");
    assert.match(JSON.stringify(found.notLookedAt), /other\.log.*nothing in it is of the other product/);
  });

  it("that lead in a circle or to a pipe end", async () => {
    const folder = join(root, "circle");
    mkdirSync(folder);
    symlinkSync(folder, join(folder, "again"));
    spawnSync("mkfifo", [join(folder, "OktaWidget.log")]);
    writeFileSync(join(folder, "OktaCP.log"), log("S1: 401"));
    const found = await diagnoseOkta([folder]);
    assert.equal(found.incidents[0]?.count, 1);
  });

  it("with a packed log that is damaged say so, and keep what was read before", async () => {
    const packed = gzipSync(log("S1: 401").repeat(20_000));
    const found = await diagnoseFiles({ "OktaWidget.log.gz": packed.subarray(0, packed.length - 10) });
    assert.equal(found.incidents[0]?.kind, "http-401");
    assert.equal(found.notLookedAt[0]?.what.endsWith("OktaWidget.log.gz"), true);
  });

  it("that hold more than is read are not called healthy", async () => {
    const deep = await diagnoseFiles({
      "a/OktaWidget.log": "OktaWidget: widget shown\n",
      [`${"d/".repeat(14)}OktaWidget.log`]: log("S1: 401"),
    });
    assert.match(deep.notLookedAt[0]?.why ?? "", /deeper than 12 folders/);
    assert.equal(exitCodeOf(deep), 2);
    const many = join(root, "many");
    mkdirSync(many);
    writeFileSync(join(many, "0.log"), "x\n");
    for (let number = 1; number <= 20_000; number++) linkSync(join(many, "0.log"), join(many, `${number}.log`));
    const { files, missed } = await findFiles([many]);
    assert.equal(files.length, 20_000);
    assert.deepEqual(missed, [{ what: "many/9999.log and what follows", why: "more than 20000 files", asked: true }]);
  });
});
