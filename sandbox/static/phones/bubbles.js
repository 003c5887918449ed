// One entry of a thread as an element: bubbles, pictures, places, voices, files and small grey notices.

import { articles, notice, templateCard, textCard } from "./cards.js";
import { button, face, icon, initial, make, webLink } from "./dom.js";
import { isWecom, serviceName } from "./server.js";
import { drawMap, onMap } from "./street.js";

const EVENTS = {
  subscribe: "关注了公众号",
  unsubscribe: "取消了关注",
  CLICK: "点了菜单",
  click: "点了菜单",
  VIEW: "点了菜单",
  SCAN: "扫了二维码",
  enter_agent: "进入应用",
};
const KINDS = { video: "视频", file: "文件", music: "音乐", mpnews: "图文", mpnewsarticle: "图文", wxcard: "卡券", miniprogrampage: "小程序" };
const [MAP_WIDTH, MAP_PROPORTION] = [140, 96 / 214];

/** The element for an entry; `press(entry, key, selected)` sends what is pressed in it. */
export function drawEntry(entry, person, press) {
  if (entry.recalled) return make("p", "notice", "一条消息已被撤回");
  if (entry.type === "notice") return make("p", "notice", entry.text);
  if (entry.type === "event") return make("p", "notice", eventWords(entry.text));
  const row = make("div", entry.mine ? "row mine" : "row");
  row.append(entry.mine ? face(person.name, person.key) : serviceFace(entry.channel), content(entry, press));
  if (entry.failed) row.append(failure(entry.failed));
  return row;
}

function serviceFace(channel) {
  const element = make("div", `face ${isWecom(channel) ? "wecom" : "service"}`, initial(serviceName(channel)));
  element.setAttribute("aria-hidden", "true");
  return element;
}

function failure(why) {
  const mark = make("span", "failed", "!");
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", `没有送达：${why}`);
  mark.title = `没有送达：${why}`;
  return mark;
}

function eventWords(text) {
  const [name, ...rest] = text.split(" ");
  return [EVENTS[name] || name, ...rest].join(" ");
}

function content(entry, press) {
  if (entry.card) return templateCard(entry, (key, selected) => press(entry, key, selected));
  if (entry.articles) return articles(entry.articles);
  if (entry.textcard) return textCard(entry.textcard);
  if (entry.rows) return notice(entry);
  if (entry.type === "image" && entry.media_id) return photo(entry);
  if (entry.type === "location") return place(entry);
  if (entry.type === "voice" && entry.media_id) return voice(entry);
  const bubble = make("div", "bubble");
  if (entry.head !== undefined) menuMessage(bubble, entry, press);
  else if (entry.media_id && !entry.text) bubble.append(icon("file"), `${KINDS[entry.type] || entry.type} ${entry.file_name || ""}`);
  else words(bubble, entry, press);
  return bubble;
}

function words(bubble, entry, press) {
  const parts = entry.segments?.length ? entry.segments : [{ text: entry.text || `［${KINDS[entry.type] || entry.type}］` }];
  for (const part of parts) {
    if (part.link && entry.links.length) {
      bubble.append(button("tap", part.text, () => press(entry, part.link.id || part.link.content)));
    } else if (part.url) {
      bubble.append(webLink(part.url, part.text));
    } else {
      bubble.append(part.text);
    }
  }
}

/** A `msgmenu`: words with answers that can be tapped. */
function menuMessage(bubble, entry, press) {
  if (entry.head) bubble.append(make("div", "", entry.head));
  const list = make("ul", "menu-items");
  for (const item of entry.buttons) {
    const line = make("li");
    line.append(button("tap", item.label, () => press(entry, item.key)));
    list.append(line);
  }
  bubble.append(list);
  if (entry.tail) bubble.append(make("div", "menu-tail", entry.tail));
}

function photo(entry) {
  const bubble = make("div", "bubble bare");
  const link = make("a");
  link.href = `/media/${encodeURIComponent(entry.media_id)}`;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  const image = make("img");
  image.src = link.href;
  image.alt = entry.mine ? "发出的照片" : "收到的照片";
  image.addEventListener("error", () => link.replaceWith(make("span", "gone", "照片已过期")));
  link.append(image);
  bubble.append(link);
  return bubble;
}

function place(entry) {
  const bubble = make("div", "bubble bare");
  const card = make("div", "place");
  card.append(make("b", "", entry.text || "位置"), make("small", "", `${entry.lat}, ${entry.lng}`));
  if (onMap(entry)) card.append(drawMap(entry, MAP_WIDTH, MAP_PROPORTION));
  else card.append(make("i"));
  bubble.append(card);
  return bubble;
}

function voice(entry) {
  const holder = make("div", "voice-holder");
  const sound = new Audio();
  const play = button("bubble voice", undefined, () => {
    sound.src ||= `/media/${encodeURIComponent(entry.media_id)}`;
    if (!sound.paused) sound.pause();
    else sound.play().catch(() => silent());
  });
  const silent = () => {
    play.disabled = true;
    play.lastChild.textContent = "没有声音";
  };
  sound.addEventListener("playing", () => play.classList.add("playing"));
  for (const end of ["pause", "ended", "error"]) sound.addEventListener(end, () => play.classList.remove("playing"));
  play.append(icon("wave"), make("span", "", "语音"));
  play.setAttribute("aria-label", entry.text ? `播放语音：${entry.text}` : "播放语音");
  holder.append(play);
  if (entry.text) holder.append(make("div", "heard", entry.text));
  return holder;
}
