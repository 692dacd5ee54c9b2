/** Sign-in: shows the step that the transaction is at, whatever way it came there: forward, back, by a reload or in another language. */
import type { FactorView } from "@sallyport/contracts";
import { useCallback, useEffect, useLayoutEffect, useState } from "preact/hooks";
import { Facts } from "../../shown/facts.tsx";
import { Status, Step } from "../../shown/step.tsx";
import { EnrolStep } from "../enrol/enrol-step.tsx";
import { TicketForm } from "../enrol/ticket-form.tsx";
import { logonRows } from "../logon-rows.ts";
import { useTexts } from "../texts/texts.ts";
import { ChooseFactor } from "./choose-factor.tsx";
import { CodeForm } from "./code-form.tsx";
import { Ended } from "./ended.tsx";
import { Finish } from "./finish.tsx";
import { NewPassword } from "./new-password.tsx";
import { PasskeyStep } from "./passkey-step.tsx";
import { PasswordForm } from "./password-form.tsx";
import { PushStep } from "./push-step.tsx";
import { choices, isTyped, linkOf, offered, step, type View } from "./transaction.ts";
import { type Running, useTransaction } from "./use-transaction.ts";

export interface StepProps {
  view: View;
  running: Running;
  /** Back to the choice; absent where there is none. */
  onOther?: (() => void) | undefined;
}

/** `again`: somebody who is signed in proves a factor once more. */
export function SignIn({ again }: { again: boolean }) {
  const t = useTexts();
  const running = useTransaction();
  const { view, ended, looking } = running;
  if (looking)
    return (
      <Step title={t.signIn.title}>
        <Status waiting>{t.common.loading}</Status>
      </Step>
    );
  if (ended !== undefined) return <Ended how={ended} onAgain={running.reset} />;
  if (!view || view.status === "UNAUTHENTICATED") return <PasswordForm running={running} again={again} />;
  return (
    <>
      <WhoseLogon view={view} />
      <OpenStep view={view} running={running} />
    </>
  );
}

/** Whoever has the password may have sent this page to its person: they see which logon it is before they prove anything. */
function WhoseLogon({ view }: { view: View }) {
  const t = useTexts();
  const { logon, user } = view._embedded ?? {};
  if (!logon || !user || view.status === "SUCCESS") return null;
  return (
    <aside class="card" aria-label={t.approve.shownTitle}>
      <p class="alert">{t.logon.yours}</p>
      <Facts rows={logonRows(t, logon, user.profile.login)} />
    </aside>
  );
}

function OpenStep({ view, running }: { view: View; running: Running }) {
  const [chosen, setChosen] = useChosen(view, running);
  const factors = offered(view);
  const other = choices(factors).length > 1 || view.status === "MFA_CHALLENGE" ? () => setChosen("choose") : undefined;
  switch (view.status) {
    case "SUCCESS":
      return <Finish view={view} onFailed={() => running.end("expired")} />;
    case "PASSWORD_EXPIRED":
      return <NewPassword view={view} running={running} />;
    case "MFA_REQUIRED": {
      const factor = typedNow(factors, chosen);
      if (factor) return <CodeForm key={factor.id} view={view} running={running} factor={factor} onOther={other} />;
      return <ChooseFactor view={view} running={running} onTyped={(id) => setChosen(id)} />;
    }
    case "MFA_CHALLENGE":
      return <ChallengeStep view={view} running={running} onOther={other} />;
    case "MFA_ENROLL": {
      const next = linkOf(view, "next");
      if (next?.name === "ticket") return <TicketForm view={view} running={running} next={next} />;
      return <EnrolStep view={view} running={running} />;
    }
    case "MFA_ENROLL_ACTIVATE":
      return <EnrolStep view={view} running={running} />;
    default:
      return <Ended how="expired" onAgain={running.reset} />;
  }
}

function ChallengeStep({ view, running, onOther }: StepProps) {
  const factor = view._embedded?.factor;
  if (!factor) return <Ended how="expired" onAgain={running.reset} />;
  if (factor.kind === "push") return <PushStep key={factor.id} view={view} running={running} onOther={onOther} />;
  if (factor.kind === "passkey") return <PasskeyStep key={factor.id} view={view} running={running} onOther={onOther} />;
  return <CodeForm key={factor.id} view={view} running={running} factor={factor} onOther={onOther} />;
}

/** Whoever has an app mostly uses it: its field comes first. Nothing is sent to anybody without their wish. */
function typedNow(factors: FactorView[], chosen: string | undefined): FactorView | undefined {
  if (chosen === "choose") return undefined;
  const factor = chosen === undefined ? factors[0] : factors.find(({ id }) => id === chosen);
  return factor && isTyped(factor.kind) && (chosen !== undefined || factor.kind === "totp") ? factor : undefined;
}

/** What was chosen stands in the browser's history, so that *back* leads to the choice and ends nothing. */
function useChosen(view: View, running: Running): [string | undefined, (chosen: string) => void] {
  const [chosen, setChosen] = useState<string>();
  const { run, forgive } = running;
  const leave = useCallback(
    (next: string | undefined) => {
      setChosen(next);
      forgive();
      if (view.status === "MFA_CHALLENGE") void run(() => step(view, "/previous"));
    },
    [view, run, forgive],
  );
  useEffect(() => {
    const onBack = () => leave("choose");
    addEventListener("popstate", onBack);
    return () => removeEventListener("popstate", onBack);
  }, [leave]);
  const inFactor = view.status === "MFA_CHALLENGE" || (chosen !== undefined && chosen !== "choose");
  // With what is shown, not after it: whoever goes back at once must find the choice, not the page before the sign-in.
  useLayoutEffect(() => {
    if (inFactor && history.state?.factor !== true) history.pushState({ factor: true }, "");
  }, [inFactor]);
  return [chosen, (next) => (next === "choose" ? leave("choose") : setChosen(next))];
}
