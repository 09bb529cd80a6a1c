// The tiles and the comparison beside the picture.

import { $, count, say } from "./dom.js";
import { millis } from "./words.js";

/** Shows the figures of a moment; `now` is the overview of its state. */
export function showFigures(state, now, wave) {
  const f = state.figures;
  tile("up", count(now.up), rest(now), "");
  tile("components", count(now.components), now.components === 1 ? "one mesh" : now.components ? "in pieces" : "nobody is up", now.components === 1 ? "good" : "bad");
  tile("pairs", count(now.pairs), now.oneSided ? `${count(now.oneSided)} one-sided` : "all two-sided", now.oneSided ? "warn" : "");
  const links = now.linksUp + now.linksWanted;
  tile("links", links ? count(now.linksUp) : "–", now.linksWanted ? `${count(now.linksWanted)} not up` : links ? "as wanted" : "none are kept", now.linksWanted ? "bad" : "");
  tile("repair", f?.repair_p50 ? millis(f.repair_p50) : "–", f?.repair_p99 ? `99th: ${millis(f.repair_p99)}` : "none yet", "");
  const r = wave?.reached;
  tile("wave", r ? `${Math.floor((100 * r.count) / Math.max(1, r.of))} %` : "–", r ? `${millis(r.ms)}, ${r.hops} hops` : "none yet", r && r.count < r.of ? "warn" : "");
  cost("connections", f?.kith?.connections, f?.full_mesh?.connections);
  cost("subscriptions", f?.kith?.subscriptions, f?.full_mesh?.subscriptions);
}

function rest(now) {
  const parts = [];
  if (now.paused) parts.push(`${count(now.paused)} paused`);
  if (now.silent) parts.push(`${count(now.silent)} silent`);
  if (now.gone) parts.push(`${count(now.gone)} gone`);
  return parts.join(", ") || "all there are";
}

function tile(name, value, remark, mood) {
  const el = $(`tile-${name}`);
  say(el.querySelector("b"), value);
  say(el.querySelector("span"), remark);
  if (el.dataset.mood !== mood) el.dataset.mood = mood;
}

function cost(name, ours, full) {
  const row = $(`cost-${name}`), [a, b] = row.querySelectorAll("b");
  const known = Number.isFinite(ours) && Number.isFinite(full);
  say(a, known ? count(ours) : "–");
  say(b, known ? count(full) : "–");
  row.querySelector("meter").value = known && full > 0 ? Math.min(1, ours / full) : 0;
}

/** Says the whole in a sentence, for those who do not see the picture. */
export function sentence(state, now) {
  const parts = [`${now.nodes} nodes, ${now.up} up`];
  if (now.paused) parts.push(`${now.paused} paused`);
  if (now.gone) parts.push(`${now.gone} killed or left`);
  if (now.silent) parts.push(`${now.silent} silent`);
  parts.push(now.components === 1 ? "one connected mesh" : `${now.components} components`, `${now.pairs} pairs of neighbors`);
  if (now.oneSided) parts.push(`${now.oneSided} one-sided edges`);
  if (now.linksUp) parts.push(`${now.linksUp} NATS links up`);
  if (now.linksWanted) parts.push(`${now.linksWanted} NATS links wanted and not up`);
  if (state.cut) parts.push("cut in two");
  return `${parts.join(", ")}.`;
}
