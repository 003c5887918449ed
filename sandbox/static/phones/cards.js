// Cards in a thread: WeCom's five template cards with their answers, and the notices and articles of both platforms.

import { button, dots, make, safeUrl, webLink } from "./dom.js";

const PLAIN_LINK = "详情";

function box(kind, ...parts) {
  const element = make("div", `bubble card ${kind}`);
  element.append(...parts.filter(Boolean));
  return element;
}

function body(...parts) {
  const element = make("div", "card-body");
  element.append(...parts.filter(Boolean));
  return element;
}

const words = (className, text) => (text ? make("div", className, text) : null);

function rows(items) {
  if (!items.length) return null;
  const list = make("dl");
  for (const item of items) {
    const value = make("dd");
    value.append(webLink(item.url, item.value));
    list.append(make("dt", "", item.name), value);
  }
  return list;
}

/** A line at the foot of a card that opens a page. */
function footer(url, text = PLAIN_LINK) {
  if (!safeUrl(url)) return null;
  const link = webLink(url, text);
  link.className = "card-more";
  return link;
}

// A picture from elsewhere is not loaded: the page talks to the sandbox only.
function cover(url) {
  if (!url.startsWith(`${location.origin}/`)) {
    const blank = make("div", "card-picture");
    blank.setAttribute("role", "img");
    blank.setAttribute("aria-label", "配图");
    return blank;
  }
  const image = make("img", "card-picture");
  image.src = url;
  image.alt = "";
  return image;
}

export function articles(listed) {
  return box("news", ...listed.flatMap((article, index) => {
    const title = make("div", "card-title");
    title.append(webLink(article.url, article.title));
    return [index === 0 ? cover(article.picurl) : null, body(title, words("card-desc", article.description))];
  }));
}

export function textCard(card) {
  return box("", body(words("card-title", card.title), words("card-desc", card.description)), footer(card.url, card.btntxt || PLAIN_LINK));
}

/** A template or subscription message. */
export function notice(entry) {
  const title = entry.type === "template" ? "服务通知" : "订阅通知";
  return box("notice-card", body(words("card-source", title), rows(entry.rows.map((row) => ({ name: row.key, value: row.value })))), footer(entry.url));
}

/** One question of a card: the element to show, and what has been chosen. */
function question(asked, { entry, radios }) {
  const name = `${entry.id}-${asked.key}`;
  if (radios) {
    const set = make("fieldset", "card-vote");
    set.disabled = Boolean(entry.replaced) || asked.disabled;
    if (asked.title) set.append(make("legend", "", asked.title));
    const boxes = asked.options.map((option) => {
      const label = make("label");
      const input = make("input");
      input.type = asked.many ? "checkbox" : "radio";
      input.name = name;
      input.value = option.id;
      input.checked = asked.checked.includes(option.id);
      label.append(input, make("span", "", option.text));
      set.append(label);
      return input;
    });
    return [set, () => boxes.filter((input) => input.checked).map((input) => input.value)];
  }
  const label = make("label", "card-pick");
  const select = make("select");
  select.disabled = Boolean(entry.replaced) || asked.disabled;
  for (const option of asked.options) select.append(new Option(option.text, option.id, false, asked.checked.includes(option.id)));
  label.append(make("span", "", asked.title || "请选择"), select);
  return [label, () => (select.value ? [select.value] : [])];
}

/** A template card; `press(key, selected)` sends what was pressed and what was chosen. */
export function templateCard(entry, press) {
  const card = entry.card;
  const content = body(
    words("card-source", card.source),
    words("card-title", card.title),
    words("card-desc", card.desc),
  );
  if (card.emphasis) {
    const big = make("div", "card-big");
    big.append(make("strong", "", card.emphasis.title), make("span", "", card.emphasis.desc));
    content.append(big);
  }
  if (card.quote) content.append(words("card-quote", card.quote));
  if (card.sub_title) content.append(words("card-sub", card.sub_title));
  for (const part of card.paragraphs) {
    const paragraph = make("div", "card-paragraph");
    paragraph.append(make("b", "", part.title), make("span", "", part.desc));
    content.append(paragraph);
  }
  const table = rows(card.items);
  if (table) content.append(table);
  const vote = card.card_type === "vote_interaction";
  const chosen = card.questions.map((asked) => {
    const [element, value] = question(asked, { entry, radios: vote });
    content.append(element);
    return [asked.key, value];
  });
  for (const jump of card.jumps) {
    const line = make("div", "card-jump");
    line.append(webLink(jump.url, jump.title));
    content.append(line);
  }
  const element = box(`wecom-card ${card.card_type}`, card.card_type === "news_notice" ? cover(card.image) : null, content);
  const send = (item) => {
    const controls = element.querySelectorAll("button");
    for (const other of controls) other.disabled = true;
    const selected = Object.fromEntries(chosen.map(([key, value]) => [key, value()]));
    press(item.key, selected).finally(() => { for (const other of controls) other.disabled = false; });
  };
  const menu = entry.buttons.filter((item) => item.menu);
  if (menu.length) content.prepend(dots("卡片菜单", menu.map((item) => [item.label, () => send(item)])));
  const foot = entry.replaced ? replaced(entry.replaced) : answers(entry.buttons.filter((item) => !item.menu), send);
  if (foot) element.append(foot);
  else if (footer(card.url)) element.append(footer(card.url));
  return element;
}

function replaced(text) {
  const row = make("div", "card-buttons");
  const done = button("", text, () => {});
  done.disabled = true;
  row.append(done);
  return row;
}

function answers(items, send) {
  if (!items.length) return null;
  const row = make("div", `card-buttons${items.length > 2 ? " stacked" : ""}`);
  for (const item of items) {
    if (!item.url) row.append(button(`style-${item.style}`, item.label, () => send(item)));
    else if (safeUrl(item.url)) row.append(webLink(item.url, item.label));
  }
  return row.children.length ? row : null;
}
