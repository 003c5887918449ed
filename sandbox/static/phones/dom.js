// Small helpers for making elements; nothing here ever reads markup from a message.

export const byId = (id) => document.getElementById(id);

export function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

export function button(className, text, action) {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", action);
  return element;
}

export function icon(name) {
  const element = make("span", `icon icon-${name}`);
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** A button that shows a picture only; its name is for those who cannot see it, and for a hovering mouse. */
export function iconButton(className, name, label, action) {
  const element = button(className, undefined, action);
  element.append(icon(name));
  relabel(element, label);
  return element;
}

export function relabel(element, label) {
  element.setAttribute("aria-label", label);
  element.title = label;
}

/** The "⋯" in a corner, with `[label, action]` under it. */
export function dots(label, items) {
  const holder = make("details", "dots");
  const summary = make("summary", "", "⋯");
  relabel(summary, label);
  const list = make("div", "dots-items");
  for (const [text, action] of items) {
    list.append(button("", text, () => {
      holder.open = false;
      summary.focus({ preventScroll: true });
      action();
    }));
  }
  holder.append(summary, list);
  holder.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !holder.open) return;
    event.stopPropagation();
    holder.open = false;
    summary.focus();
  });
  holder.addEventListener("focusout", (event) => { if (!holder.contains(event.relatedTarget)) holder.open = false; });
  return holder;
}

export function badge(count) {
  const element = make("span", "badge", count > 99 ? "99+" : String(count));
  element.setAttribute("aria-label", `${count}条未读`);
  return element;
}

/** An empty string unless it is a web address. */
export const safeUrl = (url) => (/^https?:\/\//i.test(url || "") ? url : "");

/** A link that opens in a tab of its own, or plain words when the address is none. */
export function webLink(url, text) {
  if (!safeUrl(url)) return make("span", "", text);
  const link = make("a", "", text);
  link.href = url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

/** The first character of a name; names here are "role name". */
export const initial = (name) => [...name.trim().split(/\s+/).pop()][0] || "·";

const COLOURS = ["#5b7a9d", "#b0713f", "#6d8f4e", "#8b6bab", "#b25d6e", "#3f8c88", "#8a7440", "#5d6fb3"];

export function face(name, key) {
  const element = make("div", "face", initial(name));
  let sum = 0;
  for (const letter of key) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  element.style.backgroundColor = COLOURS[sum % COLOURS.length];
  element.setAttribute("aria-hidden", "true");
  return element;
}

const zone = { timeZone: "Asia/Shanghai" };
const hourAndMinute = new Intl.DateTimeFormat("zh-CN", { ...zone, hour: "2-digit", minute: "2-digit", hour12: false });
const monthAndDay = new Intl.DateTimeFormat("zh-CN", { ...zone, month: "long", day: "numeric" });
const exact = new Intl.DateTimeFormat("zh-CN", { ...zone, hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });

export const clock = (date) => hourAndMinute.format(date);
export const day = (date) => monthAndDay.format(date);
export const second = (date) => exact.format(date);
