// The custom menu at the foot of an Official Account: up to three entries, each with its own list above it.

import { button, make, safeUrl } from "./dom.js";

/** Fills `bar` with the menu; `chosen(item)` is called for everything that is sent. */
export function drawMenu(bar, menu, chosen) {
  const lists = [];
  const shut = () => {
    for (const [opener, list] of lists) {
      list.hidden = true;
      opener.setAttribute("aria-expanded", "false");
    }
  };
  const tops = (menu?.button || []).map((item) => {
    const top = make("div", "menu-top");
    const below = item.sub_button || [];
    if (!below.length) {
      top.append(entry(item, chosen));
      return top;
    }
    const list = make("div", "submenu");
    list.hidden = true;
    const opener = button("", `≡ ${item.name}`, () => {
      const open = list.hidden;
      shut();
      list.hidden = !open;
      opener.setAttribute("aria-expanded", String(open));
    });
    opener.setAttribute("aria-expanded", "false");
    for (const inner of below) list.append(entry(inner, (what) => { shut(); opener.focus(); chosen(what); }));
    lists.push([opener, list]);
    top.append(opener, list);
    top.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || list.hidden) return;
      event.stopPropagation();
      shut();
      opener.focus();
    });
    return top;
  });
  bar.replaceChildren(...tops);
}

function entry(item, chosen) {
  if (item.type !== "view" || !safeUrl(item.url)) return button("", item.name, () => chosen(item));
  const link = make("a", "", item.name);
  link.href = item.url;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.addEventListener("click", () => chosen(item));
  return link;
}

/** The event the platform makes of pressing a menu entry; null when the entry opens something first. */
export function menuEvent(item, wecom) {
  if (item.type === "view") return { Event: wecom ? "view" : "VIEW", EventKey: item.url };
  if (item.type === "click") return { Event: wecom ? "click" : "CLICK", EventKey: item.key };
  return null;
}
