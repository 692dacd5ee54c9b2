/** Draws a QR code as text, for terminals. */
import qrcode from "qrcode-generator";

/** Two rows of modules in one line of text, light on dark, with a quiet zone. Low error correction: a screen has no scratches, and smaller fits more screens. */
export function drawQr(text: string): string {
  const code = qrcode(0, "L");
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const dark = (row: number, column: number) => row >= 0 && column >= 0 && row < size && column < size && code.isDark(row, column);
  const lines: string[] = [];
  for (let row = -2; row < size + 2; row += 2) {
    let line = "";
    for (let column = -2; column < size + 2; column++) {
      const top = dark(row, column);
      const bottom = dark(row + 1, column);
      line += top && bottom ? " " : top ? "▄" : bottom ? "▀" : "█";
    }
    lines.push(line);
  }
  return lines.join("\n");
}
