// The open phones and everybody else: opens and closes phones, and asks the sandbox for news by version number.

import { badge, byId, clock, day, face, make } from "./dom.js";
import { isOpen as isDrawerOpen, showDrawer } from "./drawers.js";
import { filterByPerson, loadLog, logPeople } from "./log.js";
import { drawPeople } from "./people.js";
import { Phone } from "./phone.js";
import { loadPlatform } from "./platform.js";
import { ask } from "./server.js";
import { begin, unreadInAll } from "./unread.js";

const PLACE = "phones.open";
const FIRST = ["demo-resident-1", "demo-member-1", "demo-rider-1", "demo-staff-1"];
const MOST_OPEN = 24;
const PAUSE_MS = 350;
const HIDDEN_PAUSE_MS = 5000;

const phones = new Map();
const people = new Map();
let world = "";
let version = 0;
let current = "";
let timer = 0;
let polling = false;
let again = false;

const links = {
  close: (key) => close(key),
  news: () => poll(),
  read: () => drawUnread(),
  log: (key) => {
    showDrawer("log");
    filterByPerson(key);
  },
};

function remembered() {
  try {
    const keys = JSON.parse(localStorage.getItem(PLACE) || "null");
    return Array.isArray(keys) ? keys : null;
  } catch {
    return null;
  }
}

function remember() {
  try {
    localStorage.setItem(PLACE, JSON.stringify([...phones.keys()]));
  } catch { /* a browser that keeps nothing still shows the phones */ }
}

/** Everybody there is, and the phones that were open last time. */
export async function start() {
  await loadPeople();
  const known = (remembered() || FIRST).filter((key) => people.has(key));
  for (const key of known.length ? known : [...people.keys()].slice(0, FIRST.length)) add(key);
  choose([...phones.keys()][0]);
  await poll();
}

async function loadPeople() {
  const data = await ask("GET", "/api/people");
  ({ world, version } = data);
  begin(world);
  people.clear();
  for (const person of data.people) people.set(person.key, person);
}

function add(key) {
  const phone = new Phone(people.get(key), links);
  phones.set(key, phone);
  byId("phones").append(phone.element);
  remember();
}

/** Opens somebody's phone, or goes to it when it is open. */
export async function open(key) {
  if (!people.has(key)) await loadPeople();
  if (!people.has(key)) return;
  if (!phones.has(key)) {
    if (phones.size >= MOST_OPEN) close([...phones.keys()][0]);
    add(key);
    await load([key], 0);
  }
  choose(key);
  phones.get(key).element.scrollIntoView({ behavior: "smooth", inline: "center", block: "nearest" });
  drawUnread();
}

function close(key) {
  phones.get(key)?.element.remove();
  phones.delete(key);
  remember();
  choose(phones.has(current) ? current : [...phones.keys()][0]);
  drawUnread();
}

/** Which phone a narrow screen shows. */
function choose(key) {
  current = key || "";
  for (const [each, phone] of phones) phone.element.classList.toggle("current", each === current);
  phones.get(current)?.bottom();
  phones.get(current)?.see();
  byId("no-phones").hidden = phones.size > 0;
  drawUnread();
}

/** Counts on the buttons, in the list of people and on the tabs of a narrow screen. */
export function drawUnread() {
  for (const phone of phones.values()) phone.drawHead();
  const elsewhere = [...people.values()].filter((person) => !phones.has(person.key));
  const count = elsewhere.reduce((sum, person) => sum + unreadInAll(person), 0);
  const place = byId("people-unread");
  if (place.dataset.count !== String(count)) {
    place.dataset.count = String(count);
    place.replaceChildren(...(count ? [badge(count)] : []));
  }
  if (isDrawerOpen("people")) drawList();
  drawSwitcher();
}

export function drawList() {
  drawPeople([...people.values()], { isOpen: (key) => phones.has(key), chosen: choosePerson });
}

function choosePerson(key) {
  if (matchMedia("(max-width: 640px)").matches) showDrawer(null);
  open(key);
}

function drawSwitcher() {
  const switcher = byId("switcher");
  const shape = JSON.stringify([...phones].map(([key, phone]) => [key, phone.person.name, key === current, unreadInAll(phone.person)]));
  if (switcher.dataset.shape === shape) return;
  switcher.dataset.shape = shape;
  const focused = [...switcher.children].indexOf(document.activeElement);
  switcher.replaceChildren(...[...phones].map(([key, { person }]) => {
    const tab = make("button", "switch");
    tab.type = "button";
    tab.setAttribute("aria-pressed", String(key === current));
    tab.append(face(person.name, person.key), make("span", "", person.name));
    const count = unreadInAll(person);
    if (count && key !== current) tab.append(badge(count));
    tab.addEventListener("click", () => {
      showDrawer(null);
      choose(key);
    });
    return tab;
  }));
  if (focused >= 0) switcher.children[focused]?.focus();
}

async function load(keys, since) {
  const query = new URLSearchParams({ since: String(since) });
  for (const key of keys) query.append("key", key);
  const data = await ask("GET", `/api/phones?${query}`);
  if (data.world !== world) return data;
  for (const { entries, ...person } of data.phones) {
    people.set(person.key, person);
    phones.get(person.key)?.update(person, entries);
  }
  for (const person of data.others) people.set(person.key, person);
  const now = new Date(data.now);
  byId("sandbox-time").textContent = `${day(now)} ${clock(now)}`;
  for (const phone of phones.values()) {
    phone.setTime(clock(now));
    phone.setMenus(data.menus);
  }
  if (data.phones.length || data.others.length) drawUnread();
  logPeople([...people.values()]);
  return data;
}

/** A sandbox that was restarted knows nothing of what we show. */
async function startAgain() {
  const keys = [...phones.keys()];
  for (const phone of phones.values()) phone.element.remove();
  phones.clear();
  await loadPeople();
  for (const key of keys.filter((each) => people.has(each))) add(key);
  choose(phones.has(current) ? current : [...phones.keys()][0]);
  await fill();
}

async function fill() {
  if (phones.size) await load([...phones.keys()], 0);
  await loadLog(true);
}

let filled = false;

/** Asks for news now, and from then on. */
export async function poll() {
  if (polling) {
    again = true;
    return;
  }
  polling = true;
  clearTimeout(timer);
  try {
    if (!filled) await fill();
    filled = true;
    const data = await load([...phones.keys()], version);
    if (data.world !== world) await startAgain();
    else ({ version } = data);
    if (isDrawerOpen("log")) await loadLog();
    byId("offline").hidden = true;
  } catch {
    byId("offline").hidden = false;
  }
  polling = false;
  const soon = again;
  again = false;
  timer = setTimeout(poll, soon ? 60 : document.hidden ? HIDDEN_PAUSE_MS : PAUSE_MS);
}

/** What a drawer shows, when it is opened. */
export const opened = {
  people: () => drawList(),
  log: () => loadLog().catch(() => {}),
  platform: () => loadPlatform().catch(() => {}),
};
