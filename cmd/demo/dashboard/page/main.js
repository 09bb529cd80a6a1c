// The page: puts the modules together and brings what they show up to date.

import { announce, banner, toast } from "./announce.js";
import { Charts } from "./charts.js";
import { readColors } from "./colors.js";
import { Controls } from "./controls.js";
import { $, clock, make, say } from "./dom.js";
import { EventList } from "./eventlist.js";
import { sentence, showFigures } from "./figures.js";
import { Graph } from "./graph.js";
import { History } from "./history.js";
import { Inspector } from "./inspector.js";
import { keys, listen } from "./keys.js";
import { Layout } from "./layout.js";
import { readTrace, silence, Stream, withToken } from "./stream.js";
import { isGone, overview, pairs } from "./state.js";
import { describe } from "./words.js";
import { nextTheme, restoreTheme } from "./theme.js";
import { Table } from "./table.js";
import { Ticks } from "./ticks.js";
import { Timeline } from "./timeline.js";
import { WavePlayer } from "./wave.js";

restoreTheme();

let source = "stream"; // or "file"
let fileName = "";
let status = "connecting";
let selected; // the node
let opener; // what had the focus when it was selected
let asked = new Set(); // who was made to publish here, so that its wave is shown before others
let stale = true; // the panels do not show the present state
let shownAt = 0;
let listsStale = true;
let listsAt = 0;

const calm = matchMedia("(prefers-reduced-motion: reduce)");
let colors = readColors();
const history = new History();
let recorded = null; // the history of a file
const layout = new Layout();
const waves = new WavePlayer({ onChange: () => { stale = true; } });
const graph = new Graph($("graph"), { layout, colors, waves, onPick: select, onHover: showTip });
const charts = new Charts({ components: $("chart-components"), degrees: $("chart-degrees"), repairs: $("chart-repairs"), traffic: $("chart-traffic") }, colors);
const table = new Table($("table"), { search: $("search"), note: $("nodes-note"), more: $("more"), onPick: select });
const eventList = new EventList($("event-list"), { kinds: $("kinds"), search: $("event-search"), note: $("events-note"), onPick: showEvent });
const inspector = new Inspector($("inspector"), { onPick: select, onClose: () => select(undefined), canAsk: () => timeline.mode === "live" && source === "stream" && status === "open" });
const ticks = new Ticks($("ticks"), colors);
const timeline = new Timeline(history, { onEvent: happened, onJump: jumped, onMode: () => { stale = true; } });
const controls = new Controls($("controls"), {
  current: () => timeline.history.live, selected: () => selected, say: toast,
  onPublish: (id) => { asked.add(id); if (timeline.mode !== "live") timeline.goLive(); },
});
const stream = new Stream({
  onEvent(event) {
    if (event.kind === "hello" && history.live.began && event.began !== history.live.began) {
      history.clear(); // another life of the server
      if (source === "stream") timeline.reset(history, "live");
    }
    history.push(event);
    if (source === "stream") timeline.grown(event);
    stale = true;
  },
  onFile(events) { playEvents(events, "a recorded trace"); },
  onStatus(now, reason) {
    if (now !== status && source === "stream") {
      if (now === "lost") announce("The connection to the server is lost. It is tried again.");
      if (now === "open" && status === "lost") announce("Connected again.");
    }
    status = now;
    if (now === "refused") banner(`The server's events cannot be shown: ${reason}.`);
    stale = true;
  },
});

// happened shows what an event does at the moment it happens.
function happened(e) {
  const now = performance.now();
  stale = true;
  if (e.kind === "up" || e.kind === "down") {
    if (e.kind === "up" || !timeline.state.nodes.get(e.peer)?.edges.get(e.node)?.neighbor) graph.flashEdge(e.node, e.peer, e.kind, now);
  } else if (e.kind === "node") {
    graph.pulse(e.node, now);
    announce(describe(e));
  } else if (e.kind === "action" || e.kind === "gap") {
    announce(describe(e));
  } else if (e.kind === "reached") {
    const wave = timeline.state.waves.get(e.message);
    if (!wave) return;
    const mine = asked.delete(wave.node);
    waves.still = calm.matches; // the latest word: the picture is not brought up to date for every event
    waves.offer({ ...wave, hops: new Map(wave.hops) }, now, mine);
    if (mine || timeline.mode !== "live") announce(describe(e));
  }
}

function jumped() {
  waves?.stop();
  graph?.forgetMarks();
  stale = true;
  shownAt = listsAt = 0;
}

function select(id) {
  if (id && !selected) opener = document.activeElement;
  if (!id) giveBackFocus();
  selected = id;
  graph.selected = id;
  graph.dirty = true;
  inspector.select(id);
  const panel = $("inspector").offsetWidth;
  graph.covered = panel < graph.width * 0.6 ? panel : 0;
  stale = true;
  shownAt = listsAt = 0;
}

