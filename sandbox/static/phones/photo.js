// Photos: from a file, from a phone's own camera, or from a camera the browser may look through.

import { button, make } from "./dom.js";

const LONGEST_SIDE = 1600;

/** The photo as a data URL, made smaller when it is large. */
export async function shrink(file) {
  if (file.type !== "image/gif") {
    try {
      const bitmap = await createImageBitmap(file);
      return drawn(bitmap, bitmap.width, bitmap.height);
    } catch { /* not a picture the browser can draw: the sandbox judges the file itself */ }
  }
  return asDataUrl(file);
}

export function asDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

function drawn(source, width, height) {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.85);
}

// A phone's own camera is better than ours, and its file field opens it.
const canLookThrough = () => Boolean(navigator.mediaDevices?.getUserMedia) && !matchMedia("(pointer: coarse)").matches;

/** Opens the camera in `sheet`; without one `file()` is asked instead. `taken` gets a data URL. */
export async function camera(sheet, { file, taken }) {
  if (!canLookThrough()) {
    file();
    return;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    file();
    return;
  }
  const video = make("video", "viewfinder");
  video.muted = true;
  video.playsInline = true;
  video.srcObject = stream;
  video.setAttribute("aria-label", "取景");
  const shutter = button("shutter", undefined, () => {
    const picture = drawn(video, video.videoWidth, video.videoHeight);
    sheet.close();
    taken(picture);
  });
  shutter.setAttribute("aria-label", "拍照");
  shutter.disabled = true;
  video.addEventListener("playing", () => { shutter.disabled = false; });
  sheet.open("拍摄", [video, shutter], { closed: () => stream.getTracks().forEach((track) => track.stop()) });
  video.play().catch(() => {});
}
