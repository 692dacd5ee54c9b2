/** What every kind of new factor is given to be confirmed with. */
import type { EnrolledKind } from "@sallyport/contracts";
import type { Refusal } from "../../shown/call.ts";

export interface NewFactorProps {
  kind: EnrolledKind;
  /** Shown once, by the org that made it. */
  activation: Record<string, unknown>;
  refusal: Refusal | undefined;
  busy: boolean;
  /** Sends what proves the new factor; answers whether it was taken. */
  onProof(proof: object): Promise<boolean>;
  /** Asks whether the phone has answered. */
  onLook(): Promise<unknown>;
  onBack(): void;
}

/** The picture of a QR code that the org drew itself: a `data:` URI. */
export function qrOf(activation: Record<string, unknown>): string | undefined {
  const links = activation["_links"] as { qrcode?: { href?: string } } | undefined;
  const href = links?.qrcode?.href;
  return href?.startsWith("data:image/") ? href : undefined;
}
