// A message on its way over the mesh, shown again slowly from the recorded times of its hops.

import { millis } from "./words.js";

const HOLD_MS = 3500; // the finished picture stays
const PER_HOP_MS = 750;

/** Plays one wave after the other. */
export class WavePlayer {
  constructor({ onChange }) {
    this.onChange = onChange;
    this.wave = null;
    this.still = false;
    this.last = null;
  }

  /** Offers a wave that has ended. One that somebody asked for is played even if another one is under way. */
  offer(wave, now, asked = false) {
    this.last = wave;
    if (this.wave && !asked && this.phase(now) !== "held") return;
    this.start(wave, now);
  }

  start(wave, now) {
    const hops = new Map([[wave.node, { ms: 0, hops: 0, peer: "" }]]);
    let most = 0;
    for (const [id, h] of wave.hops) {
      if (id === wave.node) continue;
      hops.set(id, { ms: Math.max(0, h.ms), hops: h.hops, peer: h.peer });
      most = Math.max(most, h.hops);
    }
    this.scale = stretch([...hops.values()], most);
    for (const h of hops.values()) h.at = this.scale.show(h.ms);
    for (const h of hops.values()) h.from = Math.min(h.at, hops.get(h.peer)?.at ?? h.at);
    this.wave = wave;
    this.hops = hops;
    this.most = most;
    this.shown = Math.min(4500, Math.max(1500, PER_HOP_MS * (most + 1)));
    this.atOnce = this.still; // a frame has the time of its beginning, which may be before now
    this.began = this.atOnce ? now - this.shown : now;
    this.onChange();
  }

  stop() {
    if (!this.wave) return;
    this.wave = null;
    this.onChange();
  }

  /** Returns "", "moving" or "held". */
  phase(now) {
    if (!this.wave) return "";
    return !this.atOnce && now - this.began < this.shown ? "moving" : "held";
  }

  /** Moves on. Returns false when nothing is shown any more. */
  step(now) {
    if (!this.wave) return false;
    if (now - this.began > this.shown + HOLD_MS) { this.stop(); return false; }
    return true;
  }

  /** Returns the moment of the wave that is shown at now, from 0 to 1, as `at` and `from` of its hops are. */
  moment(now) { return this.atOnce ? 1 : Math.min(1, Math.max(0, (now - this.began) / this.shown)); }

  /** Returns how many nodes have the message at that moment. */
  reachedAt(moment) {
    let count = 0;
    for (const h of this.hops.values()) if (h.at <= moment) count++;
    return count;
  }

  /** Says what is seen, as [headline, remark]. */
  caption(now) {
    const { wave } = this, moment = this.moment(now);
    const of = wave.reached?.of || this.hops.size;
    const count = this.phase(now) === "held" ? wave.reached?.count ?? this.hops.size : this.reachedAt(moment);
    const percent = Math.floor((100 * Math.min(count, of)) / Math.max(of, 1));
    const time = this.phase(now) === "held" ? wave.reached?.ms || this.scale.end : this.scale.real(moment);
    const hops = this.phase(now) === "held" ? wave.reached?.hops || this.most : this.hopsAt(moment);
    return [
      `Coverage ${percent} % in ${millis(time)}, ${hops} ${hops === 1 ? "hop" : "hops"}`,
      `${wave.node} published · slowed down ${Math.max(1, Math.round(this.shown / this.scale.end)).toLocaleString("en")} times, by the recorded times; each hop is given as long`,
    ];
  }

  hopsAt(moment) {
    let most = 0;
    for (const h of this.hops.values()) if (h.at <= moment) most = Math.max(most, h.hops);
    return most;
  }
}

/**
 * Stretches recorded times to 0 … 1 so that each hop gets as long as the others, however long it
 * took; the order of all that happens remains.
 */
function stretch(hops, most) {
  const knots = [[0, 0]];
  for (const level of [...new Set(hops.map((h) => h.hops))].filter((n) => n > 0).sort((a, b) => a - b)) {
    const times = hops.filter((h) => h.hops === level).map((h) => h.ms).sort((a, b) => a - b);
    const usual = times[times.length >> 1];
    if (usual > knots.at(-1)[0]) knots.push([usual, level / (most + 0.4)]);
  }
  const end = Math.max(0.001, ...hops.map((h) => h.ms));
  if (end > knots.at(-1)[0]) knots.push([end, 1]); else knots.at(-1)[1] = 1;
  return { end, show: (ms) => between(knots, ms, 0, 1), real: (share) => between(knots, share, 1, 0) };
}

// between reads one coordinate of a line through the knots from the other.
function between(knots, value, from, to) {
  let i = 1;
  while (i < knots.length - 1 && knots[i][from] < value) i++;
  const a = knots[i - 1], b = knots[i];
  return a[to] + Math.min(1, Math.max(0, (value - a[from]) / (b[from] - a[from]))) * (b[to] - a[to]);
}
