/** What a person does to confirm a new factor, by its kind; the same in a sign-in and on their own pages. */
import { ConfirmCode } from "./confirm-code.tsx";
import { ConfirmPasskey } from "./confirm-passkey.tsx";
import { ConfirmPhone } from "./confirm-phone.tsx";
import { ConfirmTotp } from "./confirm-totp.tsx";
import type { NewFactorProps } from "./new-factor-props.ts";

export function NewFactor(props: NewFactorProps) {
  if (props.kind === "totp") return <ConfirmTotp {...props} />;
  if (props.kind === "passkey") return <ConfirmPasskey {...props} />;
  if (props.kind === "push") return <ConfirmPhone {...props} />;
  return <ConfirmCode {...props} />;
}
