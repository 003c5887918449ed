// How much of what came to each phone has been on the screen; the browser remembers it while the same sandbox runs.

const PLACE = "phones.read";
let world = "";
let read = {};

/** Takes up what was remembered of this sandbox; nothing of another one. */
export function begin(identity) {
  world = identity;
  read = {};
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) || "{}");
    if (kept.world === world && typeof kept.read === "object") read = kept.read;
  } catch { /* a browser that keeps nothing begins anew */ }
}

export function unread(person, channel) {
  return Math.max(0, (person.received[channel] || 0) - (read[person.key]?.[channel] || 0));
}

export const unreadInAll = (person) => person.channels.reduce((sum, channel) => sum + unread(person, channel), 0);

/** Notes that everything on this channel has been seen; true if anything had not. */
export function markRead(person, channel) {
  if (!unread(person, channel)) return false;
  (read[person.key] ||= {})[channel] = person.received[channel];
  try {
    localStorage.setItem(PLACE, JSON.stringify({ world, read }));
  } catch { /* as above */ }
  return true;
}
