/** Adding a factor on one's own pages: the choice of its kind, then its confirmation. */
import type { AddMyFactorRequest, EnrolledKind, MyFactorBegun, MyFactorView } from "@sallyport/contracts";
import { useState } from "preact/hooks";
import { call } from "../../shown/call.ts";
import { ChooseNew } from "../enrol/choose-new.tsx";
import { NewFactor } from "../enrol/new-factor.tsx";
import { useTexts } from "../texts/texts.ts";
import type { Own } from "./use-me.ts";

const FACTORS = "/api/v1/me/factors";

export function AddFactor({ own, kinds, onDone }: { own: Own; kinds: EnrolledKind[]; onDone(): void }) {
  const t = useTexts();
  const [begun, setBegun] = useState<MyFactorBegun>();
  const begin = async (kind: EnrolledKind, to?: string) => {
    const body: AddMyFactorRequest = { kind, ...(to === undefined ? {} : kind === "email" ? { address: to } : { number: to }) };
    const made = await own.change<MyFactorBegun>(() => call("POST", FACTORS, body));
    if (made) setBegun(made.body);
    return made !== undefined;
  };
  if (!begun)
    return (
      <ChooseNew
        kinds={kinds}
        why={t.enrol.choose}
        refusal={own.refusal}
        busy={own.busy}
        onBegin={begin}
        leave={{ text: t.common.back, act: onDone }}
      />
    );
  const { factor, activation } = begun;
  const confirm = async (proof: object) => {
    const done = await own.change(() => call("POST", `${FACTORS}/${factor.id}/activate`, proof));
    if (done) onDone();
    return done !== undefined;
  };
  const look = async () => {
    const now = await call<MyFactorView[]>("GET", FACTORS);
    if (now.ok && now.body.some(({ id, status }) => id === factor.id && status === "ACTIVE")) onDone();
  };
  const back = () => {
    setBegun(undefined);
    // A phone may have become one just now. Whatever stays unfinished, the next one of its kind ends.
    if (factor.kind !== "push") void call("DELETE", `${FACTORS}/${factor.id}`);
  };
  return (
    <NewFactor
      kind={factor.kind}
      activation={activation}
      refusal={own.refusal}
      busy={own.busy}
      onProof={confirm}
      onLook={look}
      onBack={back}
    />
  );
}
