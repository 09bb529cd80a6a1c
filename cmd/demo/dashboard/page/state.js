// The mesh as the events tell it: a pure reducer, and the questions one asks of a state.

/** The newest form of the events that this page knows. */
export const VERSION = 1;

const MOST_WAVES = 40; // kept in a state, the latest

/** Returns the state before the first event. */
export function empty() {
  return {
    seq: 0, t: 0, version: 0, cluster: "", source: "", began: "", controls: false,
    nodes: new Map(), cut: null, figures: null, waves: new Map(), gaps: 0,
  };
}

/** Returns a copy that shares nothing which apply changes. */
export function clone(state) {
  const nodes = new Map();
  for (const [id, n] of state.nodes) nodes.set(id, { ...n, edges: cloneEdges(n.edges) });
  const waves = new Map();
  for (const [id, w] of state.waves) waves.set(id, { ...w, hops: new Map(w.hops) });
  return { ...state, nodes, waves };
}

function cloneEdges(edges) {
  const copy = new Map();
  for (const [peer, e] of edges) copy.set(peer, { ...e });
  return copy;
}

/**
 * Brings the state up to date with one event, in place. An event that does not hold what its kind
 * promises changes nothing. Returns false for those.
 */
export function apply(state, event) {
  const change = reducers[event.kind];
  if (event.seq > state.seq) state.seq = event.seq;
  if (event.t > state.t) state.t = event.t;
  return change ? change(state, event) !== false : false;
}

const reducers = {
  __proto__: null,
  hello(state, e) {
    Object.assign(state, {
      version: number(e.version), cluster: text(e.cluster), source: text(e.source), began: text(e.began), controls: e.controls === true,
    });
  },
  picture(state, e) {
    if (!Array.isArray(e.picture?.nodes)) return false;
    const before = state.nodes;
    state.nodes = new Map();
    for (const n of e.picture.nodes) {
      if (typeof n?.id !== "string") continue;
      const node = newNode(n.id, n.state, n.about, before.get(n.id)?.changed ?? e.t);
      for (const edge of Array.isArray(n.edges) ? n.edges : []) {
        if (typeof edge?.peer === "string") node.edges.set(edge.peer, newEdge(edge));
      }
      state.nodes.set(n.id, node);
    }
    state.cut = e.picture.cut?.length === 2 ? [names(e.picture.cut[0]), names(e.picture.cut[1])] : null;
  },
  gap(state) { state.gaps++; },
  node(state, e) {
    if (!e.node) return false;
    if (e.state === "gone") {
      state.nodes.delete(e.node);
      return;
    }
    const node = nodeOf(state, e);
    if (e.state) node.state = e.state;
    if (e.about) node.about = newAbout(e.about);
    node.changed = e.t;
    if (node.state !== "up" && node.state !== "paused") node.edges.clear();
  },
  up(state, e) {
    if (!e.node || !e.peer) return false;
    const node = nodeOf(state, e);
    const edge = node.edges.get(e.peer) ?? newEdge({});
    if (e.eager) edge.eager = true;
    edge.neighbor = true;
    node.edges.set(e.peer, edge);
    node.changed = e.t;
  },
  down(state, e) {
    const node = state.nodes.get(e.node);
    if (!node || !e.peer) return false;
    node.changed = e.t;
    node.edges.delete(e.peer);
  },
  link(state, e) {
    if (!e.node || !e.peer) return false;
    const node = nodeOf(state, e);
    const edge = node.edges.get(e.peer) ?? { ...newEdge({}), neighbor: false };
    edge.link = e.link ?? "none";
    edge.why = text(e.why);
    if (!edge.neighbor && edge.link !== "holding") node.edges.delete(e.peer);
    else node.edges.set(e.peer, edge);
  },
  tree(state, e) {
    const edge = state.nodes.get(e.node)?.edges.get(e.peer);
    if (edge) edge.eager = e.eager === true;
  },
  sample(state, e) {
    if (!e.figures) return false;
    state.figures = newFigures(e.figures);
  },
  repaired() {},
  action(state, e) {
    if (e.action === "heal") state.cut = null;
    if (e.action === "cut") {
      const side = new Set(names(e.nodes));
      state.cut = [[...side], [...state.nodes.keys()].filter((id) => !side.has(id))];
    }
  },
  wave(state, e) {
    if (!e.message || !e.node) return false;
    state.waves.set(e.message, { message: e.message, node: e.node, t: e.t, hops: new Map(), reached: null });
    if (state.waves.size > MOST_WAVES) state.waves.delete(state.waves.keys().next().value);
  },
  hop(state, e) {
    const wave = state.waves.get(e.message);
    if (!wave || !e.node) return false;
    wave.hops.set(e.node, { ms: number(e.ms), hops: number(e.hops), peer: text(e.peer) });
  },
  reached(state, e) {
    const wave = state.waves.get(e.message);
    if (!wave) return false;
    wave.reached = { count: number(e.count), of: number(e.of), ms: number(e.ms), hops: number(e.hops) };
  },
};

