// What is said: to readers of the screen, in a note that goes away, and in a banner that stays.

import { $, say } from "./dom.js";

let lastSaid = 0, waiting = [];

/** Tells those who do not see the picture; much at once becomes a count. */
export function announce(text) {
  waiting.push(text);
  if (waiting.length > 1) return;
  setTimeout(() => {
    say($("announce"), waiting.length > 3 ? `${waiting.length} changes, the latest: ${waiting.at(-1)}` : waiting.join(". "));
    waiting = [];
    lastSaid = performance.now();
  }, Math.max(200, 1500 - (performance.now() - lastSaid)));
}

let toastTimer;

/** Shows a note for some seconds. */
export function toast(text, bad = false) {
  const el = $("toast");
  el.hidden = false;
  el.classList.toggle("bad", bad);
  say(el, text);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => { el.hidden = true; }, bad ? 8000 : 3000);
}

/** Shows what is wrong until there is something else, or nothing, to be shown. */
export function banner(text) {
  $("banner").hidden = !text;
  say($("banner"), text);
}
