// One person's phone: its tabs, its thread, and what is sent from it.

import { drawEntry } from "./bubbles.js";
import { Composer } from "./composer.js";
import { badge, button, clock, day, dots, face, iconButton, make } from "./dom.js";
import { channelName, isOfficial, isWecom, press, say, serviceName } from "./server.js";
import { Sheet } from "./sheet.js";
import { markRead, unread } from "./unread.js";

const KEPT = 300;
const PAUSE_MS = 5 * 60_000;
const BUSY_MS = 8000;
const CLOSE_TO_END = 80;

export class Phone {
  /** `desk` has `close(key)`, `news()` after something was sent, `read()` when something was read, `log(key)`. */
  constructor(person, desk) {
    this.person = person;
    this.desk = desk;
    this.entries = new Map();
    this.drawn = new Map();
    this.menus = {};
    this.channel = person.channels[0];
    this.met = false;
    this.touchedAt = -BUSY_MS;
    this.waiting = 0;
    this.build();
  }

  build() {
    this.element = make("section", "phone");
    this.element.setAttribute("aria-label", `${this.person.name}的手机`);
    const owner = make("div", "owner");
    this.name = make("div", "owner-name");
    const [log, close] = [
      iconButton("plain", "log", `${this.person.name}的往来记录`, () => this.desk.log(this.person.key)),
      iconButton("plain", "close", `收起${this.person.name}的手机`, () => this.desk.close(this.person.key)),
    ];
    owner.append(face(this.person.name, this.person.key), this.name, log, close);
    this.tabs = make("div", "tabs");
    this.tabs.setAttribute("role", "tablist");
    this.tabs.addEventListener("keydown", (event) => this.walkTabs(event));
    this.statusTime = make("span", "status-time");
    const status = make("div", "status-bar");
    status.append(this.statusTime, make("span", "status-signs"));
    status.setAttribute("aria-hidden", "true");
    this.title = make("div", "chat-title");
    this.thread = make("div", "thread");
    this.thread.tabIndex = 0;
    this.thread.setAttribute("role", "log");
    this.thread.setAttribute("aria-label", "对话");
    this.more = button("more-news", "↓ 有新消息", () => this.bottom());
    this.more.hidden = true;
    this.sheet = new Sheet();
    this.composer = new Composer({
      name: this.person.name,
      sheet: this.sheet,
      send: (what) => this.send(() => say(this.person, this.channel, what)),
      flash: (text) => this.flash(text),
    });
    this.screen = make("div", "screen");
    this.screen.append(status, this.title, this.thread, this.more, this.composer.element, this.sheet.element);
    this.element.append(owner, this.tabs, this.screen);
    for (const kind of ["pointerdown", "keydown"]) {
      this.element.addEventListener(kind, () => { this.touchedAt = performance.now(); }, { passive: true });
    }
    // A panel that opens below must not hide the newest message, and a photo that arrives late must not either.
    this.atEnd = true;
    this.thread.addEventListener("scroll", () => this.scrolled(), { passive: true });
    this.thread.addEventListener("load", () => this.keepEnd(), { capture: true });
    new ResizeObserver(() => this.keepEnd()).observe(this.thread);
    this.drawHead();
    this.drawThread();
  }

  get isShown() {
    return this.element.offsetParent !== null && !document.hidden;
  }

  /** Whether nobody is using this phone, so that it may turn to where the news is. */
  get isIdle() {
    return this.composer.isIdle && !this.sheet.isOpen && performance.now() - this.touchedAt > BUSY_MS;
  }

  async send(call) {
    this.wait(1);
    this.desk.news();
    try {
      await call();
      return true;
    } catch (error) {
      this.flash(String(error.message || error));
      return false;
    } finally {
      this.wait(-1);
      this.desk.news();
    }
  }

  wait(more) {
    this.waiting += more;
    this.element.setAttribute("aria-busy", String(this.waiting > 0));
  }

  press(entry, wanted, selected) {
    return this.send(() => press(this.person, { message: entry.id, button: wanted, ...(selected && { selected }) }));
  }

  flash(text) {
    this.thread.append(make("p", "notice", text));
    this.bottom();
  }

  /** Takes in what is new; `entries` are new or changed ones, oldest first. */
  update(person, entries) {
    this.person = person;
    let newest = null;
    const changed = [];
    for (const entry of entries) {
      if (entry.of) continue;
      const before = this.entries.get(entry.id);
      if (before && before.version >= entry.version) continue;
      this.entries.set(entry.id, entry);
      changed.push(entry);
      if (!before && (!entry.mine || !this.met)) newest = entry;
    }
    for (const id of this.entries.keys()) {
      if (this.entries.size <= KEPT) break;
      this.entries.delete(id);
      this.drawn.get(id)?.remove();
      this.drawn.delete(id);
    }
    const turn = newest && newest.channel !== this.channel && person.channels.includes(newest.channel);
    if (turn && (!this.met || this.isIdle)) this.turnTo(newest.channel);
    else this.drawNews(changed.filter((entry) => entry.channel === this.channel));
    this.met = true;
    this.see();
    this.drawHead();
  }

