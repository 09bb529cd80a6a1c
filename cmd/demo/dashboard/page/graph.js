// The overlay on a canvas: its view (pan, zoom, pick), and one frame of it.

import { faded, stateColor } from "./colors.js";
import { drawEdges } from "./edges.js";
import { listen } from "./pointer.js";
import { drawNodes, drawRing } from "./nodes.js";
import { zonesOf } from "./state.js";

const FLASH_MS = 1600;

/** Draws a state whenever something about it has changed. */
export class Graph {
  constructor(canvas, { layout, colors, waves, onPick, onHover }) {
    Object.assign(this, { canvas, layout, colors, waves, onPick, onHover });
    this.context = canvas.getContext("2d");
    this.view = { x: 0, y: 0, k: 1 };
    this.fitting = true; // until somebody moves the picture by hand
    this.flashes = new Map();
    this.pulses = new Map();
    this.layers = { overlay: true, links: true, tree: true, gone: true, names: true };
    this.still = false;
    this.covered = 0; // on the right, by the panel
    this.dirty = true;
    this.frameMs = 0;
    this.frames = 0;
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
    listen(this);
  }

  resize() {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.width = Math.max(1, width); this.height = Math.max(1, height); this.ratio = ratio;
    this.canvas.width = Math.round(this.width * ratio);
    this.canvas.height = Math.round(this.height * ratio);
    this.layout.shape(this.width, this.height);
    if (this.fitting) this.fit(true);
    this.dirty = true;
  }

  /** Shows that state from now on. */
  show(state, pairs) {
    this.state = state;
    this.pairs = pairs;
    this.zones = zonesOf(state);
    this.dense = state.nodes.size > 150;
    this.layout.update(state, pairs);
    this.dirty = true;
  }

  /** Marks that an edge has come or gone just now. */
  flashEdge(a, b, kind, now) {
    this.flashes.set(a < b ? `${a}\n${b}` : `${b}\n${a}`, { a, b, kind, at: now });
    this.dirty = true;
  }

  /** Marks that something has happened to a node just now. */
  pulse(id, now) { this.pulses.set(id, now); this.dirty = true; }

  forgetMarks() { this.flashes.clear(); this.pulses.clear(); this.dirty = true; }

  /** Brings all nodes into view; at once, or bit by bit. */
  fit(atOnce = false) {
    // The message's caption is above, names are below the nodes, a panel may cover the right.
    const b = this.layout.bounds(), left = 36, right = 36 + this.covered, top = this.height > 380 ? 98 : 36, bottom = 36;
    const k = Math.min(2.1, (this.width - left - right) / (b.right - b.left + 10), (this.height - top - bottom) / (b.bottom - b.top + 10));
    const to = { k: Math.max(0.02, k) };
    to.x = (left + this.width - right) / 2 - ((b.left + b.right) / 2) * to.k;
    to.y = (top + this.height - bottom) / 2 - ((b.top + b.bottom) / 2) * to.k;
    const share = atOnce || this.still ? 1 : 0.12;
    let moved = 0;
    for (const key of ["k", "x", "y"]) {
      const by = (to[key] - this.view[key]) * share;
      moved += Math.abs(by);
      this.view[key] += by;
    }
    return moved > 0.05;
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const k = Math.min(8, Math.max(0.03, this.view.k * factor));
    const f = k / this.view.k;
    this.view = { k, x: x - (x - this.view.x) * f, y: y - (y - this.view.y) * f };
    this.fitting = false;
    this.dirty = true;
  }

  /** Returns where a place of the plane is on the canvas. */
  place(spot) { return { x: spot.x * this.view.k + this.view.x, y: spot.y * this.view.k + this.view.y }; }

  plane(x, y) { return { x: (x - this.view.x) / this.view.k, y: (y - this.view.y) / this.view.k }; }

  pick(x, y) {
    const p = this.plane(x, y);
    return this.layout.find(p.x, p.y, (this.radius() + 8) / this.view.k);
  }

  /** The radius of a node on the canvas. */
  radius() { return Math.min(15, Math.max(2.6, 10.5 * this.view.k)); }

  /** Draws a frame if one is due. Returns whether it has. */
  frame(now) {
    const began = performance.now();
    const wave = this.waves.step(now);
    const moved = this.layout.step(this.still);
    const fitted = this.fitting && this.fit(this.layout.fresh);
    this.layout.fresh = false;
    this.expire(now);
    const due = this.dirty || moved || fitted || (wave && !this.still) || this.flashes.size > 0 || this.pulses.size > 0;
    if (!due || !this.state) return false;
    this.draw(now);
    this.dirty = false;
    const ms = performance.now() - began;
    this.frameMs = this.frames++ ? this.frameMs * 0.9 + ms * 0.1 : ms;
    return true;
  }

