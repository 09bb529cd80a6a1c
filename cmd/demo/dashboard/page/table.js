// The nodes as a table: the same as the picture, to read, search and sort.

import { make, say, clock } from "./dom.js";
import { byName, summary, zonesOf } from "./state.js";

const columns = [
  ["id", "Node"], ["state", "State"], ["zone", "Zone"], ["degree", "Neighbors"], ["oneSided", "One-sided"],
  ["linksUp", "NATS links up"], ["linksWanted", "Links not up"], ["eager", "Eager"], ["changed", "Changed"],
];

const MOST = 400; // rows, unless somebody wants all

/** Keeps one row for each node, and touches only the cells that change. */
export class Table {
  constructor(table, { search, note, more, onPick }) {
    Object.assign(this, { table, search, note, more, onPick });
    this.most = MOST;
    more.addEventListener("click", () => { this.most = Infinity; this.refresh(); });
    this.rows = new Map();
    this.sort = { column: "id", down: false };
    this.body = table.tBodies[0];
    const head = table.tHead.rows[0];
    for (const [key, title] of columns) {
      const button = make("button", { type: "button", onclick: () => this.sortBy(key) }, title);
      head.append(make("th", { scope: "col", "data-column": key, "aria-sort": key === "id" ? "ascending" : "none" }, button));
    }
    search.addEventListener("input", () => this.refresh());
  }

  sortBy(key) {
    this.sort = { column: key, down: this.sort.column === key && !this.sort.down };
    for (const th of this.table.tHead.rows[0].cells) {
      const mine = th.dataset.column === key;
      th.setAttribute("aria-sort", !mine ? "none" : this.sort.down ? "descending" : "ascending");
    }
    this.refresh();
  }

  /** Shows that state from now on, with that node marked. */
  show(state, selected) {
    this.state = state;
    this.selected = selected;
    this.refresh();
  }

  refresh() {
    if (!this.state) return;
    this.table.classList.toggle("no-zones", zonesOf(this.state).length === 0);
    const found = this.wanted(), wanted = found.slice(0, this.most);
    const kept = new Set(wanted.map((v) => v.id));
    for (const [id, row] of this.rows) if (!kept.has(id)) { row.tr.remove(); this.rows.delete(id); }
    let after = null;
    for (const values of wanted) {
      const row = this.rows.get(values.id) ?? this.newRow(values.id);
      this.fill(row, values);
      if ((after ? after.nextSibling : this.body.firstChild) !== row.tr) this.body.insertBefore(row.tr, after ? after.nextSibling : this.body.firstChild);
      after = row.tr;
    }
    const all = this.state.nodes.size;
    say(this.note, found.length === all ? `${all} nodes` : `${found.length} of ${all} nodes`);
    this.more.hidden = wanted.length === found.length;
    say(this.more, `The first ${wanted.length} are shown. Show all`);
  }

  // wanted returns the rows that the search lets through, sorted.
  wanted() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const { column, down } = this.sort;
    const rows = [];
    for (const [id, node] of this.state.nodes) {
      const a = node.about ?? {};
      const text = `${id} ${node.state} ${a.zone ?? ""} ${a.addr ?? ""} ${a.version ?? ""}`.toLowerCase();
      if (!words.every((w) => text.includes(w))) continue;
      rows.push({ id, state: node.state, zone: a.zone ?? "", changed: node.changed, ...summary(this.state, node) });
    }
    rows.sort((a, b) => {
      const x = a[column], y = b[column];
      const order = typeof x === "number" ? x - y : byName(x, y);
      return (down ? -order : order) || byName(a.id, b.id);
    });
    return rows;
  }

  newRow(id) {
    const cells = {};
    const tr = make("tr", { "data-node": id });
    for (const [key] of columns) {
      const cell = make(key === "id" ? "th" : "td", key === "id" ? { scope: "row" } : { class: `c-${key}` });
      if (key === "id") cell.append(make("button", { type: "button", class: "node-name", onclick: () => this.onPick(id) }, id));
      else if (key === "state") cell.append(cells.state = make("span", { class: "state" }));
      else cells[key] = cell;
      tr.append(cell);
    }
    const row = { tr, cells };
    this.rows.set(id, row);
    return row;
  }

  fill(row, v) {
    const { tr, cells } = row;
    if (tr.dataset.state !== v.state) tr.dataset.state = v.state;
    if (tr.dataset.degree !== String(v.degree)) tr.dataset.degree = v.degree;
    tr.classList.toggle("selected", v.id === this.selected);
    tr.classList.toggle("loud", v.linksWanted > 0);
    say(cells.state, v.state);
    say(cells.zone, v.zone);
    say(cells.changed, clock(v.changed));
    for (const key of ["degree", "oneSided", "linksUp", "linksWanted", "eager"]) say(cells[key], String(v[key]));
  }
}
