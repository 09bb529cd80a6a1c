// Where the nodes are drawn: a force layout that moves little when the mesh changes.

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY, quadtree } from "./lib/d3-force.js";
import { isGone, zonesOf } from "./state.js";

const FIRST_MS = 120; // for settling the first picture before it is shown
const STEP_MS = 8; // a frame, at most

/** The places of the nodes, in a plane of its own. */
export class Layout {
  constructor() {
    this.spots = new Map();
    this.links = [];
    this.tall = false; // higher than wide: a cut then goes across
    this.charge = forceManyBody().theta(0.95).distanceMax(900);
    this.link = forceLink([]).distance(64).strength(linkStrength);
    this.x = forceX((s) => s.toX).strength((s) => s.pull);
    this.y = forceY((s) => s.toY).strength((s) => s.pull);
    this.simulation = forceSimulation([]).stop()
      .force("charge", this.charge.strength((s) => (s.gone ? -60 : -260)))
      .force("link", this.link)
      .force("x", this.x).force("y", this.y)
      .force("collide", forceCollide(17))
      .velocityDecay(0.35).alphaDecay(0.03).alphaMin(0.004);
    this.simulation.alpha(0);
  }

  /** Takes over who there is and who is linked to whom. */
  update(state, pairs) {
    let changed = this.syncNodes(state);
    const side = sides(state), zones = zonePlaces(state, Math.sqrt(this.spots.size) * 34);
    for (const s of this.spots.values()) {
      const n = state.nodes.get(s.id);
      const gone = isGone(n.state), zone = zones.get(n.about?.zone);
      const cut = side.get(s.id);
      const away = (cut ?? 0) * Math.sqrt(this.spots.size) * 30;
      const toX = (zone?.x ?? 0) + (this.tall ? 0 : away), toY = (zone?.y ?? 0) + (this.tall ? away : 0);
      if (s.gone !== gone || s.toX !== toX || s.toY !== toY) changed = Math.max(changed, s.toX === toX ? 0.12 : 0.45);
      Object.assign(s, { gone, toX, toY, pull: zone || cut ? 0.09 : gone ? 0.085 : 0.05 });
    }
    changed = Math.max(changed, this.syncLinks(pairs));
    if (!changed) return;
    this.x.x((s) => s.toX);
    this.y.y((s) => s.toY);
    this.charge.strength((s) => (s.gone ? -60 : -260));
    this.simulation.alpha(Math.max(this.simulation.alpha(), changed));
  }

  // syncNodes returns how much the picture is to move for the nodes that came or went.
  syncNodes(state) {
    const first = this.spots.size === 0;
    const fresh = [];
    for (const id of state.nodes.keys()) if (!this.spots.has(id)) fresh.push(id);
    let gone = 0;
    for (const id of this.spots.keys()) if (!state.nodes.has(id)) { this.spots.delete(id); gone++; }
    if (!fresh.length && !gone) return 0;
    for (const id of fresh) this.spots.set(id, { id, ...this.place(state, id, first) });
    this.simulation.nodes([...this.spots.values()]);
    this.first ||= first;
    return first ? 1 : fresh.length > this.spots.size / 3 ? 0.5 : 0.18;
  }

  // place puts a new node between those it is linked to, or on a spiral: the same for the same mesh.
  place(state, id, first) {
    let x = 0, y = 0, count = 0;
    if (!first) {
      for (const peer of state.nodes.get(id).edges.keys()) {
        const s = this.spots.get(peer);
        if (s) { x += s.x; y += s.y; count++; }
      }
    }
    const turn = this.spots.size * 2.399963, away = count ? 20 : 13 * Math.sqrt(0.5 + this.spots.size);
    return { x: x / (count || 1) + away * Math.cos(turn), y: y / (count || 1) + away * Math.sin(turn) };
  }

  syncLinks(pairs) {
    const keys = new Set();
    for (const p of pairs.values()) {
      if ((p.ab?.neighbor || p.ba?.neighbor) && this.spots.has(p.a) && this.spots.has(p.b)) keys.add(p.key);
    }
    const before = this.keys;
    let differ = 0;
    for (const k of keys) if (!before?.has(k)) differ++;
    if (before) for (const k of before) if (!keys.has(k)) differ++;
    if (!differ && !this.first) return 0;
    this.keys = keys;
    this.links = [...keys].map((k) => {
      const p = pairs.get(k);
      return { source: this.spots.get(p.a), target: this.spots.get(p.b) };
    });
    this.link.links(this.links);
    return Math.min(0.3, 0.06 + (differ / (keys.size + 1)) * 0.6);
  }

  /** Reports whether the nodes still move. */
  get moving() { return this.simulation.alpha() > this.simulation.alphaMin(); }

  /** Moves the nodes a little; it takes some milliseconds at most. Without motion they go there at once. */
  step(still) {
    if (!this.moving) return false;
    const until = performance.now() + (this.first || still ? FIRST_MS : STEP_MS);
    do this.simulation.tick(); while ((this.first || still) && this.moving && performance.now() < until);
    if (this.first) this.fresh = true; // the picture has just got its first shape
    this.first = false;
    this.tree = null;
    return true;
  }

  /** Moves the node, and the others after it, while it is held. */
  hold(id, x, y) {
    const s = this.spots.get(id);
    if (!s) return;
    s.fx = x; s.fy = y;
    this.simulation.alpha(Math.max(this.simulation.alpha(), 0.15));
  }

  release(id) {
    const s = this.spots.get(id);
    if (s) s.fx = s.fy = null;
  }

  /** Returns the node nearest to a place, at most `within` from it. */
  find(x, y, within) {
    this.tree ??= quadtree([...this.spots.values()], (s) => s.x, (s) => s.y);
    return this.tree.find(x, y, within)?.id;
  }

  /** Returns the rectangle that holds all nodes. */
  bounds() {
    let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
    for (const { x, y } of this.spots.values()) {
      left = Math.min(left, x); right = Math.max(right, x);
      top = Math.min(top, y); bottom = Math.max(bottom, y);
    }
    return left <= right ? { left, top, right, bottom } : { left: -100, top: -100, right: 100, bottom: 100 };
  }

  /** Tells the shape of the canvas, which the picture is to fill. */
  shape(width, height) {
    this.tall = height > width;
    const ratio = Math.min(1.5, Math.max(0.66, width / height));
    this.x.strength((s) => (s.pull ?? 0.05) / ratio);
    this.y.strength((s) => (s.pull ?? 0.05) * ratio);
  }
}

function linkStrength(link) { return link.source.toX === link.target.toX && link.source.toY === link.target.toY ? 0.22 : 0.03; }

// sides tells on which side of a cut a node is: -1 or 1.
function sides(state) {
  const side = new Map();
  for (const id of state.cut?.[0] ?? []) side.set(id, -1);
  for (const id of state.cut?.[1] ?? []) side.set(id, 1);
  return side;
}

// zonePlaces spreads the zones over a circle, when there are several.
function zonePlaces(state, radius) {
  const names = zonesOf(state);
  const places = new Map();
  if (names.length < 2) return places;
  names.forEach((name, i) => {
    const turn = (i / names.length) * 2 * Math.PI - Math.PI / 2;
    places.set(name, { x: radius * Math.cos(turn), y: radius * Math.sin(turn) });
  });
  return places;
}