// giveBackFocus takes the focus out of the panel before it closes: to where it came from, if keys are used.
function giveBackFocus() {
  const el = document.activeElement;
  if (!$("inspector").contains(el)) return;
  if (el.matches(":focus-visible") && opener?.isConnected) opener.focus(); else el.blur();
}

function showEvent(e) {
  timeline.seek(e.at);
  if (e.node) select(e.node);
}

function showTip(id, at) {
  const tip = $("tip"), node = timeline.state.nodes.get(id);
  tip.hidden = !node;
  if (!node) return;
  let degree = 0;
  for (const e of node.edges.values()) if (e.neighbor) degree++;
  say(tip, `${id} · ${node.state}${isGone(node.state) ? "" : ` · ${degree} neighbors`}${node.about?.zone ? ` · ${node.about.zone}` : ""}`);
  tip.style.transform = `translate(${Math.min(at.x + 14, graph.width - 190)}px, ${Math.max(4, at.y - 34)}px)`;
}

// refresh brings everything but the picture's motion up to date.
function refresh(now) {
  const { state, history: h } = timeline;
  const all = pairs(state), view = overview(state, all);
  graph.show(state, all);
  graph.still = calm.matches;
  showFigures(state, view, waves.last);
  controls.show(source === "stream" && history.live.controls && status === "open");
  showStatus(state, view);
  showTime();
  const text = sentence(state, view);
  if ($("graph").getAttribute("aria-label") !== text) $("graph").setAttribute("aria-label", text);
  stale = false;
  shownAt = now;
  listsStale = true;
}

// refreshLists brings up to date what costs more, or is read more slowly.
function refreshLists(now) {
  const { state, history: h } = timeline;
  table.show(state, selected);
  eventList.show(h, timeline.index);
  inspector.show(state, h, timeline.index);
  charts.show(h, state.figures, timeline.t);
  ticks.show(h);
  listsStale = false;
  listsAt = now;
}

function showStatus(state) {
  const h = timeline.history;
  let name = status === "open" ? "live" : status, text = { connecting: "connecting", open: "live", refused: "not readable", ended: "this run has ended" }[status];
  if (status === "lost") text = history.events.length ? `reconnecting, last seen ${ago(Date.now() - stream.lastHeard)} ago` : "no connection, trying again";
  if (source === "file") { name = "file"; text = `playing ${fileName}`; }
  else if (status === "open" && timeline.mode !== "live") { name = "held"; text = timeline.mode === "held" ? "paused, the mesh goes on" : "playing what was"; }
  $("status").dataset.status = name;
  say($("status-text"), text);
  say($("cluster"), state.cluster);
  document.title = state.cluster ? `${state.cluster} · Kith` : "Kith";
  const nothing = state.nodes.size === 0;
  $("empty").hidden = !nothing;
  say($("empty-text"), !nothing ? "" : h.events.length ? "There is no node at this moment." : status === "lost" ? "The server does not answer. It is tried again …" : "Waiting for the mesh …");
  $("stage").classList.toggle("off", source === "stream" && status === "lost");
  $("save").hidden = source === "file";
  $("save").href = withToken("trace.jsonl");
  $("back").hidden = source !== "file" || history.events.length === 0;
  showZones(graph.zones ?? []);
}

function ago(ms) { return ms < 90_000 ? `${Math.max(1, Math.round(ms / 1000))} s` : `${Math.round(ms / 60_000)} min`; }

function showZones(zones) {
  const list = $("zones"), key = zones.join("\n");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.hidden = zones.length === 0;
  list.replaceChildren(...zones.slice(0, 24).map((z, i) => make("li", { "data-zone": i % 6 }, make("i", { "aria-hidden": "true" }), z)));
}

function showTime() {
  const { history: h, mode } = timeline, slider = $("slider");
  slider.min = Math.floor(h.start);
  slider.max = Math.max(Math.ceil(h.end), Math.floor(h.start) + 1);
  if (Number(slider.value) !== Math.round(timeline.t)) slider.value = Math.round(timeline.t);
  slider.setAttribute("aria-valuetext", mode === "live" ? "live" : clock(timeline.t, true));
  say($("moment"), `${clock(timeline.t, true)} / ${clock(h.end)}`);
  say($("play"), mode === "held" ? "Play" : "Pause");
  $("live").hidden = source === "file";
  $("live").setAttribute("aria-pressed", String(mode === "live" && status === "open"));
  document.documentElement.dataset.mode = mode;
}

let before = performance.now();

// frame runs at every frame: time, picture, and now and then the rest.
function frame(now) {
  requestAnimationFrame(frame); // first, so that a fault in one frame does not end them
  timeline.follows = source === "stream";
  timeline.tick(Math.min(250, now - before));
  before = now;
  if (timeline.mode === "playing") { stale = true; }
  const size = timeline.state.nodes.size;
  if (stale && now - shownAt >= (size > 300 ? 400 : 120)) refresh(now);
  if (listsStale && now - listsAt >= (size > 500 ? 1500 : size > 100 ? 800 : 300)) refreshLists(now);
  if (source === "stream" && status === "open" && Date.now() - stream.lastHeard > silence) stream.open();
  graph.frame(now);
  showWave(now);
}

