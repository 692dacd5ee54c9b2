/** A QR code as a `data:` image: drawn here, so that what it says goes to nobody, and shown by `img` without any call. */
import qrcode from "qrcode-generator";

/** Pixels of a module, and the quiet zone around, which ISO/IEC 18004 wants to be four modules. */
const SIZE = { module: 5, margin: 20 };

/** GIF, which every browser and the public clients' `img` draw. */
export function qrImage(text: string): { href: string; type: string } {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  return { href: code.createDataURL(SIZE.module, SIZE.margin), type: "image/gif" };
}
