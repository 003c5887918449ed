// The platform drawer: its clock, which can be moved on, and the faults that can be switched on.

import { button, byId, clock, day, make } from "./dom.js";
import { ask, channelName } from "./server.js";

const SIDES = [["api", "程序调用接口时"], ["callback", "平台推送消息时"]];
const NUMBERS = {
  delay_seconds: { label: "晚几秒", usual: 6, min: 0, max: 30 },
  skew_seconds: { label: "差几秒", usual: -600, min: -1e8, max: 1e8 },
};

let kinds = [];

export function startPlatform(changed) {
  for (const step of document.querySelectorAll("[data-advance]")) {
    step.addEventListener("click", async () => {
      drawClock(await ask("POST", "/api/clock", { advance_seconds: Number(step.dataset.advance) }));
      changed();
    });
  }
  byId("fault-form").addEventListener("submit", (event) => {
    event.preventDefault();
    switchOn(new FormData(event.target));
  });
  byId("fault-kind").addEventListener("change", drawNumber);
  byId("fault-lasts").addEventListener("change", drawLasts);
  byId("faults-off").addEventListener("click", async () => drawFaults(await ask("DELETE", "/api/faults")));
}

export async function loadPlatform() {
  const [time, faults] = await Promise.all([ask("GET", "/api/clock"), ask("GET", "/api/faults")]);
  drawClock(time);
  drawFaults(faults);
}

function drawClock({ now, advanced_seconds: ahead }) {
  const at = new Date(now);
  byId("clock-now").textContent = `${day(at)} ${clock(at)}`;
  byId("clock-ahead").textContent = ahead ? `比真实时间快 ${spell(ahead)}` : "和真实时间一样";
}

function spell(seconds) {
  const [days, hours] = [Math.floor(seconds / 86400), Math.floor((seconds % 86400) / 3600)];
  const minutes = Math.floor((seconds % 3600) / 60);
  return [days && `${days} 天`, hours && `${hours} 小时`, minutes && `${minutes} 分钟`].filter(Boolean).join(" ") || `${Math.round(seconds)} 秒`;
}

async function switchOn(form) {
  const fault = { kind: form.get("kind") };
  const takes = kinds.find((one) => one.kind === fault.kind)?.takes;
  if (takes) fault[takes] = Number(form.get("number"));
  if (form.get("lasts")) fault[form.get("lasts")] = Number(form.get("much"));
  if (form.get("channel")) fault.channel = form.get("channel");
  const said = byId("fault-said");
  said.textContent = "";
  try {
    drawFaults(await ask("POST", "/api/faults", fault));
  } catch (error) {
    said.textContent = String(error.message || error);
  }
}

function drawFaults(data) {
  kinds = data.kinds;
  const select = byId("fault-kind");
  if (!select.options.length) {
    for (const [side, label] of SIDES) {
      const group = make("optgroup");
      group.label = label;
      group.append(...kinds.filter((one) => one.side === side).map((one) => new Option(one.zh, one.kind)));
      select.append(group);
    }
    drawNumber();
    drawLasts();
  }
  byId("faults-on").replaceChildren(...data.faults.map((fault) => {
    const item = make("li");
    const words = make("span");
    words.append(make("b", "", kinds.find((one) => one.kind === fault.kind)?.zh || fault.kind), make("small", "", left(fault)));
    const off = button("quiet-button", "关掉", async () => {
      const query = new URLSearchParams({ kind: fault.kind, channel: fault.channel || "" });
      drawFaults(await ask("DELETE", `/api/faults?${query}`));
      byId("faults-off").focus();
    });
    off.setAttribute("aria-label", `关掉：${fault.kind}`);
    item.append(words, off);
    return item;
  }));
  byId("faults-none").hidden = data.faults.length > 0;
  byId("faults-off").disabled = !data.faults.length;
}

function left(fault) {
  const parts = [fault.channel ? channelName(fault.channel) : "所有渠道"];
  if (fault.times) parts.push(`还有 ${fault.times} 次`);
  if (fault.seconds) parts.push(`还有 ${spell(fault.seconds)}`);
  if (!fault.times && !fault.seconds) parts.push("直到关掉");
  for (const [name, number] of Object.entries(NUMBERS)) if (name in fault) parts.push(`${number.label}：${fault[name]}`);
  return parts.join(" · ");
}

function drawNumber() {
  const number = NUMBERS[kinds.find((one) => one.kind === byId("fault-kind").value)?.takes];
  byId("fault-number-field").hidden = !number;
  if (!number) return;
  byId("fault-number-label").textContent = number.label;
  Object.assign(byId("fault-number"), { min: number.min, max: number.max, value: number.usual });
}

function drawLasts() {
  const [lasts, much] = [byId("fault-lasts").value, byId("fault-much")];
  much.hidden = !lasts;
  much.disabled = !lasts;
  much.value = lasts === "seconds" ? 60 : 1;
}
