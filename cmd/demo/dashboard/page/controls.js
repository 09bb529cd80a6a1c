// The buttons that do something to the mesh. They are there only where the server lets them.

import { isGone } from "./state.js";
import { token } from "./stream.js";

// fit tells which nodes an action is of use for.
const fit = {
  kill: (s) => s === "up" || s === "paused",
  pause: (s) => s === "up",
  resume: (s) => s === "paused",
  restart: (s) => isGone(s),
  leave: (s) => s === "up",
  publish: (s) => s === "up",
};

/** Sends what somebody wants done to the server. */
export class Controls {
  constructor(bar, { current, selected, say, onPublish }) {
    Object.assign(this, { bar, current, selected, say, onPublish });
    this.buttons = [...bar.querySelectorAll("button[data-do]")];
    for (const b of this.buttons) b.addEventListener("click", () => this.act(b.dataset.do));
    this.target = bar.querySelector("#target");
  }

  /** Shows which actions there are now: those for the selected node, or for one drawn by chance. */
  show(allowed) {
    this.allowed = allowed;
    this.bar.hidden = !allowed;
    if (!allowed) return;
    const state = this.current(), id = this.selected();
    const text = id && state.nodes.has(id) ? id : "a random node";
    if (this.target.textContent !== text) this.target.textContent = text;
    for (const b of this.buttons) {
      const off = !this.possible(b.dataset.do, state);
      if (b.disabled !== off && !(off && b.dataset.busy)) b.disabled = off;
    }
  }

  possible(action, state) {
    if (action === "heal") return state.cut !== null;
    if (action === "cut") return state.cut === null && state.nodes.size > 1;
    if (action === "add") return true;
    return this.choose(action, state) !== undefined;
  }

  // choose returns the selected node if the action suits it, else one by chance if none is selected.
  choose(action, state) {
    const id = this.selected();
    if (action === "restart" && state.nodes.get(id)?.state === "up") return id;
    const node = state.nodes.get(id);
    if (node && (action !== "publish" || fit.publish(node.state))) return fit[action](node.state) ? id : undefined;
    const all = [...state.nodes.values()].filter((n) => fit[action](n.state));
    return all[Math.floor(Math.random() * all.length)]?.id;
  }

  /** Does it, and says so. */
  async act(action) {
    const state = this.current();
    if (!this.allowed || !this.possible(action, state)) return;
    const body = {};
    if (fit[action]) body.nodes = [this.choose(action, state)];
    if (action === "add") body.count = 10;
    if (action === "publish") { body.size = 128; this.onPublish(body.nodes[0]); }
    try {
      const answer = await fetch(`do/${action}`, { method: "POST", headers: headers(), body: JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) this.say(`${action}: ${said.error ?? `the server answers ${answer.status}`}`, true);
      else this.say(done(action, body.nodes?.[0]));
    } catch (err) {
      this.say(`${action}: ${err.name === "TimeoutError" ? "no answer in 30 s" : "the server cannot be reached"}`, true);
    }
  }
}

// headers has the token that came in the page's address, behind the #, where no server logs it.
function headers() { return { "Content-Type": "application/json", ...(token() ? { "Kith-Token": token() } : {}) }; }

function done(action, id) {
  switch (action) {
    case "kill": return `${id} is killed`;
    case "pause": return `${id} is paused`;
    case "resume": return `${id} goes on`;
    case "restart": return `${id} starts again`;
    case "leave": return `${id} leaves`;
    case "cut": return "The mesh is cut in two";
    case "heal": return "The cut is healed";
    case "add": return "10 nodes are added";
    default: return `${id} publishes`;
  }
}
