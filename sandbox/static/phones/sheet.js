// A page that covers one phone's screen (map, camera, codes) until it is closed; the focus then goes back.

import { button, make } from "./dom.js";

export class Sheet {
  constructor() {
    this.element = make("div", "sheet");
    this.element.hidden = true;
    this.element.setAttribute("role", "dialog");
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.close();
    });
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** Shows `parts` under a title; `confirm` is `[label, action]`; `closed` is called when the sheet goes. */
  open(title, parts, { confirm, closed } = {}) {
    if (this.isOpen) this.close();
    this.before = document.activeElement;
    this.closed = closed;
    const head = make("div", "sheet-head");
    const cancel = button("sheet-cancel", "取消", () => this.close());
    head.append(cancel, make("h3", "", title), confirm ? button("send", confirm[0], () => { this.close(); confirm[1](); }) : make("span"));
    const body = make("div", "sheet-body");
    body.append(...parts);
    this.element.setAttribute("aria-label", title);
    this.element.replaceChildren(head, body);
    this.element.hidden = false;
    cancel.focus({ preventScroll: true });
  }

  close() {
    if (!this.isOpen) return;
    const focused = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.element.replaceChildren();
    this.closed?.();
    this.closed = null;
    if (focused) this.before?.focus({ preventScroll: true });
  }
}
