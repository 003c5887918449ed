// The phones page: draws threads, sends what is typed or pressed, and asks the sandbox for news by version number.
"use strict";

(() => {
  const DEFAULTS = ["demo-resident-1", "demo-member-1", "demo-rider-1", "demo-staff-1"];
  const PLACES = [
    { label: "香樟花园 3号楼", lat: 31.3012, lng: 121.5021 },
    { label: "香樟花园 南门", lat: 31.3004, lng: 121.5019 },
    { label: "滨江雅苑 5号楼", lat: 31.3047, lng: 121.5078 },
    { label: "银杏里 2号楼", lat: 31.2968, lng: 121.4987 },
    { label: "江湾街道党群服务中心", lat: 31.2991, lng: 121.5044 },
    { label: "滨江步道 人工湖边", lat: 31.3062, lng: 121.5096 },
  ];
  const COLOURS = ["#5b7a9d", "#b0713f", "#6d8f4e", "#8b6bab", "#b25d6e", "#4f8f8b"];
  const QUICK = 700;
  const HIDDEN = 5000;
  const PHOTO_SIDE = 1600;

  const phones = new Map();
  let accounts = [];
  let people = new Map();
  let version = 0;
  let menus = {};
  let timer = 0;
  let polling = false;

  const byId = (id) => document.getElementById(id);

  function make(tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function button(className, text, action) {
    const element = make("button", className, text);
    element.type = "button";
    element.addEventListener("click", action);
    return element;
  }

  async function ask(method, path, body) {
    const options = { method, headers: {} };
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const response = await fetch(path, options);
    const data = await response.json();
    if (!response.ok) throw new Error(data.error || String(response.status));
    return data;
  }

  function remember() {
    try {
      localStorage.setItem("phones", JSON.stringify([...phones.keys()]));
    } catch { /* a browser that keeps nothing still shows the phones */ }
  }

  function remembered() {
    try {
      const keys = JSON.parse(localStorage.getItem("phones") || "null");
      return Array.isArray(keys) ? keys : null;
    } catch {
      return null;
    }
  }

  function colour(key) {
    let sum = 0;
    for (const letter of key) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
    return COLOURS[sum % COLOURS.length];
  }

  // Names are "role name": the avatar shows the name's first character.
  const initial = (name) => [...name.trim().split(/\s+/).pop()][0] || "·";
  const account = (key) => accounts.find((one) => one.key === key) || { key, kind: "", name: key };
  const channelName = (key) => (account(key).kind === "wecom" ? "企业微信" : "公众号");
  const serviceName = (key) => (account(key).name === key ? channelName(key) : account(key).name);
  const safeUrl = (url) => (/^https?:\/\//i.test(url) ? url : "");
  const clock = (date) => date.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", timeZone: "Asia/Shanghai" });
  const day = (date) => date.toLocaleDateString("zh-CN", { month: "long", day: "numeric", timeZone: "Asia/Shanghai" });

  class Phone {
    constructor(person) {
      this.person = person;
      this.entries = new Map();
      this.drawn = new Map();
      this.unread = {};
      this.channel = person.channels[0];
      this.chosen = false;
      this.build();
    }

    build() {
      this.element = make("section", "phone");
      this.element.setAttribute("aria-label", `${this.person.name}的手机`);
      const head = make("div", "phone-head");
      const title = make("div", "phone-title");
      this.owner = make("div", "phone-owner");
      const close = button("phone-close", "×", () => closePhone(this.person.key));
      close.setAttribute("aria-label", `收起${this.person.name}的手机`);
      title.append(this.owner, close);
      this.tabs = make("div", "tabs");
      this.tabs.setAttribute("role", "tablist");
      head.append(title, this.tabs);
      this.thread = make("div", "thread");
      this.thread.tabIndex = 0;
      this.thread.setAttribute("role", "log");
      this.thread.setAttribute("aria-label", "对话");
      this.element.append(head, this.thread, this.buildTools());
      // A panel that opens below must not hide the newest message.
      this.atEnd = true;
      this.thread.addEventListener("scroll", () => { this.atEnd = this.near(); }, { passive: true });
      new ResizeObserver(() => { if (this.atEnd) this.bottom(); }).observe(this.thread);
      this.drawHead();
      this.drawThread();
    }

    buildTools() {
      const tools = make("div", "tools");
      const form = make("form", "say");
      this.input = make("input");
      this.input.type = "text";
      this.input.maxLength = 2000;
      this.input.autocomplete = "off";
      this.input.enterKeyHint = "send";
      this.input.setAttribute("aria-label", `以${this.person.name}的身份说`);
      this.input.placeholder = "说点什么";
      this.plus = button("round", "+", () => this.toggleMore());
      this.plus.setAttribute("aria-label", "更多");
      this.plus.setAttribute("aria-expanded", "false");
      this.sendButton = make("button", "send", "发送");
      this.sendButton.type = "submit";
      form.append(this.input, this.plus, this.sendButton);
      // Enter that ends a pinyin composition never reaches submit.
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const text = this.input.value.trim();
        if (!text) return;
        this.input.value = "";
        this.say({ text });
      });
      this.menuBar = make("div", "menu-bar");
      this.more = make("div", "more");
      this.more.hidden = true;
      this.file = make("input");
      this.file.type = "file";
      this.file.accept = "image/jpeg,image/png,image/gif";
      this.file.hidden = true;
      this.file.addEventListener("change", () => this.sendPhoto());
      tools.append(form, this.menuBar, this.more, this.file);
      return tools;
    }

    toggleMore(open = this.more.hidden) {
      this.more.hidden = !open;
      this.plus.setAttribute("aria-expanded", String(open));
      if (open) this.drawMore();
    }

    drawMore() {
      const grid = make("div", "more-grid");
      const item = (icon, label, action) => {
        const one = button("", "", action);
        const picture = make("span", `icon icon-${icon}`);
        picture.setAttribute("aria-hidden", "true");
        one.append(picture, label);
        grid.append(one);
      };
      item("photo", "照片", () => this.file.click());
      item("place", "位置", () => this.drawPlaces());
      item("voice", "语音", () => this.drawVoice());
      if (account(this.channel).kind !== "wecom") {
        const follows = this.person.following.includes(this.channel);
        item(follows ? "leave" : "follow", follows ? "取消关注" : "关注", () => {
          this.toggleMore(false);
          this.say({ event: follows ? "unsubscribe" : "subscribe" });
        });
      } else {
        item("door", "进入应用", () => { this.toggleMore(false); this.say({ event: "enter_agent" }); });
      }
      this.more.replaceChildren(grid);
    }

    fields(names, submit, action) {
      const form = make("form", "fields");
      for (const [name, label] of names) {
        const input = make("input");
        input.name = name;
        input.placeholder = label;
        input.setAttribute("aria-label", label);
        input.required = name !== "label";
        input.autocomplete = "off";
        form.append(input);
      }
      const send = make("button", "send", submit);
      send.type = "submit";
      form.append(send);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        action(Object.fromEntries(new FormData(form)), form);
      });
      return form;
    }

    drawPlaces() {
      const list = make("div", "places");
      const go = (location) => { this.toggleMore(false); this.say({ location }); };
      for (const place of PLACES) list.append(button("", place.label, () => go(place)));
      const typed = this.fields([["lat", "纬度 31.30"], ["lng", "经度 121.50"], ["label", "地点名"]], "发送", (values, form) => {
        const [lat, lng] = [Number(values.lat), Number(values.lng)];
        const good = Math.abs(lat) <= 90 && Math.abs(lng) <= 180;
        form.lat.setCustomValidity(good ? "" : "请填经纬度数字，例如 31.30 和 121.50");
        if (!good) { form.reportValidity(); form.lat.setCustomValidity(""); return; }
        go({ lat, lng, label: values.label });
      });
      this.more.replaceChildren(list, typed);
      list.firstElementChild.focus();
    }

    drawVoice() {
      const form = this.fields([["voice", "说了什么（识别出的文字）"]], "发送", (values) => {
        this.toggleMore(false);
        this.say({ voice: values.voice });
      });
      this.more.replaceChildren(form);
      form.firstElementChild.focus();
    }

    async sendPhoto() {
      const file = this.file.files[0];
      this.file.value = "";
      if (!file) return;
      this.toggleMore(false);
      this.say({ image: await photo(file) });
    }

    async say(what) {
      this.wait(true);
      poll();
      try {
        await ask("POST", `/api/people/${encodeURIComponent(this.person.key)}/say`, { ...what, channel: this.channel });
      } catch (error) {
        this.flash(String(error.message || error));
      }
      this.wait(false);
      poll();
    }

    async press(entry, wanted, selected) {
      this.wait(true);
      try {
        const body = { message: entry.id, button: wanted };
        if (selected) body.selected = selected;
        await ask("POST", `/api/people/${encodeURIComponent(this.person.key)}/press`, body);
      } catch (error) {
        this.flash(String(error.message || error));
      }
      this.wait(false);
      poll();
    }

    wait(on) {
      this.waiting = Math.max(0, (this.waiting || 0) + (on ? 1 : -1));
      this.element.setAttribute("aria-busy", String(this.waiting > 0));
    }

    flash(text) {
      this.thread.append(make("p", "notice", text));
      this.bottom();
    }

    update(person, entries) {
      this.person = person;
      let newest = null;
      for (const entry of entries) {
        const known = this.entries.has(entry.id);
        this.entries.set(entry.id, entry);
        if (entry.of) continue;
        newest = entry;
        if (!known && !entry.mine && this.chosen && entry.channel !== this.channel) {
          this.unread[entry.channel] = (this.unread[entry.channel] || 0) + 1;
        }
      }
      // On first sight the phone opens where something happened last.
      if (!this.chosen && newest && person.channels.includes(newest.channel)) this.channel = newest.channel;
      this.chosen = true;
      while (this.entries.size > 400) this.entries.delete(this.entries.keys().next().value);
      this.drawHead();
      this.drawThread();
    }

    choose(channel) {
      this.channel = channel;
      this.unread[channel] = 0;
      this.toggleMore(false);
      this.drawn.clear();
      this.thread.replaceChildren();
      this.drawHead();
      this.drawThread();
      this.bottom();
    }

    drawHead() {
      const name = make("strong", "", this.person.name);
      const where = make("span", "", this.person.channels.length > 1 ? this.person.key : `${this.person.key} · ${serviceName(this.channel)}`);
      this.owner.replaceChildren(name, where);
      const tabs = [];
      if (this.person.channels.length > 1) {
        for (const channel of this.person.channels) {
          const tab = button("tab", channelName(channel), () => this.choose(channel));
          tab.setAttribute("role", "tab");
          tab.setAttribute("aria-selected", String(channel === this.channel));
          if (this.unread[channel]) {
            const badge = make("span", "badge", String(this.unread[channel]));
            badge.setAttribute("aria-label", `${this.unread[channel]}条未读`);
            tab.append(badge);
          }
          tabs.push(tab);
        }
      }
      if (!this.tabs.contains(document.activeElement)) this.tabs.replaceChildren(...tabs);
      else if (this.tabs.children.length === tabs.length) tabs.forEach((tab, index) => this.replaceTab(index, tab));
      const follows = this.person.following.includes(this.channel);
      this.input.disabled = this.sendButton.disabled = !follows;
      this.input.placeholder = follows ? "说点什么" : "还没有关注";
      this.drawMenu();
    }

    replaceTab(index, tab) {
      const old = this.tabs.children[index];
      const focused = old === document.activeElement;
      old.replaceWith(tab);
      if (focused) tab.focus();
    }

    drawMenu() {
      const menu = menus[this.channel];
      const shape = JSON.stringify(menu || null);
      if (shape === this.menuShape) return;
      this.menuShape = shape;
      this.menuBar.hidden = !menu;
      const act = (item) => {
        if (item.type === "view" && safeUrl(item.url || "")) window.open(item.url, "_blank", "noopener");
        else if (item.key) this.say({ event: { Event: "CLICK", EventKey: item.key } });
      };
      const tops = ((menu && menu.button) || []).map((item) => {
        const top = make("div");
        const below = item.sub_button || [];
        if (!below.length) {
          top.append(button("", item.name, () => act(item)));
          return top;
        }
        const list = make("div", "submenu");
        list.hidden = true;
        for (const inner of below) list.append(button("", inner.name, () => { list.hidden = true; act(inner); }));
        top.append(list, button("", `≡ ${item.name}`, () => { list.hidden = !list.hidden; }));
        return top;
      });
      this.menuBar.replaceChildren(...tops);
    }

    drawThread() {
      const near = this.atEnd || this.near();
      const shown = [...this.entries.values()].filter((entry) => entry.channel === this.channel && !entry.of);
      let before = null;
      let added = false;
      if (shown.length) this.thread.querySelector(".empty")?.remove();
      for (const entry of shown) {
        const known = this.drawn.get(entry.id);
        if (!known) {
          const at = new Date(entry.at);
          if (!before || at - before > 300000) this.thread.append(make("p", "when", `${day(at)} ${clock(at)}`));
          const element = this.draw(entry);
          this.thread.append(element);
          this.drawn.set(entry.id, { element, version: entry.version });
          added = true;
        } else if (known.version !== entry.version) {
          const element = this.draw(entry);
          known.element.replaceWith(element);
          this.drawn.set(entry.id, { element, version: entry.version });
        }
        before = new Date(entry.at);
      }
      if (!shown.length && !this.thread.children.length) this.thread.append(make("p", "empty", "还没有消息"));
      if (added && near) this.bottom();
    }

    near() {
      return this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < 120;
    }

    bottom() {
      this.atEnd = true;
      this.thread.scrollTop = this.thread.scrollHeight;
    }

    draw(entry) {
      if (entry.recalled) return make("p", "notice", "一条消息已被撤回");
      if (entry.type === "notice") return make("p", "notice", entry.text);
      if (entry.type === "event") return make("p", "notice", eventWords(entry.text));
      const row = make("div", entry.mine ? "row mine" : "row");
      const wecom = account(entry.channel).kind === "wecom";
      const face = make("div", entry.mine ? "face" : `face ${wecom ? "wecom" : "service"}`, entry.mine ? initial(this.person.name) : initial(serviceName(entry.channel)));
      if (entry.mine) face.style.background = colour(this.person.key);
      face.setAttribute("aria-hidden", "true");
      row.append(face, this.content(entry));
      if (entry.failed) {
        const mark = make("span", "failed", "!");
        mark.title = `没有送达：${entry.failed}`;
        row.append(mark);
      }
      return row;
    }

    content(entry) {
      if (entry.card) return this.card(entry);
      if (entry.articles) return articleCard(entry.articles);
      if (entry.textcard) return textCard(entry.textcard);
      if (entry.rows) return rowsCard(entry);
      if (entry.type === "image" && entry.media_id) return picture(entry.media_id);
      if (entry.type === "location") return place(entry);
      const bubble = make("div", "bubble");
      if (entry.type === "voice") bubble.append(make("span", "icon icon-voice small"), `语音${entry.text ? `：${entry.text}` : ""}`);
      else if (entry.head !== undefined) this.menuMessage(bubble, entry);
      else if (entry.media_id && !entry.text) bubble.append(make("span", "", `［${entry.type}］${entry.file_name || ""}`));
      else this.words(bubble, entry);
      return bubble;
    }

    words(bubble, entry) {
      const parts = entry.segments && entry.segments.length ? entry.segments : [{ text: entry.text || `［${entry.type}］` }];
      for (const part of parts) {
        if (part.link && account(entry.channel).kind !== "wecom") {
          bubble.append(button("tap", part.text, () => this.press(entry, part.link.id || part.link.content)));
        } else if (part.url && safeUrl(part.url)) {
          bubble.append(webLink(part.url, part.text));
        } else {
          bubble.append(document.createTextNode(part.text));
        }
      }
    }

    menuMessage(bubble, entry) {
      if (entry.head) bubble.append(make("div", "", entry.head));
      const list = make("ul", "menu-items");
      for (const item of entry.buttons) {
        const line = make("li");
        line.append(button("tap", item.label, () => this.press(entry, item.key)));
        list.append(line);
      }
      bubble.append(list);
      if (entry.tail) bubble.append(make("div", "menu-tail", entry.tail));
    }

    card(entry) {
      const card = entry.card;
      const box = make("div", "bubble card");
      const body = make("div", "card-body");
      if (card.source) body.append(make("div", "card-source", card.source));
      if (card.title) body.append(make("div", "card-title", card.title));
      if (card.desc) body.append(make("div", "card-desc", card.desc));
      if (card.emphasis) {
        const big = make("div", "card-big");
        big.append(make("strong", "", card.emphasis.title), make("span", "", card.emphasis.desc));
        body.append(big);
      }
      if (card.quote) body.append(make("div", "card-quote", card.quote));
      if (card.sub_title) body.append(make("div", "card-desc", card.sub_title));
      for (const part of card.paragraphs) body.append(make("div", "card-desc", `${part.title}\n${part.desc}`));
      if (card.items.length) {
        const list = make("dl");
        for (const item of card.items) {
          const value = make("dd");
          value.append(safeUrl(item.url) ? webLink(item.url, item.value) : document.createTextNode(item.value));
          list.append(make("dt", "", item.name), value);
        }
        body.append(list);
      }
      const picks = card.questions.map((question) => {
        const label = make("label", "card-pick", question.title || "请选择");
        const select = make("select");
        select.multiple = question.many;
        select.disabled = Boolean(entry.replaced);
        for (const option of question.options) select.append(new Option(option.text, option.id, false, option.id === question.selected));
        label.append(select);
        body.append(label);
        return [question.key, select];
      });
      for (const jump of card.jumps) {
        const line = make("div", "card-desc");
        line.append(safeUrl(jump.url) ? webLink(jump.url, `${jump.title} ›`) : document.createTextNode(jump.title));
        body.append(line);
      }
      box.append(body);
      const row = make("div", "card-buttons");
      if (entry.replaced) {
        const done = button("", entry.replaced, () => {});
        done.disabled = true;
        row.append(done);
      } else {
        for (const item of entry.buttons) {
          if (item.url) {
            if (safeUrl(item.url)) row.append(webLink(item.url, item.label));
            continue;
          }
          const one = button(`style-${item.style}`, item.label, () => {
            for (const other of row.querySelectorAll("button")) other.disabled = true;
            const selected = Object.fromEntries(picks.map(([key, select]) => [key, [...select.selectedOptions].map((option) => option.value)]));
            this.press(entry, item.key, selected).finally(() => {
              for (const other of row.querySelectorAll("button")) other.disabled = false;
            });
          });
          row.append(one);
        }
        if (!entry.buttons.length && safeUrl(card.url)) row.append(webLink(card.url, "详情"));
      }
      if (row.children.length) box.append(row);
      return box;
    }
  }

  function eventWords(text) {
    const [name, ...rest] = text.split(" ");
    const names = { subscribe: "关注了", unsubscribe: "取消了关注", CLICK: "点了菜单", click: "点了菜单", SCAN: "扫了码", enter_agent: "进入应用" };
    return [names[name] || name, ...rest].join(" ");
  }

  function webLink(url, text) {
    const link = make("a", "", text);
    link.href = url;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }

  function picture(id) {
    const bubble = make("div", "bubble bare");
    const image = make("img");
    image.src = `/media/${encodeURIComponent(id)}`;
    image.alt = "照片";
    image.addEventListener("load", () => {
      const thread = bubble.closest(".thread");
      if (thread && thread.scrollHeight - thread.scrollTop - thread.clientHeight < 320) thread.scrollTop = thread.scrollHeight;
    });
    bubble.append(image);
    return bubble;
  }

  function place(entry) {
    const bubble = make("div", "bubble bare");
    const box = make("div", "place");
    box.append(make("b", "", entry.text || "位置"), make("small", "", `${entry.lat}, ${entry.lng}`), make("i"));
    bubble.append(box);
    return bubble;
  }

  // A picture from elsewhere is not loaded: the page talks to the sandbox only.
  function cover(url) {
    if (!url.startsWith(`${location.origin}/`)) return make("div", "card-picture");
    const image = make("img", "card-picture");
    image.src = url;
    image.alt = "";
    return image;
  }

  function articleCard(articles) {
    const box = make("div", "bubble card");
    articles.forEach((article, index) => {
      if (index === 0) box.append(cover(article.picurl));
      const body = make("div", "card-body");
      const title = make("div", "card-title");
      title.append(safeUrl(article.url) ? webLink(article.url, article.title) : document.createTextNode(article.title));
      body.append(title);
      if (article.description) body.append(make("div", "card-desc", article.description));
      box.append(body);
    });
    return box;
  }

  function textCard(card) {
    const box = make("div", "bubble card");
    const body = make("div", "card-body");
    body.append(make("div", "card-title", card.title), make("div", "card-desc", card.description));
    box.append(body);
    if (safeUrl(card.url)) {
      const row = make("div", "card-buttons");
      row.append(webLink(card.url, card.btntxt || "详情"));
      box.append(row);
    }
    return box;
  }

  function rowsCard(entry) {
    const box = make("div", "bubble card");
    const body = make("div", "card-body");
    body.append(make("div", "card-title", entry.type === "template" ? "服务通知" : "订阅通知"));
    const list = make("dl");
    for (const row of entry.rows) list.append(make("dt", "", row.key), make("dd", "", row.value));
    body.append(list);
    box.append(body);
    return box;
  }

  async function photo(file) {
    if (file.type !== "image/gif") {
      try {
        const bitmap = await createImageBitmap(file);
        const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
        const canvas = document.createElement("canvas");
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        return canvas.toDataURL("image/jpeg", 0.85);
      } catch { /* not a picture the browser can draw: the sandbox judges the file itself */ }
    }
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(file);
    });
  }

  function openPhone(key) {
    if (phones.has(key) || !people.has(key) || phones.size >= 24) return;
    const phone = new Phone(people.get(key));
    phones.set(key, phone);
    byId("phones").append(phone.element);
    remember();
    drawPeople();
    load([key], 0);
  }

  function closePhone(key) {
    phones.get(key)?.element.remove();
    phones.delete(key);
    remember();
    drawPeople();
  }

  function drawPeople() {
    const select = byId("open-person");
    const options = [...people.values()].filter((person) => !phones.has(person.key));
    select.replaceChildren(new Option("打开另一部手机…", ""), ...options.map((person) => new Option(`${person.name}（${person.key}）`, person.key)));
  }

  async function loadPeople() {
    const data = await ask("GET", "/api/people");
    people = new Map(data.people.map((person) => [person.key, person]));
    drawPeople();
  }

  async function load(keys, since) {
    if (!keys.length) return null;
    const data = await ask("GET", `/api/phones?since=${since}&keys=${keys.map(encodeURIComponent).join(",")}`);
    menus = data.menus;
    for (const phone of phones.values()) phone.drawMenu();
    for (const { entries, ...person } of data.phones) {
      people.set(person.key, person);
      phones.get(person.key)?.update(person, entries);
    }
    return data.version;
  }

  async function start() {
    accounts = (await ask("GET", "/api/accounts")).accounts;
    await loadPeople();
    const fieldset = byId("new-person-channels");
    for (const one of accounts) {
      const label = make("label");
      const box = make("input");
      box.type = "checkbox";
      box.name = "channel";
      box.value = one.key;
      box.checked = one.kind !== "wecom";
      label.append(box, ` ${channelName(one.key)}`);
      fieldset.append(label);
    }
    const wanted = remembered() || DEFAULTS;
    const first = wanted.filter((key) => people.has(key));
    for (const key of first.length ? first : [...people.keys()].slice(0, 4)) openPhone(key);
    byId("phones").querySelector("input")?.focus({ preventScroll: true });
  }

  // A sandbox that was restarted counts from the beginning: what we show is gone there.
  async function forget() {
    const keys = [...phones.keys()];
    for (const phone of phones.values()) phone.element.remove();
    phones.clear();
    await loadPeople();
    for (const key of keys) openPhone(key);
  }

  async function poll() {
    if (polling) return;
    polling = true;
    clearTimeout(timer);
    try {
      const seen = await load([...phones.keys()], version);
      if (seen !== null && seen < version) await forget();
      if (seen !== null) version = seen;
      if (!byId("log").hidden) await loadLog();
      byId("offline").hidden = true;
    } catch {
      byId("offline").hidden = false;
    }
    polling = false;
    timer = setTimeout(poll, document.hidden ? HIDDEN : QUICK);
  }

  let lastCall = 0;

  async function loadLog() {
    const { log } = await ask("GET", `/api/log?after=${lastCall}&limit=60`);
    const list = byId("log-list");
    for (const call of log) {
      lastCall = Math.max(lastCall, call.id);
      list.prepend(logLine(call));
    }
    while (list.children.length > 200) list.lastElementChild.remove();
  }

  function logLine(call) {
    const box = make("details");
    const summary = make("summary");
    const bad = call.error || call.status !== 200 || /"errcode": ?-?[1-9]/.test(call.response_raw || "");
    summary.append(
      make("span", "", clock(new Date(call.at))),
      make("span", "", call.direction === "callback" ? "平台 → 程序" : "程序 → 平台"),
      make("span", "path", `${call.method} ${call.path.split("?")[0]}`),
      make("span", bad ? "bad" : "", `${call.error || call.status || "断开"}`),
      make("span", "", call.seconds === undefined ? "" : `${Math.round(call.seconds * 1000)} ms`),
    );
    box.append(summary);
    box.addEventListener("toggle", () => {
      if (!box.open || box.children.length > 1) return;
      const parts = [["地址", call.path], ["请求（解密后）", call.request_plain], ["请求（线上）", call.request_raw], ["回答（解密后）", call.response_plain], ["回答（线上）", call.response_raw]];
      for (const [name, text] of parts) if (text) box.append(make("h3", "", name), make("pre", "", text));
    });
    return box;
  }

  function showLog(open) {
    byId("log").hidden = !open;
    byId("show-log").setAttribute("aria-expanded", String(open));
    if (open) { poll(); byId("log-list").focus(); } else byId("show-log").focus();
  }

  async function addPerson(event) {
    event.preventDefault();
    const data = new FormData(event.target);
    const channels = data.getAll("channel");
    if (!channels.length) return;
    for (const channel of channels) await ask("POST", "/api/people", { key: data.get("key"), name: data.get("name"), channel });
    byId("new-person").close();
    event.target.reset();
    await loadPeople();
    openPhone(data.get("key"));
  }

  document.addEventListener("DOMContentLoaded", () => {
    byId("open-person").addEventListener("change", (event) => {
      openPhone(event.target.value);
      byId("phones").lastElementChild?.scrollIntoView({ behavior: "smooth", inline: "end", block: "nearest" });
    });
    byId("add-person").addEventListener("click", () => byId("new-person").showModal());
    byId("cancel-person").addEventListener("click", () => byId("new-person").close());
    byId("new-person-form").addEventListener("submit", addPerson);
    byId("show-log").addEventListener("click", () => showLog(byId("log").hidden));
    byId("close-log").addEventListener("click", () => showLog(false));
    byId("clear-log").addEventListener("click", async () => {
      await ask("DELETE", "/api/log");
      byId("log-list").replaceChildren();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !byId("log").hidden && !byId("new-person").open) showLog(false);
    });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
    start().then(poll, () => { byId("offline").hidden = false; setTimeout(() => location.reload(), 3000); });
  });
})();
