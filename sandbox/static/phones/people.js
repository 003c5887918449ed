// The list of everybody: who has unread messages, whose phone is open, and somebody new.

import { badge, button, byId, face, make } from "./dom.js";
import { ask, channelName, channels } from "./server.js";
import { unreadInAll } from "./unread.js";

const SHOWN = 200;

/** Draws the list in its drawer; `chosen(key)` opens a phone. */
export function drawPeople(people, { isOpen, chosen }) {
  const wanted = byId("people-search").value.trim().toLowerCase();
  const matching = people.filter((person) => `${person.name} ${person.key}`.toLowerCase().includes(wanted));
  const list = byId("people-list");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  list.replaceChildren(...matching.slice(0, SHOWN).map((person) => line(person, isOpen(person.key), chosen)));
  if (matching.length > SHOWN) list.append(make("li", "hint", `还有 ${matching.length - SHOWN} 人，请用上面的查找`));
  if (!matching.length) list.append(make("li", "hint", "没有这个人"));
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function line(person, open, chosen) {
  const item = make("li");
  const choice = button("person", undefined, () => chosen(person.key));
  choice.dataset.key = person.key;
  const words = make("span", "person-name");
  words.append(make("b", "", person.name), make("small", "", `${person.key} · ${person.channels.map(channelName).join("、")}`));
  const count = unreadInAll(person);
  choice.append(face(person.name, person.key), words);
  if (count) choice.append(badge(count));
  if (open) choice.append(make("span", "person-open", "已打开"));
  item.append(choice);
  return item;
}

/** The dialog for somebody new; `added(key)` is called when the sandbox has met them. */
export function newPersonDialog(added) {
  const [dialog, form, said] = [byId("new-person"), byId("new-person-form"), byId("new-person-said")];
  byId("add-person").addEventListener("click", () => {
    const fieldset = byId("new-person-channels");
    if (fieldset.children.length < 2) fieldset.append(...channels().map(channelBox));
    said.textContent = "";
    dialog.showModal();
  });
  byId("cancel-person").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const [key, name, on] = [data.get("key"), data.get("name"), data.getAll("channel")];
    if (!on.length) {
      said.textContent = "请选至少一个地方";
      return;
    }
    try {
      for (const channel of on) await ask("POST", "/api/people", { key, name, channel });
    } catch (error) {
      said.textContent = String(error.message || error);
      return;
    }
    form.reset();
    dialog.close();
    added(key);
  });
}

function channelBox(channel, index) {
  const label = make("label");
  const box = make("input");
  box.type = "checkbox";
  box.name = "channel";
  box.value = channel;
  box.defaultChecked = index === 0;
  label.append(box, ` ${channelName(channel)}`);
  return label;
}
