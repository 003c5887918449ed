// What an open page does by itself: it takes over what has changed, and listens to the keyboard. Everything also works
// without it; nothing here decides anything.
"use strict";

(() => {
  const EVERY = 2000; // milliseconds; a change is on the screen within three seconds
  const WHOLE = 30; // every so many rounds everything is asked for: minutes pass too, and things go out of sight

  const isTyping = (element) => element?.matches?.("input:not([type=checkbox], [type=radio]), textarea, select") ?? false;

  // ---- taking over what has changed

  const keyOf = (element) => element?.closest?.("[data-key]")?.dataset.key;
  const rowOf = (part, key) => [...part.children].find((row) => row.dataset.key === key);

  function takeOverRows(old, fresh) {
    const held = document.activeElement;
    const heldKey = old.contains(held) ? keyOf(held) : null;
    const rows = [...fresh.children].map((row) => {
      const known = rowOf(old, row.dataset.key);
      if (known?.dataset.stamp === row.dataset.stamp) return known;
      const [before, after] = [known, row].map((each) => each?.querySelector("input[type=checkbox]"));
      if (before?.checked && after) {
        after.checked = true;
        after.value = before.value; // chosen as it was then: if that is over, the server says so
      }
      return row;
    });
    for (const row of [...old.children]) if (!rows.includes(row)) row.remove();
    rows.forEach((row, at) => {
      if (old.children[at] !== row) old.insertBefore(row, old.children[at] ?? null);
    });
    if (heldKey && document.activeElement !== held) {
      rowOf(old, heldKey)?.querySelector(held.tagName)?.focus({ preventScroll: true });
    }
  }

  // Whoever is in the middle of something there is left alone.
  const isInUse = (part) =>
    part.contains(document.activeElement) || part.querySelector("details.hy-action[open]") !== null;

  // Gives whether everything could be taken over.
  function takeOver(page, root) {
    // What stays where it is on the screen: the row somebody is at, otherwise the first that is to be seen.
    const isSeen = (row) => row.getBoundingClientRect().bottom > 0;
    const at = document.activeElement?.closest?.("[data-key]");
    const anchor = at && root.contains(at) && isSeen(at) ? at : [...root.querySelectorAll("[data-key]")].find(isSeen);
    const [key, top] = [anchor?.dataset.key, anchor?.getBoundingClientRect().top];
    let whole = true;
    for (const fresh of page.querySelectorAll("[data-part]")) {
      const old = root.querySelector(`[data-part="${CSS.escape(fresh.dataset.part)}"]`);
      if (!old) whole = false;
      else if ("keyed" in fresh.dataset) takeOverRows(old, fresh);
      else if (old.innerHTML === fresh.innerHTML) continue;
      else if (isInUse(old)) whole = false;
      else old.replaceChildren(...fresh.childNodes);
    }
    const now = key && root.querySelector(`[data-key="${CSS.escape(key)}"]`);
    // At once: the style sheet would have it glide there, which is the very movement that is to be spared.
    if (now && window.scrollY > 0) {
      window.scrollBy({ top: now.getBoundingClientRect().top - top, behavior: "instant" });
    }
    return whole;
  }

  const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

  function repeat(ask) {
    let busy = false;
    const once = async () => {
      if (busy || document.hidden) return;
      busy = true;
      try {
        await ask();
      } catch {
        // The line is down for a moment: the next round asks again.
      } finally {
        busy = false;
      }
    };
    setInterval(once, EVERY);
    document.addEventListener("visibilitychange", once);
  }

  const FRAGMENT = { headers: { "HX-Request": "true" } };

  const list = document.querySelector("[data-live]");
  if (list) {
    let round = 0;
    repeat(async () => {
      round += 1;
      const address = new URL(list.dataset.live, location.href);
      address.searchParams.set("since", round % WHOLE ? list.dataset.version : "0");
      const answer = await fetch(address, FRAGMENT);
      if (answer.status === 401) location.reload();
      if (!answer.ok) return;
      if (answer.status === 200) takeOver(parsed(await answer.text()), list);
      list.dataset.version = answer.headers.get("X-Version");
      count();
    });
  }

  const pulse = document.querySelector("[data-pulse]");
  if (pulse) {
    repeat(async () => {
      const form = new URLSearchParams({ csrf: pulse.dataset.csrf, version: pulse.dataset.version });
      const answer = await fetch(pulse.dataset.pulse, { method: "POST", body: form, ...FRAGMENT });
      if (answer.status === 401) location.reload();
      if (!answer.ok) return;
      const lookers = pulse.querySelector("[data-lookers]");
      lookers.textContent = await answer.text();
      lookers.hidden = !lookers.textContent;
      const version = answer.headers.get("X-Version");
      if (version === pulse.dataset.version) return;
      const whole = takeOver(parsed(await (await fetch(location.pathname, FRAGMENT)).text()), document);
      pulse.dataset.version = version;
      pulse.querySelector("[data-changed]").hidden = whole;
    });
  }

  // ---- what was just done is said once: not again after a reload, and not any more once something else is done

  const done = document.querySelector("[data-done]");
  if (done) {
    const address = new URL(location.href);
    address.searchParams.delete("done");
    history.replaceState(history.state, "", address);
    const fade = (event) => {
      if (event.type === "click" && !event.target.closest("a, button, summary, label, input, select, textarea")) return;
      done.classList.add("hy-gone"); // its place stays, so that nothing moves under the finger
    };
    for (const kind of ["click", "change", "input", "submit"]) document.addEventListener(kind, fade);
  }

  // ---- several at once

  const bulk = document.getElementById("bulk");
  function count() {
    if (!bulk) return;
    const chosen = document.querySelectorAll("input[form=bulk]:checked").length;
    bulk.classList.toggle("hy-chosen", chosen > 0);
    bulk.querySelector("[data-count]").textContent = chosen;
  }
  if (bulk) {
    bulk.classList.add("hy-listening");
    document.addEventListener("change", count);
    count();
  }

  // ---- the menu: an open group closes when whoever opened it goes elsewhere

  const groups = () => document.querySelectorAll(".hy-group[open]");
  document.addEventListener("click", (event) => groups().forEach((each) => each.contains(event.target) || (each.open = false)));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    groups().forEach((each) => {
      if (each.contains(document.activeElement)) each.querySelector("summary").focus();
      each.open = false;
    });
  });

  // ---- the keyboard

  const links = () => [...document.querySelectorAll("[data-key] > a")].filter((link) => link.offsetParent);
  function move(step) {
    const all = links();
    const at = all.findIndex((link) => keyOf(link) === keyOf(document.activeElement));
    all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
  }
  function press(number) {
    const button = document.querySelectorAll(".hy-buttons.hy-numbered > *")[number - 1]?.querySelector("summary, button");
    button?.click();
    button?.closest("details[open]")?.querySelector("input:not([type=hidden]), select, textarea, form button")?.focus();
  }
  const help = document.getElementById("help");
  const KEYS = {
    j: () => move(1),
    k: () => move(-1),
    x: () => keyOf(document.activeElement) && document.activeElement.closest("[data-key]").querySelector("input")?.click(),
    "/": () => document.querySelector("input[type=search]")?.focus(),
    "?": () => help?.showModal(),
  };
  document.documentElement.classList.add("hy-keys");
  document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
  document.querySelector("[data-help]")?.addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (isTyping(event.target) || help?.open) return;
    const act = KEYS[event.key] ?? (/^[1-9]$/.test(event.key) ? () => press(Number(event.key)) : null);
    if (!act) return;
    event.preventDefault();
    act();
  });
})();
