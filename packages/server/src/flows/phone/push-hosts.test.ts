/** S34: which addresses a phone may name as its push service. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { pushHostOf } from "./push-hosts.ts";

test("S34: the browsers' push services are known, and nothing that only looks like one", () => {
  for (const known of [
    "https://fcm.googleapis.com/fcm/send/abc",
    "https://updates.push.services.mozilla.com/wpush/v2/abc",
    "https://web.push.apple.com/abc",
    "https://db5p.notify.windows.com/w/?token=abc",
  ])
    assert.equal(pushHostOf(known, []), "known", known);
  for (const other of [
    "http://fcm.googleapis.com/fcm/send/abc",
    "https://evilfcm.googleapis.com/",
    "https://fcm.googleapis.com.evil.example/",
    "https://fcm.googleapis.com@evil.example/",
    "https://fcm.googleapis.com:8443/",
    "https://evilnotify.windows.com/",
    "https://notify.windows.com/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://localhost/",
    "file:///etc/passwd",
    "no address",
  ])
    assert.equal(pushHostOf(other, []), undefined, other);
});

test("S34: what an administrator added counts on any port, and by its exact name", () => {
  const added = ["push.corp.example"];
  assert.equal(pushHostOf("https://push.corp.example:8443/abc", added), "added");
  for (const other of ["https://sub.push.corp.example/", "http://push.corp.example/", "https://user:pw@push.corp.example/"])
    assert.equal(pushHostOf(other, added), undefined, other);
});