function showWave(now) {
  const box = $("wave"), moving = waves.phase(now) !== "";
  if (box.hidden === moving) box.hidden = !moving;
  if (!moving) return;
  const [head, note] = waves.caption(now);
  say($("wave-head"), head);
  say($("wave-note"), note);
  box.dataset.progress = waves.moment(now).toFixed(2);
  $("wave-bar").value = 100 * (waves.reachedAt(waves.moment(now)) / Math.max(1, waves.wave.reached?.of || waves.hops.size));
}

// Each second, even when nothing happens: how long ago the server was heard, and what a frame costs.
setInterval(() => {
  stale = true;
  $("graph").dataset.frameMs = graph.frameMs.toFixed(2);
  $("graph").dataset.frames = graph.frames;
  say($("frame-ms"), `${graph.frameMs.toFixed(1)} ms with ${timeline.state.nodes.size} nodes`);
}, 1000);

// playEvents plays the events of a file.
function playEvents(events, name) {
  recorded = new History(false);
  for (const e of events) recorded.push(e);
  source = "file";
  fileName = name;
  banner("");
  select(undefined);
  timeline.reset(recorded, "held");
  timeline.seek(events.find((e) => e.kind === "picture").at);
  timeline.play();
}

async function playFile(file) {
  if (!file) return;
  try { playEvents(await readTrace(file), file.name); } catch (err) { banner(`${file.name} cannot be played. ${err.message}.`); }
}

function backToStream() {
  source = "stream";
  timeline.reset(history, "live");
}

function wireButtons() {
  $("play").addEventListener("click", () => timeline.toggle());
  $("live").addEventListener("click", () => timeline.goLive());
  $("slider").addEventListener("input", () => timeline.seek(Number($("slider").value)));
  $("speed").addEventListener("change", () => { timeline.speed = Number($("speed").value); });
  $("open").addEventListener("click", () => $("file").click());
  $("file").addEventListener("change", () => { playFile($("file").files[0]); $("file").value = ""; });
  $("back").addEventListener("click", backToStream);
  $("zoom-in").addEventListener("click", () => graph.zoom(1.25));
  $("zoom-out").addEventListener("click", () => graph.zoom(0.8));
  $("fit").addEventListener("click", fit);
  $("theme").addEventListener("click", changeTheme);
  $("help").addEventListener("click", () => $("help-dialog").showModal());
  for (const box of document.querySelectorAll("[data-layer]")) {
    box.addEventListener("change", () => { graph.layers[box.dataset.layer] = box.checked; graph.dirty = true; });
  }
  $("keys").append(...keys.flatMap(([key, does]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, does)]));
}

function fit() { graph.fitting = true; graph.dirty = true; }

function changeTheme() {
  showTheme(nextTheme());
  recolor();
}

function showTheme(theme) {
  say($("theme"), { auto: "◐ Auto", light: "☀ Light", dark: "☾ Dark" }[theme]);
  $("theme").setAttribute("aria-label", `Theme: ${theme === "auto" ? "as the system" : theme}`);
}

function recolor() {
  colors = graph.colors = ticks.colors = readColors();
  graph.dirty = true;
  charts.build(colors);
  stale = true;
}

function wireDrop() {
  let depth = 0;
  const show = (on) => { $("drop").hidden = !on; };
  document.addEventListener("dragenter", (e) => { e.preventDefault(); depth++; show(true); });
  document.addEventListener("dragleave", () => { if (--depth <= 0) { depth = 0; show(false); } });
  document.addEventListener("dragover", (e) => e.preventDefault());
  document.addEventListener("drop", (e) => { e.preventDefault(); depth = 0; show(false); playFile(e.dataTransfer?.files[0]); });
}

wireButtons();
wireDrop();
showTheme(document.documentElement.dataset.theme);
if (matchMedia("(max-width: 700px)").matches) $("legend").open = false;
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolor);
listen({
  pause: () => timeline.toggle(),
  slide: (ms) => timeline.seek(timeline.t + ms),
  step: (by) => timeline.step(by),
  live: () => { if (source === "stream") timeline.goLive(); },
  kill: () => controls.act("kill"),
  publish: () => controls.act("publish"),
  search: () => { $("search").focus(); $("search").select(); },
  fit,
  zoom: (by) => graph.zoom(by),
  theme: changeTheme,
  help: () => $("help-dialog").showModal(),
  escape(el) {
    if (el.matches?.("input[type=search]") && el.value) { el.value = ""; el.dispatchEvent(new Event("input")); return; }
    if (el.matches?.("input, select")) el.blur();
    else select(undefined);
  },
});
requestAnimationFrame(frame);
stream.open();
