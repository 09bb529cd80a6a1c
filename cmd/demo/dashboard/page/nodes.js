// The nodes of a frame: a shape for each state, filled in one go for each color.

import { faded, readableOn, stateColor } from "./colors.js";
import { isGone } from "./state.js";

/** Draws all nodes, with zone, name and what the wave says of them. */
export function drawNodes(graph, now, waving) {
  const groups = group(graph, now, waving);
  const { context: c, colors } = graph, r = graph.radius();
  if (graph.zones.length) drawZones(graph, r);
  for (const [key, g] of groups) {
    const path = new Path2D();
    for (const { p } of g.nodes) outline(path, g.state, p, isGone(g.state) ? r * 0.8 : r);
    c.fillStyle = g.hollow ? colors.surface : g.color;
    c.strokeStyle = g.hollow ? g.color : colors.surface;
    c.lineWidth = g.hollow ? Math.max(1.2, r / 6) : Math.max(0.8, r / 8);
    c.setLineDash(g.state === "left" ? [3, 3] : []);
    c.globalAlpha = key.startsWith("dim") ? 0.45 : 1;
    c.fill(path);
    c.stroke(path);
    c.setLineDash([]);
    c.globalAlpha = 1;
    if (r >= 5) drawSigns(c, g, r);
  }
  if (graph.layers.names) drawNames(graph, r, waving);
}

// group sorts the nodes by the look that they have now.
function group(graph, now, waving) {
  const { colors, waves } = graph, moment = waving ? waves.moment(now) : 0;
  const groups = new Map();
  for (const [id, node] of graph.state.nodes) {
    const spot = graph.layout.spots.get(id);
    if (!spot || (isGone(node.state) && !graph.layers.gone)) continue;
    let key = node.state, color = stateColor(colors, node.state), sign = "";
    const hop = waving && !isGone(node.state) ? waves.hops.get(id) : null;
    if (waving && !isGone(node.state) && (!hop || hop.at > moment)) { key = `dim ${node.state}`; color = faded(colors.left, 1); }
    if (hop && hop.at <= moment) { key = `hop ${hop.hops} ${node.state}`; color = colors.hops[Math.min(hop.hops, 5)]; sign = String(hop.hops); }
    let g = groups.get(key);
    if (!g) groups.set(key, g = { state: node.state, color, hollow: isGone(node.state), sign, nodes: [] });
    g.nodes.push({ id, p: graph.place(spot) });
  }
  return groups;
}

function outline(path, state, { x, y }, r) {
  switch (state) {
    case "paused":
      path.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
      return;
    case "silent":
      path.moveTo(x, y - r * 1.2);
      path.lineTo(x + r * 1.2, y); path.lineTo(x, y + r * 1.2); path.lineTo(x - r * 1.2, y);
      path.closePath();
      return;
    default:
      path.moveTo(x + r, y);
      path.arc(x, y, r, 0, 2 * Math.PI);
  }
}

// drawSigns writes into the nodes what they are, or over how many hops the message came.
function drawSigns(c, g, r) {
  if (g.state === "killed") return drawCrosses(c, g, r * 0.42);
  if (g.state === "paused" && !g.sign) return drawBars(c, g, r);
  const text = g.sign || (g.state === "silent" ? "?" : "");
  if (!text) return;
  c.fillStyle = readableOn(g.color);
  c.font = `700 ${Math.round(r * 1.15)}px system-ui, sans-serif`;
  c.textAlign = "center";
  c.textBaseline = "middle";
  for (const { p } of g.nodes) c.fillText(text, p.x, p.y + 0.5);
  c.textBaseline = "alphabetic";
}

function drawCrosses(c, g, d) {
  c.strokeStyle = g.color;
  c.lineWidth = Math.max(1.5, d / 2.4);
  c.beginPath();
  for (const { p } of g.nodes) {
    c.moveTo(p.x - d, p.y - d); c.lineTo(p.x + d, p.y + d);
    c.moveTo(p.x + d, p.y - d); c.lineTo(p.x - d, p.y + d);
  }
  c.stroke();
}

function drawBars(c, g, r) {
  c.fillStyle = readableOn(g.color);
  for (const { p } of g.nodes) {
    c.fillRect(p.x - r * 0.42, p.y - r * 0.45, r * 0.28, r * 0.9);
    c.fillRect(p.x + r * 0.14, p.y - r * 0.45, r * 0.28, r * 0.9);
  }
}

function drawZones(graph, r) {
  const { context: c } = graph;
  graph.zones.forEach((zone, i) => {
    c.strokeStyle = graph.colors.zones[i % 6];
    const away = graph.dense ? 1.5 : 4;
    c.lineWidth = Math.max(graph.dense ? 1 : 1.5, r / 4);
    c.beginPath();
    for (const [id, node] of graph.state.nodes) {
      const spot = graph.layout.spots.get(id);
      if (node.about?.zone !== zone || !spot) continue;
      const p = graph.place(spot);
      c.moveTo(p.x + r + away, p.y);
      c.arc(p.x, p.y, r + away, 0, 2 * Math.PI);
    }
    c.stroke();
  });
}

// drawNames writes the names that there is room for, and always those that somebody looks at.
function drawNames(graph, r, waving) {
  const { context: c, colors } = graph;
  c.textAlign = "center";
  c.lineJoin = "round";
  c.font = `600 ${Math.round(Math.min(13, Math.max(10.5, r)))}px system-ui, sans-serif`;
  const all = r >= (graph.dense ? 9 : 6);
  const near = graph.state.nodes.get(graph.selected)?.edges;
  for (const [id, node] of graph.state.nodes) {
    const looked = id === graph.selected || id === graph.hovered || near?.has(id);
    if (!all && !looked) continue;
    if (isGone(node.state) && !graph.layers.gone) continue;
    const spot = graph.layout.spots.get(id);
    if (!spot) continue;
    const p = graph.place(spot), y = p.y + r + (graph.zones.length ? 17 : 13);
    const name = label(id, node, graph.zones.length > 0 && r >= 10);
    c.strokeStyle = faded(colors.surface, 0.85);
    c.lineWidth = 3;
    c.strokeText(name, p.x, y);
    c.fillStyle = isGone(node.state) || (waving && !graph.waves.hops.has(id)) ? colors.muted : colors.ink;
    c.fillText(name, p.x, y);
  }
}

function label(id, node, zones) {
  const short = id.length > 16 ? `${id.slice(0, 14)}…` : id;
  return zones && node.about?.zone ? `${short} · ${node.about.zone.slice(0, 12)}` : short;
}

/** Draws a ring around a place. */
export function drawRing(c, p, r, color, width) {
  c.strokeStyle = color;
  c.lineWidth = width;
  c.beginPath();
  c.arc(p.x, p.y, r, 0, 2 * Math.PI);
  c.stroke();
}
