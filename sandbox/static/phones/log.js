// The log drawer: every exchange between the platform and the program, both ways, as it was on the wire and opened.

import { button, byId, make, second } from "./dom.js";
import { pretty } from "./pretty.js";
import { ask } from "./server.js";

const KEPT = 300;
const AT_ONCE = 200;
const WORDS = 60;
const MESSAGES = { text: "文字", image: "图片", voice: "语音", video: "视频", location: "位置", link: "链接", event: "事件", news: "图文" };

let calls = [];
let last = 0;

/** Fetches what is new; `again` forgets what was shown, because the sandbox has. */
export async function loadLog(again = false) {
  if (again) [calls, last] = [[], 0];
  const { log } = await ask("GET", `/api/log?after=${last}&limit=${AT_ONCE}`);
  if (again) byId("log-list").replaceChildren();
  for (const call of log) {
    last = Math.max(last, call.id);
    calls.push(call);
    if (wanted(call)) byId("log-list").prepend(line(call));
  }
  calls = calls.slice(-KEPT);
  while (byId("log-list").children.length > KEPT) byId("log-list").lastElementChild.remove();
  byId("log-empty").hidden = byId("log-list").children.length > 0;
}

export function startLog() {
  for (const id of ["log-channel", "log-person", "log-bad"]) byId(id).addEventListener("change", draw);
  byId("clear-log").addEventListener("click", async () => {
    await ask("DELETE", "/api/log");
    calls = [];
    draw();
  });
}

/** Keeps the filter's people up to date. */
export function logPeople(people) {
  const select = byId("log-person");
  if (select.options.length === people.length + 1) return;
  const chosen = select.value;
  select.replaceChildren(new Option("所有人", ""), ...people.map((person) => new Option(person.name, person.key)));
  select.value = chosen;
}

export function filterByPerson(key) {
  byId("log-person").value = key;
  draw();
}

function draw() {
  const list = byId("log-list");
  list.replaceChildren(...calls.filter(wanted).reverse().map(line));
  byId("log-empty").hidden = list.children.length > 0;
}

const refusal = (call) => /"errcode": ?(-?[1-9]\d*)/.exec(call.response_raw || "")?.[1];
const isBad = (call) => Boolean(call.error) || call.status !== 200 || Boolean(refusal(call));

function status(call) {
  if (call.error) return "没有成功";
  return refusal(call) || String(call.status ?? "断开");
}

function wanted(call) {
  const [channel, person] = [byId("log-channel").value, byId("log-person").value];
  if (channel && call.channel !== channel) return false;
  if (byId("log-bad").checked && !isBad(call)) return false;
  return !person || call.person === person || isAbout(call, person);
}

/** A call of the program names people in its body or its address; a letter before or after would be another's name. */
function isAbout(call, person) {
  if (call.direction === "callback") return false;
  const escaped = person.replace(/[^\w]/g, "\\$&");
  return new RegExp(`(^|[^\\w-])${escaped}($|[^\\w-])`).test(`${call.path} ${call.request_raw || ""}`);
}

function line(call) {
  const box = make("details", isBad(call) ? "bad" : "");
  const summary = make("summary");
  const inwards = call.direction === "callback";
  const first = make("span", "log-line");
  first.append(
    make("time", "", second(new Date(call.at))),
    make("span", `log-way ${inwards ? "in" : "out"}`, inwards ? "平台 → 程序" : "程序 → 平台"),
    make("span", "log-status", status(call)),
    make("span", "log-took", call.seconds === undefined ? "" : `${Math.round(call.seconds * 1000)} 毫秒`),
  );
  summary.append(first, make("span", "log-what", what(call)));
  box.append(summary);
  box.addEventListener("toggle", () => {
    if (box.open && box.children.length === 1) box.append(...parts(call));
  });
  return box;
}

/** The call in a few words: who says what, or which interface is called for whom. */
function what(call) {
  if (call.direction !== "callback") {
    const body = json(call.request_raw);
    const kind = body?.msgtype ? ` · ${body.msgtype}` : "";
    const to = body?.touser ? ` → ${body.touser}` : "";
    return `${call.path.split("?")[0].replace(/^.*\/cgi-bin\//, "")}${kind}${to}`;
  }
  const field = (name) => new RegExp(`<${name}>(?:<!\\[CDATA\\[)?([^<\\]]*)`).exec(call.request_plain || "")?.[1] || "";
  const kind = field("MsgType");
  const words = kind === "event" ? `${field("Event")} ${field("EventKey")}` : field("Content") || field("Label") || field("Recognition");
  return [call.person, MESSAGES[kind] || kind || call.method, words.slice(0, WORDS)].filter(Boolean).join(" · ");
}

function json(text) {
  try {
    return JSON.parse(text || "");
  } catch {
    return null;
  }
}

function parts(call) {
  const named = [
    ["出错", call.error],
    ["地址", `${call.method} ${call.path}`],
    ["请求", call.request_plain],
    [call.request_plain ? "请求（线上原文）" : "请求", call.request_plain === call.request_raw ? "" : call.request_raw],
    ["回答", call.response_plain],
    [call.response_plain ? "回答（线上原文）" : "回答", call.response_plain === call.response_raw ? "" : call.response_raw],
  ];
  return named.filter(([, text]) => text).map(([name, text]) => {
    const part = make("div", "log-part");
    const head = make("h3", "", name);
    const words = make("pre", "", pretty(text));
    words.tabIndex = 0;
    const copied = button("copy", "复制", () => copy(words, copied));
    copied.setAttribute("aria-label", `复制${name}`);
    head.append(copied);
    part.append(head, words);
    return part;
  });
}

async function copy(words, told) {
  try {
    await navigator.clipboard.writeText(words.textContent);
    told.textContent = "已复制";
  } catch {
    // Without a clipboard the words are at least selected.
    getSelection().selectAllChildren(words);
    told.textContent = "已选中";
  }
  setTimeout(() => { told.textContent = "复制"; }, 1500);
}