function newNode(id, state, about, changed) {
  return { id, state: text(state) || "up", about: newAbout(about), edges: new Map(), changed };
}

function newAbout(about) {
  const { addr, nats, zone, version, started } = about ?? {};
  return { addr: text(addr), nats: text(nats), zone: text(zone), version: text(version), started: text(started) };
}

function newEdge(edge) {
  return { neighbor: true, link: text(edge.link), why: text(edge.why), eager: edge.eager === true };
}

// newFigures takes over the figures that are numbers.
function newFigures(f) {
  const figures = {};
  for (const name of ["components", "repairs", "repair_p50", "repair_p99", "messages", "bytes"]) figures[name] = number(f[name]);
  figures.degrees = Array.isArray(f.degrees) ? f.degrees.slice(0, 64).map(number) : [];
  for (const name of ["kith", "full_mesh"]) {
    if (f[name]) figures[name] = { connections: number(f[name].connections), subscriptions: number(f[name].subscriptions) };
  }
  return figures;
}

// text and number let nothing else through: what comes may be of any type.
function text(v) { return typeof v === "string" ? v : ""; }
function number(v) { return Number.isFinite(v) ? v : 0; }

/** Returns those of a list that are names. */
export function names(list) { return Array.isArray(list) ? list.filter((v) => typeof v === "string") : []; }

function nodeOf(state, e) {
  let node = state.nodes.get(e.node);
  if (!node) state.nodes.set(e.node, node = newNode(e.node, "up", e.about, e.t));
  return node;
}

/** Reports whether a node in that state has no life: it was killed, or has left. */
export function isGone(nodeState) { return nodeState === "killed" || nodeState === "left"; }

/**
 * Returns the pairs of nodes between which there is anything, as
 * {key, a, b, ab, ba}: ab is the edge as a tells it, ba as b does, null where it tells of none.
 */
export function pairs(state) {
  const found = new Map();
  for (const [a, node] of state.nodes) {
    for (const [b, edge] of node.edges) {
      const forward = a < b;
      const key = forward ? `${a}\n${b}` : `${b}\n${a}`;
      let pair = found.get(key);
      if (!pair) found.set(key, pair = { key, a: forward ? a : b, b: forward ? b : a, ab: null, ba: null });
      if (forward) pair.ab = edge; else pair.ba = edge;
    }
  }
  return found;
}

/** Returns what the table shows of a node. */
export function summary(state, node) {
  let degree = 0, oneSided = 0, linksUp = 0, linksWanted = 0, eager = 0;
  for (const [peer, e] of node.edges) {
    if (e.link === "up") linksUp++;
    if (e.link === "wanted") linksWanted++;
    if (!e.neighbor) continue;
    degree++;
    if (e.eager) eager++;
    if (!state.nodes.get(peer)?.edges.get(node.id)?.neighbor) oneSided++;
  }
  return { degree, oneSided, linksUp, linksWanted, eager };
}

/** Returns what is so now, from the nodes and their pairs: it is newer than the latest sample. */
export function overview(state, edges = pairs(state)) {
  const view = { nodes: state.nodes.size, up: 0, paused: 0, gone: 0, silent: 0, pairs: 0, oneSided: 0, linksUp: 0, linksWanted: 0 };
  for (const node of state.nodes.values()) {
    if (node.state === "up") view.up++;
    else if (node.state === "paused") view.paused++;
    else if (node.state === "silent") view.silent++;
    else view.gone++;
  }
  for (const { ab, ba } of edges.values()) {
    if (ab?.neighbor && ba?.neighbor) view.pairs++;
    else if (ab?.neighbor || ba?.neighbor) view.oneSided++;
    for (const e of [ab, ba]) {
      if (e?.link === "up") view.linksUp++;
      if (e?.link === "wanted") view.linksWanted++;
    }
  }
  view.components = components(state);
  return view;
}

/** Returns into how many pieces the nodes that live fall, by the edges that both sides know. */
export function components(state) {
  const seen = new Set();
  let pieces = 0;
  for (const [id, node] of state.nodes) {
    if (node.state !== "up" || seen.has(id)) continue;
    pieces++;
    const stack = [id];
    seen.add(id);
    while (stack.length) {
      const at = stack.pop();
      for (const [peer, e] of state.nodes.get(at).edges) {
        const other = state.nodes.get(peer);
        if (!e.neighbor || seen.has(peer) || other?.state !== "up" || !other.edges.get(at)?.neighbor) continue;
        seen.add(peer);
        stack.push(peer);
      }
    }
  }
  return pieces;
}

/** Returns the names of the zones, sorted. */
export function zonesOf(state) {
  const names = new Set();
  for (const n of state.nodes.values()) if (n.about?.zone) names.add(n.about.zone);
  return [...names].sort();
}

/** Compares names so that n2 comes before n10. */
export const byName = new Intl.Collator("en", { numeric: true }).compare;
