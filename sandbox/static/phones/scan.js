// Scanning: a picture with a QR code where the browser can read one, and the codes that the account has made.

import { button, make, webLink } from "./dom.js";
import { ask } from "./server.js";

/** Opens the list of codes in `sheet`; `scanned` gets the code that was chosen: `{ticket, scene, url}`. */
export async function scan(sheet, scanned) {
  const said = make("p", "sheet-note");
  said.setAttribute("role", "status");
  const list = make("ul", "codes");
  const choose = (code) => {
    sheet.close();
    scanned(code);
  };
  sheet.open("扫一扫", [...("BarcodeDetector" in window ? [picture(said, () => codes, choose)] : []), said, list]);
  let codes = [];
  try {
    codes = (await ask("GET", "/api/scenes")).scenes;
  } catch (error) {
    said.textContent = String(error.message || error);
    return;
  }
  if (!codes.length) said.textContent = "公众号还没有生成二维码。";
  list.replaceChildren(...codes.map((code) => {
    const line = make("li");
    const image = make("img");
    image.src = `/codes/${encodeURIComponent(code.ticket)}`;
    image.alt = "";
    const choice = button("", "", () => choose(code));
    choice.append(image, make("span", "", code.scene));
    line.append(choice);
    return line;
  }));
}

function picture(said, codes, choose) {
  const label = make("label", "code-file", "选一张有二维码的图片");
  const file = make("input", "quiet");
  file.type = "file";
  file.accept = "image/*";
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    if (!chosen) return;
    let found = [];
    try {
      found = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(chosen));
    } catch { /* not a picture: the same as one without a code */ }
    const [text] = found.map((one) => one.rawValue);
    const ours = codes().find((code) => [code.url, code.ticket].includes(text));
    if (ours) choose(ours);
    else if (text) said.replaceChildren("码里写着：", webLink(text, text));
    else said.textContent = "图片里没有找到二维码。";
  });
  label.append(file);
  return label;
}
