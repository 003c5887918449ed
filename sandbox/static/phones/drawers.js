// The drawers beside the phones (people, log, platform): one is open at a time, Escape closes it, the focus comes back.

import { byId } from "./dom.js";

const drawers = new Map();
let open = null;
let opener = null;

/** Makes the button and the drawer of these ids belong together; `opened` is called at each opening. */
export function drawer(name, opened) {
  const [element, toggle] = [byId(name), byId(`show-${name}`)];
  drawers.set(name, { element, toggle, opened });
  toggle.addEventListener("click", () => showDrawer(open === name ? null : name));
  element.querySelector(".drawer-close").addEventListener("click", () => showDrawer(null));
}

export const isOpen = (name) => open === name;

/** Opens a drawer and closes the others; null closes them all. */
export function showDrawer(name) {
  if (open === name) return;
  if (open === null) opener = document.activeElement;
  open = name;
  for (const [each, { element, toggle }] of drawers) {
    element.hidden = each !== name;
    toggle.setAttribute("aria-expanded", String(each === name));
  }
  document.body.classList.toggle("with-drawer", name !== null);
  if (name === null) {
    (opener?.isConnected ? opener : document.body).focus({ preventScroll: true });
    return;
  }
  const { element, opened } = drawers.get(name);
  element.querySelector("h2").focus({ preventScroll: true });
  opened();
}

export function closeOnEscape() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open && !document.querySelector("dialog[open]")) showDrawer(null);
  });
}
