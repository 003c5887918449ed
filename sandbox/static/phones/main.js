// The phones page: everything begins here.

import { drawList, open, opened, poll, start } from "./desk.js";
import { byId } from "./dom.js";
import { closeOnEscape, drawer } from "./drawers.js";
import { startLog } from "./log.js";
import { newPersonDialog } from "./people.js";
import { startPlatform } from "./platform.js";
import { channelName, channels, loadAccounts } from "./server.js";

const AGAIN_MS = 3000;

function listen() {
  startLog();
  startPlatform(poll);
  for (const [name, action] of Object.entries(opened)) drawer(name, action);
  closeOnEscape();
  newPersonDialog(open);
  byId("people-search").addEventListener("input", drawList);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
}

async function begin() {
  listen();
  try {
    await loadAccounts();
    for (const id of ["log-channel", "fault-channel"]) {
      byId(id).append(...channels().map((key) => new Option(channelName(key), key)));
    }
    await start();
  } catch {
    byId("offline").hidden = false;
    setTimeout(() => location.reload(), AGAIN_MS);
    return;
  }
  // On a touch screen this would open the keyboard over the page.
  const free = document.activeElement === document.body && !matchMedia("(pointer: coarse)").matches;
  if (free) byId("phones").querySelector(".say input")?.focus({ preventScroll: true });
}

begin();
