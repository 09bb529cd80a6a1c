// The keyboard: one key for each thing one does often.

/** What the keys do, as the help shows it. */
export const keys = [
  ["Space", "pause, and go on"],
  ["← →", "a second back and on; with Shift ten"],
  [", .", "an event back and on"],
  ["l", "live again"],
  ["k", "kill the selected node, or a random one"],
  ["p", "publish a message"],
  ["/", "search the nodes"],
  ["f", "fit the picture"],
  ["+ −", "zoom"],
  ["t", "light, dark or as the system"],
  ["Esc", "close, or select nothing"],
  ["?", "this help"],
];

/** Calls the action of a key that is pressed outside of fields and open dialogs. */
export function listen(actions) {
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector("dialog[open]")) return;
    const el = e.target;
    if (e.key === "Escape") { actions.escape(el); return; }
    if (el.matches?.("input:not([type=range]):not([type=checkbox]), select, textarea")) return;
    const onButton = el.matches?.("button, summary, a, input[type=checkbox]");
    const onSlider = el.matches?.("input[type=range]");
    const run = (action, ...args) => { e.preventDefault(); action(...args); };
    switch (e.key) {
      case " ": if (!onButton) run(actions.pause); break;
      case "ArrowLeft": if (!onSlider) run(actions.slide, e.shiftKey ? -10_000 : -1000); break;
      case "ArrowRight": if (!onSlider) run(actions.slide, e.shiftKey ? 10_000 : 1000); break;
      case ",": run(actions.step, -1); break;
      case ".": run(actions.step, 1); break;
      case "l": run(actions.live); break;
      case "k": if (!e.repeat) run(actions.kill); break;
      case "p": if (!e.repeat) run(actions.publish); break;
      case "/": run(actions.search); break;
      case "f": run(actions.fit); break;
      case "+": case "=": run(actions.zoom, 1.25); break;
      case "-": run(actions.zoom, 0.8); break;
      case "t": run(actions.theme); break;
      case "?": run(actions.help); break;
    }
  });
}
