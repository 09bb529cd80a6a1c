// The edges of a frame: sorted into one path for each style, since a stroke is what costs time.

import { faded } from "./colors.js";

// The styles, in the order in which they are drawn. With many nodes lines are at most one pixel wide and whole:
// a computer that draws without a graphics processor then takes a tenth of the time.
const styles = (c, dense) => [
  ["lazy", dense ? { stroke: faded(c.edge, 0.35), width: 0.9, dash: [] } : { stroke: c.edge, width: 1, dash: [2, 4] }],
  ["plain", { stroke: c.edge, width: dense ? 0.9 : 1.4, dash: [] }],
  ["eager", { stroke: c.edge, width: dense ? 1 : 2.6, dash: [] }],
  ["onesided", { stroke: c.onesided, width: dense ? 2 : 3, dash: [] }],
  ["holding", { stroke: c.link, width: dense ? 0.9 : 1.2, dash: [1, 5] }],
  ["up", { stroke: dense ? faded(c.link, Math.max(0.2, Math.min(0.6, 180 / dense))) : c.link, width: dense ? 0.9 : 1.6, dash: [] }],
  ["halo", { stroke: c.surface, width: dense ? 5 : 8, dash: [] }],
  ["wanted", { stroke: c.wanted, width: dense ? 3 : 4, dash: [7, 6] }],
];

/** Draws the edges of a graph. */
export function drawEdges(graph) {
  const { context: c, colors, layers, layout, view } = graph;
  const dense = graph.dense && graph.state.nodes.size;
  c.lineCap = dense ? "butt" : "round";
  const tree = layers.tree && hasTree(graph.pairs);
  const paths = {};
  const marks = [];
  for (const [name] of styles(colors)) paths[name] = new Path2D();
  const gap = dense ? 1.6 : 3.2;
  for (const { a, b, ab, ba } of graph.pairs.values()) {
    const s = layout.spots.get(a), t = layout.spots.get(b);
    if (!s || !t) continue;
    const line = {
      x1: s.x * view.k + view.x, y1: s.y * view.k + view.y, x2: t.x * view.k + view.x, y2: t.y * view.k + view.y,
    };
    if (layers.overlay) overlay(paths, line, ab, ba, tree);
    if (layers.links) {
      link(paths, marks, line, ab, gap, 0);
      link(paths, marks, line, ba, gap, 1);
    }
  }
  for (const [name, style] of styles(colors, dense)) {
    c.strokeStyle = style.stroke;
    c.lineWidth = style.width;
    c.setLineDash(style.dash);
    c.stroke(paths[name]);
  }
  c.setLineDash([]);
  drawMarks(c, colors, marks, dense);
}

// hasTree reports whether messages go along any edge: before the first one there is no tree to tell of.
function hasTree(pairs) {
  let eager = false, lazy = false;
  for (const { ab, ba } of pairs.values()) {
    if (ab?.eager || ba?.eager) eager = true; else lazy = true;
    if (eager && lazy) return true;
  }
  return false;
}

function overlay(paths, l, ab, ba, tree) {
  if (ab?.neighbor && ba?.neighbor) {
    const path = !tree ? paths.plain : ab.eager || ba.eager ? paths.eager : paths.lazy;
    path.moveTo(l.x1, l.y1);
    path.lineTo(l.x2, l.y2);
    return;
  }
  // Half an edge, on the side of the node that has the other one as a neighbor.
  const mx = (l.x1 + l.x2) / 2, my = (l.y1 + l.y2) / 2;
  if (ab?.neighbor) stub(paths.onesided, l.x1, l.y1, mx, my);
  else if (ba?.neighbor) stub(paths.onesided, l.x2, l.y2, mx, my);
}

// stub ends in a small bar, as something that goes on to nobody.
function stub(path, x1, y1, x2, y2) {
  path.moveTo(x1, y1);
  path.lineTo(x2, y2);
  const length = Math.hypot(x2 - x1, y2 - y1) || 1, ux = ((x2 - x1) / length) * 5, uy = ((y2 - y1) / length) * 5;
  path.moveTo(x2 - uy, y2 + ux);
  path.lineTo(x2 + uy, y2 - ux);
}

// link draws the half of a NATS link that is its node's, beside the edge.
function link(paths, marks, l, edge, gap, end) {
  if (!edge?.link || edge.link === "none") return;
  const dx = l.x2 - l.x1, dy = l.y2 - l.y1, length = Math.hypot(dx, dy) || 1;
  const ox = (-dy / length) * gap, oy = (dx / length) * gap;
  const mx = (l.x1 + l.x2) / 2 + ox, my = (l.y1 + l.y2) / 2 + oy;
  const x = (end ? l.x2 : l.x1) + ox, y = (end ? l.y2 : l.y1) + oy;
  const loud = edge.link === "wanted";
  for (const path of loud ? [paths.halo, paths.wanted] : [paths[edge.link]]) {
    path?.moveTo(x, y);
    path?.lineTo(mx, my);
  }
  if (loud) marks.push((x + mx) / 2, (y + my) / 2);
}

// drawMarks puts an exclamation mark on each NATS link that ought to be up.
function drawMarks(c, colors, marks, dense) {
  if (!marks.length) return;
  const r = dense ? 5 : 8;
  c.fillStyle = colors.wanted;
  c.beginPath();
  for (let i = 0; i < marks.length; i += 2) {
    c.moveTo(marks[i] + r, marks[i + 1]);
    c.arc(marks[i], marks[i + 1], r, 0, 2 * Math.PI);
  }
  c.fill();
  c.fillStyle = colors.surface;
  c.font = `800 ${r * 1.6}px system-ui, sans-serif`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  for (let i = 0; i < marks.length; i += 2) c.fillText("!", marks[i], marks[i + 1] + 0.5);
  c.textBaseline = "alphabetic";
}
