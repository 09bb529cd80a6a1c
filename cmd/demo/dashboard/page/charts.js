// The charts beside the picture: figures over the last minutes, marked where somebody did something.

import uPlot from "./lib/uplot.js";
import { clock, count } from "./dom.js";
import { faded } from "./colors.js";
import { millis } from "./words.js";

const WINDOW_MS = 180_000;
const HEIGHT = 96;

/** The four charts. */
export class Charts {
  constructor(elements, colors) {
    this.elements = elements;
    this.actions = [];
    this.plots = {};
    this.data = { components: [[], []], degrees: [[], []], repairs: [[], [], []], traffic: [[], [], []] };
    this.build(colors);
    const observer = new ResizeObserver(() => this.resize());
    for (const el of Object.values(elements)) observer.observe(el);
  }

  /** Makes the charts anew, in these colors. */
  build(colors) {
    for (const [name, el] of Object.entries(this.elements)) {
      this.plots[name]?.destroy();
      this.plots[name] = new uPlot(this.options(name, colors, el.clientWidth), this.data[name], el);
    }
  }

  options(name, colors, width) {
    const time = name !== "degrees";
    const common = {
      width: Math.max(120, width), height: HEIGHT, legend: { show: false },
      cursor: { show: false }, padding: [10, 8, 0, 0],
      scales: { x: { time: false } },
      axes: [
        axis(colors, { size: 22, ...(time ? { incrs: [1, 2, 5, 10, 15, 30, 60, 120] } : {}), values: (_, ticks) => ticks.map((v) => (time ? clock(v * 1000) : Number.isInteger(v) ? String(v) : "")), space: time ? 60 : 16 }),
        axis(colors, { size: 38, space: 26, values: (_, ticks) => ticks.map((v) => (Number.isInteger(v) || name === "traffic" ? count(v) : "")) }),
      ],
      hooks: time ? { draw: [(u) => this.mark(u, colors)] } : {},
    };
    const upto = (least) => (_, __, most) => [0, Math.max(least, (most ?? 0) * 1.15)];
    const bars = (size) => uPlot.paths.bars({ size });
    const line = (label, color, more = {}) => ({ label, stroke: color, width: 1.75, points: { show: false }, ...more });
    switch (name) {
      case "components":
        return { ...common, scales: { ...common.scales, y: { range: upto(3) } },
          series: [{}, line("components", colors.accent, { paths: uPlot.paths.stepped({ align: 1 }), fill: faded(colors.accent, 0.12) })] };
      case "degrees":
        return { ...common, scales: { x: { time: false, range: (_, low, high) => [-0.6, Math.max(8.6, high + 0.6)] }, y: { range: upto(4) } },
          series: [{}, line("nodes", colors.up, { width: 0, fill: colors.up, paths: bars([0.75, 40]) })] };
      case "repairs":
        return { ...common, padding: [10, 0, 0, 0], scales: { ...common.scales, y: { range: upto(4) }, ms: { range: upto(10) } },
          axes: [...common.axes, axis(colors, { scale: "ms", side: 1, size: 46, space: 26, grid: { show: false }, values: (_, t) => t.map((v) => (v ? millis(v).replace(/\.0+ /, " ") : "0")) })],
          series: [{}, line("repairs", colors.onesided, { width: 0, fill: colors.onesided, paths: bars([0.9, 8]) }), line("p99", colors.silent, { scale: "ms" })] };
      default:
        return { ...common, padding: [10, 0, 0, 0], scales: { ...common.scales, y: { range: upto(10) }, bytes: { range: upto(1000) } },
          axes: [...common.axes, axis(colors, { scale: "bytes", side: 1, size: 46, space: 26, grid: { show: false }, values: (_, t) => t.map(count) })],
          series: [{}, line("messages", colors.up), line("bytes", colors.link, { scale: "bytes", dash: [5, 3] })] };
    }
  }

  // mark draws a line at each action.
  mark(u, colors) {
    const c = u.ctx, { left, top, width, height } = u.bbox;
    c.save();
    c.strokeStyle = faded(colors.ink, 0.35);
    c.setLineDash([3, 3]);
    c.lineWidth = devicePixelRatio;
    c.fillStyle = colors.muted;
    c.font = `${10 * devicePixelRatio}px system-ui, sans-serif`;
    let free = -Infinity;
    for (const a of this.actions) {
      const x = u.valToPos(a.at / 1000, "x", true);
      if (!(x >= left && x <= left + width)) continue;
      c.beginPath();
      c.moveTo(x, top); c.lineTo(x, top + height);
      c.stroke();
      const text = String(a.action ?? "").slice(0, 12);
      if (x < free) continue;
      const wide = c.measureText(text).width, gap = 3 * devicePixelRatio;
      if (x + wide + gap > left + width) continue;
      c.fillText(text, x + gap, top + 8 * devicePixelRatio);
      free = x + wide + 2 * gap;
    }
    c.restore();
  }

  resize() {
    for (const [name, el] of Object.entries(this.elements)) {
      if (el.clientWidth > 0) this.plots[name].setSize({ width: Math.max(120, el.clientWidth), height: HEIGHT });
    }
  }

  /** Shows the samples up to t. */
  show(history, figures, t) {
    const begin = t - WINDOW_MS;
    const samples = history.samples.filter((s) => s.at >= begin && s.at <= t);
    this.actions = history.actions.filter((a) => a.at >= begin && a.at <= t);
    const x = samples.map((s) => s.at / 1000);
    const of = (field) => samples.map((s) => s.figures[field]);
    const degrees = figures?.degrees ?? [];
    this.data = {
      components: [x, of("components")],
      degrees: [degrees.map((_, i) => i), degrees],
      repairs: [x, of("repairs"), of("repair_p99")],
      traffic: [x, of("messages"), of("bytes")],
    };
    for (const [name, plot] of Object.entries(this.plots)) plot.setData(this.data[name]);
    return samples.length;
  }
}

function axis(colors, more) {
  return {
    stroke: colors.muted, font: "11px system-ui, sans-serif", gap: 4,
    grid: { stroke: faded(colors.line, 0.7), width: 1 }, ticks: { show: false }, ...more,
  };
}
