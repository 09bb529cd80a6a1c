// The few ways in which the page makes elements: whatever the server sends becomes text.

/** Returns the element with that id. */
export const $ = (id) => document.getElementById(id);

/** Makes an element with attributes and children; strings among them become text. */
export function make(tag, attributes = {}, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") el.className = value;
    else if (name.startsWith("on")) el.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) el.setAttribute(name, value === true ? "" : value);
  }
  el.append(...children);
  return el;
}

/** Sets the text of an element if it differs: setting it anyway costs a layout. */
export function say(el, text) {
  if (el.textContent !== text) el.textContent = text;
}

/** Writes a count with separators, or a large one short. */
export function count(n) {
  const v = Number(n) || 0;
  if (v >= 1e6) return `${(v / 1e6).toFixed(v >= 1e7 ? 0 : 1)} M`;
  if (v >= 1e4) return `${(v / 1e3).toFixed(v >= 1e5 ? 0 : 1)} k`;
  return v.toLocaleString("en", { maximumFractionDigits: v >= 10 || Number.isInteger(v) ? 0 : 1 });
}

/** Writes a moment of the stream as minutes and seconds. */
export function clock(ms, tenths = false) {
  const all = Math.max(0, ms) / 1000, minutes = Math.floor(all / 60), seconds = all - minutes * 60;
  return `${minutes}:${tenths ? seconds.toFixed(1).padStart(4, "0") : String(Math.floor(seconds)).padStart(2, "0")}`;
}
