// Light, dark, or as the system has it; before anything is drawn.

const themes = ["auto", "light", "dark"];

/** Sets the theme that was chosen last. */
export function restoreTheme() { setTheme(load()); }

/** Goes on to the next theme and returns its name. */
export function nextTheme() {
  const now = document.documentElement.dataset.theme ?? "auto";
  return setTheme(themes[(themes.indexOf(now) + 1) % themes.length]);
}

function setTheme(name) {
  const theme = themes.includes(name) ? name : "auto";
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem("kith-theme", theme); } catch { /* then it is forgotten */ }
  return theme;
}

function load() {
  try { return localStorage.getItem("kith-theme"); } catch { return null; }
}
