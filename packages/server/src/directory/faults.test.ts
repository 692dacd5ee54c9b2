/** Every error on the way to a directory becomes one sentence that says who can put it right; what it ran past is not repeated. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BusyError,
  InvalidCredentialsError,
  ResultCodeError,
  SizeLimitExceededError,
  StrongAuthRequiredError,
  UnknownStatusCodeError,
} from "ldapts";
import { faultOf, ServerFault } from "./faults.ts";

const SERVER = "ldaps://dc1.corp.example.test";
const node = (code: string) => Object.assign(new Error(`${code} happened`), { code });
const ad = (data: string) =>
  new InvalidCredentialsError(`80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data ${data}, v4f7c`);

test("each begins with the server, and says what is to be done", () => {
  for (const [error, sentence, elsewhere] of [
    [node("ECONNREFUSED"), /refuses the connection.*See that the directory runs/, true],
    [node("ENOTFOUND"), /name that nobody knows.*Check the spelling/, true],
    [node("CERT_HAS_EXPIRED"), /expired.*new certificate/, true],
    [node("ERR_TLS_CERT_ALTNAME_INVALID"), /for other names.*as its certificate names it/, true],
    [node("SELF_SIGNED_CERT_IN_CHAIN"), /does not trust.*trust\.ca/, true],
    [node("PIN"), /source's pin.*new pin/, true],
    [new Error("BindRequest: Operation timed out"), /did not answer in time/, true],
    [new Error("Connection closed before message response was received."), /broke the connection off/, true],
    [ad("52e"), /its name or its password is wrong.*present password/, false],
    [ad("775"), /it is locked after too many wrong passwords\. Whoever runs the directory/, false],
    [ad("532"), /it has a password that has expired/, false],
    [new InvalidCredentialsError("Invalid Credentials"), /its name or its password is wrong/, false],
    [new StrongAuthRequiredError(), /encrypted.*startTls/, false],
    [new SizeLimitExceededError(), /fewer entries than there are.*limit lifted/, false],
    [new BusyError(), /is busy/, true],
    [new UnknownStatusCodeError(10, "0000202B: RefErr"), /not followed \(referral\)/, false],
    [new UnknownStatusCodeError(4711), /refused the request/, true],
    [new Error("never thought of"), /cannot be read/, true],
  ] as const) {
    const fault = faultOf(error, SERVER);
    assert.match(fault.sentence, sentence);
    assert.ok(fault.sentence.startsWith(`${SERVER} `) && fault.sentence.endsWith("."), fault.sentence);
    assert.deepEqual([fault.causeId, fault.evidence.server, fault.elsewhere], ["org.directory", SERVER, elsewhere], fault.sentence);
    assert.ok(fault.evidence.error.length > 0);
  }
});

test("what a server says is evidence of one line, whatever it says", () => {
  const { evidence } = faultOf(new UnknownStatusCodeError(80, `a\nb\u0000\u001b[31m${"x".repeat(1000)}`), SERVER);
  assert.match(evidence.error, /^result 80: a b \[31mx+$/);
  assert.ok(evidence.error.length < 330);
});

test("a fault stays what it is", () => {
  const fault = new ServerFault(SERVER, "It is so.", "x", false);
  assert.equal(faultOf(fault, "ldaps://other"), fault);
  assert.ok(!(fault instanceof ResultCodeError));
});
