// Voice: recorded where there is a microphone, and always possible as the words that speech recognition would hear.

import { button, make } from "./dom.js";
import { asDataUrl } from "./photo.js";

const LONGEST_MS = 60_000;

export const canRecord = () => Boolean(navigator.mediaDevices?.getUserMedia && window.MediaRecorder);

/** The button that records from one press to the next; `done` gets a data URL, `failed` the reason in words. */
export function recordButton({ done, failed }) {
  let recorder = null;
  let timer = 0;
  const idle = () => {
    recorder = null;
    clearTimeout(timer);
    element.textContent = "点一下，开始说话";
    element.classList.remove("recording");
  };
  const begin = async () => {
    element.disabled = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      failed("用不了麦克风，请写下要说的话");
      return;
    } finally {
      element.disabled = false;
    }
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
    recorder.addEventListener("stop", async () => {
      for (const track of stream.getTracks()) track.stop();
      const sound = new Blob(parts, { type: recorder.mimeType });
      idle();
      if (sound.size) done(await asDataUrl(sound));
    });
    recorder.start();
    timer = setTimeout(() => recorder?.stop(), LONGEST_MS);
    element.textContent = "正在录音，再点一下发送";
    element.classList.add("recording");
  };
  const element = button("talk", "", () => (recorder ? recorder.stop() : begin()));
  idle();
  return element;
}

/** The words somebody says, written: they arrive as a voice message with Recognition. */
export function spokenWords(said) {
  const form = make("form", "spoken");
  const input = make("input");
  input.type = "text";
  input.required = true;
  input.maxLength = 500;
  input.autocomplete = "off";
  input.placeholder = canRecord() ? "或者写下语音里说的话" : "写下语音里说的话";
  input.setAttribute("aria-label", "语音里说的话");
  const send = make("button", "send", "发语音");
  send.type = "submit";
  form.append(input, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    said(input.value);
    input.value = "";
  });
  return form;
}
