// The list of the latest events, in words, with a filter.

import { clock, make, say } from "./dom.js";
import { describe } from "./words.js";

const MOST = 200;

const groups = {
  all: null,
  changes: ["node", "action", "gap", "repaired", "reached"],
  actions: ["action"],
  nodes: ["node"],
  edges: ["up", "down"],
  links: ["link"],
  tree: ["tree"],
  waves: ["wave", "hop", "reached"],
  samples: ["sample"],
};

/** Shows the events before a moment, the latest first. */
export class EventList {
  constructor(list, { kinds, search, note, onPick }) {
    Object.assign(this, { list, kinds, search, note, onPick });
    this.shown = "";
    for (const el of [kinds, search]) el.addEventListener("input", () => this.refresh());
  }

  show(history, index) {
    this.history = history;
    this.index = index;
    this.refresh();
  }

  refresh() {
    if (!this.history) return;
    const key = `${this.history.live.began} ${this.index} ${this.kinds.value} ${this.search.value}`;
    if (key === this.shown) return;
    this.shown = key;
    const wanted = groups[this.kinds.value] ?? null;
    const word = this.search.value.toLowerCase().trim();
    const items = [];
    let looked = 0;
    this.history.backwards(this.index, (e) => {
      if (wanted && !wanted.includes(e.kind)) return ++looked < 50_000;
      if (!wanted && (e.kind === "sample" || e.kind === "hello")) return ++looked < 50_000;
      const words = describe(e);
      if (word && !words.toLowerCase().includes(word)) return ++looked < 50_000;
      items.push(this.item(e, words));
      return items.length < MOST;
    });
    this.list.replaceChildren(...items);
    say(this.note, items.length === 0 ? "no event" : items.length === MOST ? `the latest ${MOST}` : items.length === 1 ? "1 event" : `${items.length} events`);
  }

  item(e, words) {
    const button = make("button", { type: "button", onclick: () => this.onPick(e), title: "Show this moment" },
      make("time", {}, clock(e.at, true)), make("span", { class: `kind k-${e.kind === "down" || e.state === "killed" ? "bad" : e.kind}` }, e.kind), make("span", { class: "words" }, words));
    return make("li", { "data-kind": e.kind }, button);
  }
}
