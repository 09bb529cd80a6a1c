// The marks on the timeline: what somebody did, and what happened to nodes.

/** Draws the marks of a history beneath the slider. */
export class Ticks {
  constructor(canvas, colors) {
    this.canvas = canvas;
    this.colors = colors;
    this.context = canvas.getContext("2d");
  }

  show(history) {
    const box = this.canvas.getBoundingClientRect(), ratio = window.devicePixelRatio || 1;
    const { context: c } = this;
    if (!box.width) return;
    this.canvas.width = Math.round(box.width * ratio);
    this.canvas.height = Math.round(box.height * ratio);
    c.scale(ratio, ratio);
    const { start, end } = history, span = Math.max(1, end - start);
    const thumb = 8; // the slider's thumb never reaches the very ends
    const x = (t) => thumb + ((t - start) / span) * (box.width - 2 * thumb);
    // One column a pixel at most: how many components there were, where they were more than one.
    c.fillStyle = this.colors.wanted;
    c.globalAlpha = 0.35;
    for (const s of history.samples) {
      if (s.figures.components > 1) c.fillRect(x(s.at - 1000), 0, Math.max(1, x(s.at) - x(s.at - 1000)), box.height);
    }
    c.globalAlpha = 1;
    for (const a of history.actions) {
      c.fillStyle = a.action === "kill" || a.action === "cut" ? this.colors.killed : this.colors.accent;
      c.fillRect(x(a.at) - 1, 0, 2, box.height);
    }
  }
}
