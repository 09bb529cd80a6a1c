// One node, close up: what the picture knows of it, and when live what it says itself.

import { count, clock, make, say } from "./dom.js";
import { token } from "./stream.js";
import { byName, summary } from "./state.js";
import { describe, millis } from "./words.js";

const ASK_MS = 1500;
const MOST_EVENTS = 12;

/** Shows the selected node in a panel. */
export class Inspector {
  constructor(panel, { onPick, onClose, canAsk }) {
    Object.assign(this, { panel, onPick, canAsk });
    this.title = panel.querySelector("h2");
    this.body = panel.querySelector(".body");
    panel.querySelector(".close").addEventListener("click", onClose);
  }

  /** Opens the panel for a node, or closes it for none. */
  select(id) {
    this.id = id;
    this.detail = null;
    this.fault = "";
    this.panel.hidden = !id;
    clearTimeout(this.timer);
    if (!id) return;
    this.body.scrollTop = 0;
    this.ask();
  }

  // ask asks the node again and again while it is selected.
  async ask() {
    const id = this.id;
    clearTimeout(this.timer);
    if (!id) return;
    if (this.canAsk()) {
      try {
        const answer = await fetch(`node/${encodeURIComponent(id)}`, { headers: token() ? { "Kith-Token": token() } : {}, signal: AbortSignal.timeout(5000) });
        const body = await answer.json().catch(() => ({}));
        if (this.id !== id) return;
        if (answer.ok) { this.detail = body; this.fault = ""; } else { this.fault = String(body.error ?? `The server answers ${answer.status}`); this.detail = null; }
      } catch {
        if (this.id !== id) return;
        this.fault = "It cannot be asked at the moment.";
      }
      this.render();
    } else this.detail = null;
    this.timer = setTimeout(() => this.ask(), ASK_MS);
  }

  show(state, history, index) {
    this.shown = { state, history, index };
    if (this.id) this.render();
  }

  render() {
    if (!this.shown) return;
    const { state } = this.shown, node = state.nodes.get(this.id);
    say(this.title, this.id);
    if (!node) return this.body.replaceChildren(make("p", { class: "hint" }, "It is not in the mesh at this moment."));
    const s = summary(state, node), a = node.about ?? {};
    const facts = [["State", make("span", { class: "state" }, node.state)], ["Zone", a.zone], ["Address", a.addr], ["NATS", a.nats], ["Version", a.version], ["Started", a.started && new Date(a.started).toLocaleTimeString()],
      ["Neighbors", `${s.degree}${s.oneSided ? `, ${s.oneSided} one-sided` : ""}`], ["Changed at", clock(node.changed, true)],
      ["Lost neighbors", this.detail ? count(this.detail.lost) : ""]];
    const scroll = this.body.scrollTop, focused = document.activeElement?.dataset?.peer;
    this.body.replaceChildren(
      make("dl", { class: "facts", "data-state": node.state }, ...facts.filter(([, v]) => v).flatMap(([k, v]) => [make("dt", {}, k), make("dd", {}, v)])),
      this.fault && this.canAsk() ? make("p", { class: "hint" }, this.fault) : "",
      make("h3", {}, "Active view"), this.neighbors(node, state),
      ...this.passive(), ...this.counters(),
      make("h3", {}, "Last events"), this.events(),
    );
    this.body.scrollTop = scroll;
    if (focused) this.body.querySelector(`[data-peer="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  neighbors(node, state) {
    if (!node.edges.size) return make("p", { class: "hint" }, "It has no neighbors.");
    const rows = [...node.edges].sort(([a], [b]) => byName(a, b)).map(([peer, e]) => {
      const rtt = this.detail?.rtt?.[peer], age = this.detail?.age_s?.[peer];
      const both = state.nodes.get(peer)?.edges.get(node.id)?.neighbor;
      const kind = !e.neighbor ? "no neighbor" : !both ? "one-sided" : e.eager ? "eager" : "lazy";
      return make("tr", {},
        make("th", { scope: "row" }, make("button", { type: "button", class: "node-name", "data-peer": peer, onclick: () => this.onPick(peer) }, peer)),
        make("td", { class: `edge-${kind.replace(" ", "-")}` }, kind),
        make("td", { class: `link-${e.link || "none"}`, title: e.why }, e.link && e.link !== "none" ? `NATS ${e.link}` : "–"),
        make("td", { class: "number" }, rtt ? millis(rtt) : "–"),
        make("td", { class: "number" }, age ? `${count(Math.round(age))} s` : "–"),
        e.why ? make("td", { class: "why" }, e.why) : "");
    });
    const heads = ["Peer", "Edge", "Link", "RTT", "Age"].map((h) => make("th", { scope: "col" }, h));
    return make("table", { class: "small", "aria-label": "Active view" }, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
  }

  passive() {
    if (!Array.isArray(this.detail?.passive)) return [];
    const peers = this.detail.passive.slice(0, 60).map((p) => make("button", { type: "button", class: "chip", "data-peer": `passive ${p}`, onclick: () => this.onPick(p) }, String(p)));
    return [make("h3", {}, `Passive view (${this.detail.passive.length})`), peers.length ? make("p", { class: "chips" }, ...peers) : make("p", { class: "hint" }, "It is empty.")];
  }

  counters() {
    const all = Object.entries(this.detail?.counters ?? {}).filter(([, v]) => v).sort(([a], [b]) => byName(a, b)).slice(0, 80);
    if (!all.length) return [];
    return [make("h3", {}, "Counters"), make("dl", { class: "counters" }, ...all.flatMap(([k, v]) => [make("dt", {}, k.replace(/^kith_/, "")), make("dd", {}, count(v))]))];
  }

  events() {
    const { history, index } = this.shown, items = [];
    let looked = 0;
    history.backwards(index, (e) => {
      if (e.node === this.id || e.peer === this.id || e.nodes?.includes?.(this.id)) {
        items.push(make("li", {}, make("time", {}, clock(e.at, true)), " ", describe(e)));
      }
      return items.length < MOST_EVENTS && ++looked < 20_000;
    });
    return items.length ? make("ol", { class: "few-events" }, ...items) : make("p", { class: "hint" }, "None in these minutes.");
  }
}
