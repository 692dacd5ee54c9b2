/** Approval by link: prove who you are, see the logon, and get the code that is typed at the machine (contracts/src/link.ts). */
import type { LinkAnswered, LinkBegun, LinkProven } from "@sallyport/contracts";
import { useEffect, useState } from "preact/hooks";
import { type Answer, call, type Refusal } from "../../shown/call.ts";
import { Problem, Status, Step } from "../../shown/step.tsx";
import { problemText } from "../problem-text.ts";
import { askPasskey, canUsePasskeys } from "../sign-in/passkey.ts";
import { useTexts } from "../texts/texts.ts";
import { LinkCode } from "./link-code.tsx";
import { ShownLogon } from "./shown-logon.tsx";

type At =
  | { kind: "begin" }
  | { kind: "gone" }
  | { kind: "shown"; proven: LinkProven }
  | { kind: "answered"; answer: "yes" | "no" | "not-me"; code: string };

export function Approve({ token }: { token: string }) {
  const t = useTexts();
  const [at, setAt] = useState<At>({ kind: "begin" });
  const [refusal, setRefusal] = useState<Refusal>();
  const [noPasskey, setNoPasskey] = useState(false);
  const [busy, setBusy] = useState(false);
  const refuse = (refused: Refusal) => (refused.code === "E0000011" ? setAt({ kind: "gone" }) : setRefusal(refused));
  const prove = async () => {
    setBusy(true);
    setRefusal(undefined);
    setNoPasskey(false);
    const proven = await proveByPasskey(token);
    setBusy(false);
    if (proven === "none") setNoPasskey(true);
    else if (proven.ok) setAt({ kind: "shown", proven: proven.body });
    else refuse(proven);
  };
  const answer = async (approval: string, said: "yes" | "no" | "not-me") => {
    setBusy(true);
    const answered = await call<LinkAnswered>("POST", "/api/v1/approve/answer", { token, approval, answer: said });
    setBusy(false);
    if (answered.ok) setAt({ kind: "answered", answer: said, code: answered.body.code ?? "" });
    else refuse(answered);
  };
  if (at.kind === "gone") return <Over title={t.approve.goneTitle} text={t.approve.gone} />;
  if (at.kind === "shown")
    return <ShownLogon proven={at.proven} refusal={refusal} busy={busy} onAnswer={(said) => void answer(at.proven.approval, said)} />;
  if (at.kind === "answered") {
    if (at.answer === "no") return <Over title={t.approve.noTitle} text={t.approve.noText} />;
    if (at.answer === "not-me") return <Over title={t.approve.notMeTitle} text={t.approve.notMeText} />;
    return <LinkCode code={at.code} />;
  }
  const problem = !canUsePasskeys() ? t.problem.passkeyUnable : noPasskey ? t.problem.passkeyNone : undefined;
  return (
    <Step title={t.approve.title}>
      <p>{t.approve.why}</p>
      <Problem text={refusal ? problemText(t, refusal, "approval") : problem} />
      {busy && <Status waiting>{t.passkey.waiting}</Status>}
      <div class="actions">
        <button type="button" class="full" disabled={busy || !canUsePasskeys()} onClick={() => void prove()}>
          {t.approve.use}
        </button>
      </div>
    </Step>
  );
}

/** `none`: the person gave no passkey, or the browser had none. */
async function proveByPasskey(token: string): Promise<Answer<LinkProven> | "none"> {
  const begun = await call<LinkBegun>("POST", "/api/v1/approve/begin", { token });
  if (!begun.ok) return begun;
  const proof = await askPasskey(begun.body.publicKey);
  return proof ? call("POST", "/api/v1/approve/prove", { ...proof, token }) : "none";
}

function Over({ title, text }: { title: string; text: string }) {
  const t = useTexts();
  // The address still holds the link.
  useEffect(() => history.replaceState(null, "", "/"), []);
  return (
    <Step key={title} title={title}>
      <p>{text}</p>
      <p>{t.common.close}</p>
    </Step>
  );
}