  expire(now) {
    for (const marks of [this.flashes, this.pulses]) {
      for (const [key, mark] of marks) {
        if (now - (mark.at ?? mark) > FLASH_MS) { marks.delete(key); this.dirty = true; }
      }
    }
  }

  draw(now) {
    const { context: c, colors } = this;
    c.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    c.lineCap = "round";
    const waving = this.waves.phase(now) !== "";
    this.drawCut();
    c.globalAlpha = waving ? 0.3 : 1;
    drawEdges(this);
    c.globalAlpha = 1;
    this.drawFlashes(now);
    if (waving) this.drawWave(now);
    drawNodes(this, now, waving);
    this.drawPulses(now);
    for (const [id, color, width] of [[this.hovered, colors.muted, 2], [this.selected, colors.accent, 3]]) {
      const spot = this.layout.spots.get(id);
      if (spot) drawRing(c, this.place(spot), this.radius() + 5, color, width);
    }
  }

  // drawCut shows that the mesh is cut, by a line between the sides.
  drawCut() {
    if (!this.state.cut) return;
    const { context: c } = this, middle = this.place({ x: 0, y: 0 });
    c.setLineDash([3, 9]);
    c.lineWidth = 3;
    c.strokeStyle = c.fillStyle = this.colors.wanted;
    c.beginPath();
    if (this.layout.tall) { c.moveTo(12, middle.y); c.lineTo(this.width - 44, middle.y); }
    else { c.moveTo(middle.x, 24); c.lineTo(middle.x, this.height - 12); }
    c.stroke();
    c.setLineDash([]);
    c.font = "600 12px system-ui, sans-serif";
    c.textAlign = "center";
    if (this.layout.tall) c.fillText("cut", this.width - 24, middle.y + 4);
    else c.fillText("cut", middle.x, 16);
  }

  drawFlashes(now) {
    const { context: c, colors } = this;
    for (const f of this.flashes.values()) {
      const a = this.layout.spots.get(f.a), b = this.layout.spots.get(f.b);
      if (!a || !b) continue;
      const left = this.still ? 0.6 : 1 - (now - f.at) / FLASH_MS;
      const p = this.place(a), q = this.place(b);
      c.strokeStyle = faded(f.kind === "up" ? colors.fresh : colors.killed, left * (f.kind === "up" ? 0.55 : 0.8));
      c.lineWidth = f.kind === "up" ? 2 + 5 * left : 2;
      c.setLineDash(f.kind === "up" ? [] : [2, 6]);
      c.beginPath();
      c.moveTo(p.x, p.y); c.lineTo(q.x, q.y);
      c.stroke();
    }
    c.setLineDash([]);
  }

  drawPulses(now) {
    const { context: c } = this;
    for (const [id, at] of this.pulses) {
      const spot = this.layout.spots.get(id), node = this.state.nodes.get(id);
      if (!spot || !node) continue;
      const done = this.still ? 0.3 : (now - at) / FLASH_MS;
      drawRing(c, this.place(spot), this.radius() + 4 + 22 * done, faded(stateColor(this.colors, node.state), 1 - done), 2.5);
    }
  }

  // drawWave draws the links that the message has taken, with its front on the way.
  drawWave(now) {
    const { context: c, colors, waves } = this, moment = waves.moment(now);
    for (const [id, h] of waves.hops) {
      const to = this.layout.spots.get(id), from = this.layout.spots.get(h.peer);
      if (!to || !from || h.from >= moment) continue;
      const share = h.at > h.from ? Math.min(1, (moment - h.from) / (h.at - h.from)) : 1;
      const p = this.place(from), q = this.place(to);
      const x = p.x + (q.x - p.x) * share, y = p.y + (q.y - p.y) * share;
      c.strokeStyle = c.fillStyle = colors.hops[Math.min(h.hops, 5)];
      c.lineWidth = this.dense ? 1 : 3;
      c.beginPath();
      c.moveTo(p.x, p.y); c.lineTo(x, y);
      c.stroke();
      if (share < 1) {
        c.beginPath();
        c.arc(x, y, this.dense ? 3 : 5, 0, 2 * Math.PI);
        c.fill();
      }
    }
  }
}
