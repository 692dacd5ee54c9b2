/** The org's bare address: whoever is signed in sees their account, everybody else signs in. */
import { useEffect } from "preact/hooks";
import { call } from "../shown/call.ts";
import { Status, Step } from "../shown/step.tsx";
import { useTexts } from "./texts/texts.ts";

export function Start() {
  const t = useTexts();
  useEffect(() => {
    void call("GET", "/api/v1/sessions/me").then((session) => location.replace(session.ok ? "/me" : "/signin"));
  }, []);
  return (
    <Step title={t.signIn.title}>
      <Status waiting>{t.common.loading}</Status>
    </Step>
  );
}
