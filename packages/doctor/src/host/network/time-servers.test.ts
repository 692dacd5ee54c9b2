/** The time servers of chrony, ntpd and systemd-timesyncd are read from their own files. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { readTimeServers } from "./time-servers.ts";

const CASES: [string, Record<string, string>, string[]][] = [
  ["none", {}, []],
  [
    "chrony, also from its folders",
    {
      "etc/chrony/chrony.conf":
        "# server old.example\npool 2.debian.pool.ntp.org iburst\nserver ntp.corp.example iburst port 1123\nsourcedir /etc/chrony/sources.d\n",
      "etc/chrony/sources.d/dc.sources": "server dc1.corp.example\n",
      "etc/chrony/sources.d/README": "server readme.example\n",
      "etc/systemd/timesyncd.conf": "[Time]\nNTP=unused.example\n",
    },
    ["2.debian.pool.ntp.org", "ntp.corp.example:1123", "dc1.corp.example"],
  ],
  [
    "ntpd, without a clock that is plugged in",
    { "etc/ntp.conf": "server 127.127.1.0\nserver a.example prefer\npeer b.example\nrestrict default\n" },
    ["a.example", "b.example"],
  ],
  [
    "timesyncd",
    { "etc/systemd/timesyncd.conf": "[Time]\n#NTP=no.example\nNTP=a.example b.example\nFallbackNTP=c.example\n" },
    ["a.example", "b.example"],
  ],
  ["timesyncd's last resort", { "etc/systemd/timesyncd.conf.d/10.conf": "[Time]\r\nNTP=\r\nFallbackNTP = c.example\r\n" }, ["c.example"]],
];

for (const [what, files, wanted] of CASES) {
  test(what, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), "sallyport-ntp-"));
    t.after(() => rmSync(folder, { recursive: true }));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const found = await readTimeServers(folder);
    assert.deepEqual(
      found.map(({ host, port }) => (port === undefined ? host : `${host}:${port}`)),
      wanted,
    );
    for (const { from } of found) assert.ok(files[from.slice(1)] !== undefined, from);
  });
}