  choose(channel) {
    if (channel !== this.channel) this.turnTo(channel);
    this.bottom();
    this.see();
    this.drawHead();
  }

  turnTo(channel) {
    this.channel = channel;
    this.sheet.close();
    this.drawThread();
  }

  /** Notes what is on the screen as read. */
  see() {
    if (this.isShown && markRead(this.person, this.channel)) this.desk.read();
  }

  setMenus(menus) {
    this.menus = menus;
    this.drawTools();
  }

  setTime(text) {
    if (this.statusTime.textContent !== text) this.statusTime.textContent = text;
  }

  drawTools() {
    const { channel } = this;
    this.composer.update({ channel, follows: this.person.following.includes(channel), menu: this.menus[channel] });
  }

  drawHead() {
    const { person } = this;
    const shape = JSON.stringify([person.name, person.channels, person.following, this.channel, person.channels.map((channel) => unread(person, channel))]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.name.replaceChildren(make("strong", "", person.name), make("small", "", person.key));
      this.screen.dataset.kind = isWecom(this.channel) ? "wecom" : "official";
      this.title.replaceChildren(make("span", "chat-back", "‹"), make("h2", "", serviceName(this.channel)), this.corner());
      this.title.firstChild.setAttribute("aria-hidden", "true");
      this.drawTabs();
    }
    this.drawTools();
  }

  /** What WeChat keeps behind the dots of a chat. */
  corner() {
    const event = (name) => () => this.send(() => say(this.person, this.channel, { event: name }));
    const items = [];
    if (isWecom(this.channel)) items.push(["重新进入应用", event("enter_agent")]);
    if (isOfficial(this.channel) && this.person.following.includes(this.channel)) items.push(["取消关注", event("unsubscribe")]);
    return items.length ? dots("更多操作", items) : make("span");
  }

  drawTabs() {
    const focused = [...this.tabs.children].indexOf(document.activeElement);
    const tabs = this.person.channels.map((channel) => {
      const tab = button(`tab ${isWecom(channel) ? "wecom" : "official"}`, channelName(channel), () => this.choose(channel));
      const count = channel === this.channel ? 0 : unread(this.person, channel);
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-selected", String(channel === this.channel));
      if (count) tab.append(badge(count));
      return tab;
    });
    this.tabs.replaceChildren(...tabs);
    if (focused >= 0) tabs[focused]?.focus({ preventScroll: true });
  }

  walkTabs(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const { channels } = this.person;
    if (!step || channels.length < 2) return;
    this.choose(channels[(channels.indexOf(this.channel) + step + channels.length) % channels.length]);
    this.tabs.querySelector("[aria-selected=true]").focus({ preventScroll: true });
  }

  drawThread() {
    this.drawn.clear();
    this.lastAt = null;
    this.thread.replaceChildren(make("p", "empty", "还没有消息"));
    this.atEnd = true;
    this.drawNews([...this.entries.values()].filter((entry) => entry.channel === this.channel));
  }

  drawNews(entries) {
    let added = false;
    for (const entry of entries) {
      const old = this.drawn.get(entry.id);
      const element = drawEntry(entry, this.person, (...pressed) => this.press(...pressed));
      this.drawn.set(entry.id, element);
      if (old) {
        const focused = old.contains(document.activeElement);
        old.replaceWith(element);
        if (focused) this.thread.focus({ preventScroll: true });
        continue;
      }
      const at = new Date(entry.at);
      if (!this.lastAt || at - this.lastAt > PAUSE_MS) this.thread.append(make("p", "when", `${day(at)} ${clock(at)}`));
      this.lastAt = at;
      this.thread.append(element);
      added = true;
    }
    if (entries.length) this.thread.querySelector(".empty")?.remove();
    if (added && !this.atEnd) this.more.hidden = false;
    this.keepEnd();
  }

  scrolled() {
    this.atEnd = this.thread.scrollHeight - this.thread.scrollTop - this.thread.clientHeight < CLOSE_TO_END;
    if (this.atEnd) this.more.hidden = true;
  }

  keepEnd() {
    if (this.atEnd) this.bottom();
  }

  bottom() {
    this.atEnd = true;
    this.more.hidden = true;
    this.thread.scrollTop = this.thread.scrollHeight;
  }
}
