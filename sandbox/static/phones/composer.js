// The foot of a chat: words or voice, the panel behind the plus, and the account's own menu.

import { button, icon, iconButton, make, relabel } from "./dom.js";
import { chooseLocation } from "./location.js";
import { drawMenu, menuEvent } from "./menu.js";
import { camera, shrink } from "./photo.js";
import { scan } from "./scan.js";
import { isOfficial, isWecom } from "./server.js";
import { canRecord, recordButton, spokenWords } from "./voice.js";

const LONGEST_TEXT = 2000;

export class Composer {
  /** `send(what)` sends on the phone's channel; it gives false when nothing could be sent. */
  constructor({ name, sheet, send, flash }) {
    this.sheet = sheet;
    this.send = send;
    this.flash = flash;
    this.channel = "";
    this.follows = true;
    this.mode = "words";
    this.build(name);
  }

  build(name) {
    this.element = make("div", "tools");
    this.form = make("form", "say");
    this.menuToggle = iconButton("round", "menu", "菜单", () => this.change(this.mode === "menu" ? "words" : "menu"));
    this.voiceToggle = iconButton("round", "voice", "语音", () => this.change(this.mode === "voice" ? "words" : "voice"));
    this.input = make("input");
    this.input.type = "text";
    this.input.maxLength = LONGEST_TEXT;
    this.input.autocomplete = "off";
    this.input.enterKeyHint = "send";
    this.input.setAttribute("aria-label", `以${name}的身份说`);
    this.input.placeholder = "说点什么";
    this.input.addEventListener("input", () => this.showButtons());
    this.menuBar = make("div", "menu-bar");
    this.talk = make("div", "talk-place");
    if (canRecord()) this.talk.append(recordButton({ done: (data) => this.send({ voice: { data } }), failed: this.flash }));
    this.plus = iconButton("round", "plus", "更多", () => this.togglePanel());
    this.plus.setAttribute("aria-expanded", "false");
    this.sendButton = make("button", "send", "发送");
    this.sendButton.type = "submit";
    this.form.append(this.menuToggle, this.voiceToggle, this.input, this.talk, this.menuBar, this.plus, this.sendButton);
    // Enter that ends a pinyin composition never reaches submit.
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sendWords();
    });
    this.spoken = spokenWords((voice) => this.send({ voice }));
    this.follow = button("follow", "关注公众号", () => this.send({ event: "subscribe" }));
    this.panel = make("div", "panel");
    this.panel.hidden = true;
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.panel.hidden) return;
      event.stopPropagation();
      this.togglePanel(false);
      this.plus.focus();
    });
    this.album = this.fileField(false);
    this.lens = this.fileField(true);
    this.element.append(this.form, this.spoken, this.follow, this.panel, this.album, this.lens);
  }

  fileField(capture) {
    const file = make("input");
    file.type = "file";
    file.accept = "image/jpeg,image/png,image/gif";
    if (capture) file.setAttribute("capture", "environment");
    file.hidden = true;
    file.addEventListener("change", async () => {
      const [chosen] = file.files;
      if (!chosen) return;
      const image = await shrink(chosen);
      file.value = "";
      this.send({ image });
    });
    return file;
  }

  /** Whether nobody is in the middle of something here. */
  get isIdle() {
    return !this.input.value && this.panel.hidden && this.mode !== "voice";
  }

  async sendWords() {
    const text = this.input.value.trim();
    if (!text) return;
    this.input.value = "";
    this.showButtons();
    if ((await this.send({ text })) === false && !this.input.value) this.input.value = text;
    this.showButtons();
  }

  change(mode) {
    this.mode = mode;
    this.show();
    const first = { words: this.input, voice: this.talk.firstElementChild || this.spoken.querySelector("input"), menu: this.menuToggle }[mode];
    first.focus({ preventScroll: true });
  }

  /** What belongs to this channel and to this person's following. */
  update({ channel, follows, menu }) {
    const shape = JSON.stringify([channel, follows, menu || null]);
    if (shape === this.shape) return;
    this.shape = shape;
    if (channel !== this.channel) {
      this.mode = "words";
      this.togglePanel(false);
    }
    Object.assign(this, { channel, follows, hasMenu: Boolean(menu) });
    if (!menu && this.mode === "menu") this.mode = "words";
    drawMenu(this.menuBar, menu, (item) => this.fromMenu(item));
    this.show();
    if (!this.panel.hidden) this.drawPanel();
  }

  fromMenu(item) {
    const pressed = menuEvent(item, isWecom(this.channel));
    const [kind] = (item.type || "").split("_");
    const about = { Event: item.type, EventKey: item.key };
    if (pressed) this.send({ event: pressed });
    else if (kind === "pic") this.album.click();
    else if (kind === "scancode") this.scan((code) => this.send({ event: { ...about, ScanCodeInfo: { ScanResult: code.url } } }));
    else if (kind === "location") {
      this.place(({ lat, lng, label }) => this.send({ event: { ...about, SendLocationInfo: { Location_X: lat, Location_Y: lng, Label: label } } }));
    }
  }

  show() {
    this.form.hidden = this.follow.hidden = false;
    if (this.follows) this.follow.hidden = true;
    else this.form.hidden = true;
    this.menuToggle.hidden = !this.hasMenu;
    const [menu, voice] = [this.mode === "menu", this.mode === "voice"];
    this.showToggle(this.menuToggle, menu, "menu", "菜单");
    this.showToggle(this.voiceToggle, voice, "voice", "语音");
    this.voiceToggle.hidden = menu;
    this.input.hidden = menu || voice;
    this.talk.hidden = !voice;
    this.menuBar.hidden = !menu;
    this.spoken.hidden = !voice || !this.follows;
    this.showButtons();
  }

  /** A toggle shows where it leads: away from words, or back to the keyboard. */
  showToggle(toggle, on, name, label) {
    toggle.firstElementChild.className = `icon icon-${on ? "keyboard" : name}`;
    relabel(toggle, on ? "键盘" : label);
  }

  showButtons() {
    const written = Boolean(this.input.value.trim()) && !this.input.hidden;
    this.sendButton.hidden = !written;
    this.plus.hidden = written || this.mode === "menu";
  }

  togglePanel(open = this.panel.hidden) {
    this.panel.hidden = !open;
    this.plus.setAttribute("aria-expanded", String(open));
    if (open) this.drawPanel();
  }

  drawPanel() {
    const items = [
      ["photo", "相册", () => this.album.click()],
      ["camera", "拍摄", () => camera(this.sheet, { file: () => this.lens.click(), taken: (image) => this.send({ image }) })],
      ["place", "位置", () => this.place()],
    ];
    if (isOfficial(this.channel)) items.push(["scan", "扫一扫", () => this.scan()]);
    this.panel.replaceChildren(...items.map(([picture, label, action]) => {
      const item = button("", undefined, () => {
        this.togglePanel(false);
        this.plus.focus({ preventScroll: true });
        action();
      });
      const tile = make("span", "tile");
      tile.append(icon(picture));
      item.append(tile, label);
      return item;
    }));
  }

  place(chosen = (location) => this.send({ location })) {
    chooseLocation(this.sheet, chosen);
  }

  scan(scanned = (code) => this.send({ scan: code.ticket })) {
    scan(this.sheet, scanned);
  }
}
