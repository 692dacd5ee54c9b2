/** A QR code as inline SVG: one path, drawn by the page itself, so that the secret goes to nobody. */
import qrcode from "qrcode-generator";
import { Html } from "../pages/html.ts";

/** Four modules of quiet zone, as ISO/IEC 18004 wants; always dark on white, or scanners fail in a dark theme. */
export function qrSvg(text: string, label: string): Html {
  const code = qrcode(0, "M");
  code.addData(text);
  code.make();
  const count = code.getModuleCount();
  let path = "";
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < count; column++) {
      if (code.isDark(row, column)) path += `M${column + 4} ${row + 4}h1v1h-1z`;
    }
  }
  const size = count + 8;
  const safe = label.replace(/[&<>"]/g, "");
  return new Html(
    `<svg class="qr" role="img" aria-label="${safe}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
      `<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>`,
  );
}
