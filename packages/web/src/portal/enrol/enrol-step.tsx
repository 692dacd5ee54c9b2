/** Adding a factor within a sign-in: the choice of its kind, then its confirmation; what is shown once is kept here until then. */
import type { EnrolledKind } from "@sallyport/contracts";
import { useRef } from "preact/hooks";
import { Step } from "../../shown/step.tsx";
import type { StepProps } from "../sign-in/sign-in.tsx";
import { follow, linkOf, offered, step } from "../sign-in/transaction.ts";
import { useTexts } from "../texts/texts.ts";
import { ChooseNew } from "./choose-new.tsx";
import { NewFactor } from "./new-factor.tsx";

export function EnrolStep({ view, running }: StepProps) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const kept = useRef<{ id: string; activation: Record<string, unknown> } | undefined>(undefined);
  const factor = view._embedded?.factor;
  const given = factor?._embedded?.["activation"] as Record<string, unknown> | undefined;
  if (factor?.id !== undefined && given) kept.current = { id: factor.id, activation: given };
  if (view.status === "MFA_ENROLL") return <ChooseInSignIn view={view} running={running} />;
  const back = () => void run(() => step(view, "/previous"));
  const next = linkOf(view, "next");
  const known = kept.current?.id === factor?.id ? kept.current : undefined;
  // After a reload the secret is gone for good: another one is made.
  if (!factor || !next || !known)
    return (
      <Step title={t.enrol.chooseTitle}>
        <p>{t.enrol.again}</p>
        <div class="actions">
          <button type="button" disabled={busy} onClick={back}>
            {t.common.startAgain}
          </button>
        </div>
      </Step>
    );
  return (
    <NewFactor
      key={factor.id}
      kind={factor.kind}
      activation={known.activation}
      refusal={refusal}
      busy={busy}
      onProof={(proof) => run(() => follow(view, next.href, named(proof)))}
      onLook={() => run(() => follow(view, next.href), true)}
      onBack={back}
    />
  );
}

/** The transaction takes a name as a part of the factor's profile. */
function named(proof: object & { name?: string }): object {
  const { name, ...rest } = proof;
  return name === undefined ? rest : { ...rest, profile: { name } };
}

function ChooseInSignIn({ view, running }: StepProps) {
  const t = useTexts();
  const { refusal, busy, run } = running;
  const free = offered(view).filter(({ _links }) => _links?.["enroll"] !== undefined);
  const skip = linkOf(view, "skip");
  const begin = async (kind: EnrolledKind, to?: string) => {
    const offer = free.find((one) => one.kind === kind);
    if (!offer) return false;
    const { factorType, provider } = offer;
    const profile = to === undefined ? {} : { profile: kind === "email" ? { email: to } : { phoneNumber: to } };
    return run(() => step(view, "/factors", { factorType, provider, ...profile }));
  };
  return (
    <ChooseNew
      kinds={free.map(({ kind }) => kind)}
      why={skip ? t.enrol.chooseMore : t.enrol.choose}
      refusal={refusal}
      busy={busy}
      onBegin={begin}
      leave={skip && { text: t.enrol.skip, act: () => void run(() => follow(view, skip.href)) }}
    />
  );
}
