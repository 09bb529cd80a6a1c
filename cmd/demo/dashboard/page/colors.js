// The colors of the canvas and the charts: the style sheet's own, read again when the theme changes.

const names = ["bg", "surface", "ink", "muted", "line", "accent", "edge", "up", "paused", "killed", "left", "silent",
  "link", "wanted", "onesided", "fresh", "hop0", "hop1", "hop2", "hop3", "hop4", "hop5",
  "zone0", "zone1", "zone2", "zone3", "zone4", "zone5"];

/** Returns the colors by the names of the style sheet, without the dashes. */
export function readColors() {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colors = {};
  for (const name of names) {
    probe.style.color = `var(--${name})`;
    colors[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  colors.hops = [0, 1, 2, 3, 4, 5].map((i) => colors[`hop${i}`]);
  colors.zones = [0, 1, 2, 3, 4, 5].map((i) => colors[`zone${i}`]);
  return colors;
}

/** Returns the color of a state, of whatever name: a file may have any. */
export function stateColor(colors, state) {
  const color = Object.hasOwn(colors, state) ? colors[state] : undefined;
  return typeof color === "string" ? color : colors.muted;
}

/** Returns black or white, whichever is easier to read on the color. */
export function readableOn(color) {
  const [r, g, b] = color.match(/[\d.]+/g).map(Number);
  return r * 0.299 + g * 0.587 + b * 0.114 > 150 ? "#101820" : "#ffffff";
}

/** Returns the color with another opacity. */
export function faded(color, alpha) {
  const [r, g, b] = color.match(/[\d.]+/g);
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}
