// A message on its way over the mesh, shown again slowly from the recorded times of its hops.

import { millis } from "./state.js";

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
    this.scale = stretch([...hops.values()].map((h) => h.ms), most);
    for (const h of hops.values()) h.at = this.scale.show(h.ms);
    for (const h of hops.values()) h.from = Math.min(h.at, hops.get(h.peer)?.at ?? h.at);
    this.wave = wave;
    this.hops = hops;
    this.most = most;
    this.shown = Math.min(4500, Math.max(1500, PER_HOP_MS * (most + 1)));
    this.began = this.still ? now - this.shown : now;
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
    return now - this.began < this.shown ? "moving" : "held";
  }

  /** Moves on. Returns false when nothing is shown any more. */
  step(now) {
    if (!this.wave) return false;
    if (now - this.began > this.shown + HOLD_MS) { this.stop(); return false; }
    return true;
  }

  /** Returns the moment of the wave that is shown at now, from 0 to 1, as `at` and `from` of its hops are. */
  moment(now) { return Math.min(1, Math.max(0, (now - this.began) / this.shown)); }

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
      `${wave.node} published · ${this.scale.words(this.shown)}`,
    ];
  }

  hopsAt(moment) {
    let most = 0;
    for (const h of this.hops.values()) if (h.at <= moment) most = Math.max(most, h.hops);
    return most;
  }
}

/**
 * Stretches recorded times to 0 … 1. A wait that is much longer than the others is shortened, or
 * all else would be over in a blink.
 */
function stretch(times, hops) {
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length * 0.75)] / Math.max(1, hops) || 1;
  const shown = [0];
  let shortened = false;
  for (let i = 1; i < sorted.length; i++) {
    const gap = sorted[i] - sorted[i - 1];
    if (gap > 2 * usual) shortened = true;
    shown.push(shown[i - 1] + Math.min(gap, 2 * usual));
  }
  const length = shown[shown.length - 1] || 1, end = sorted[sorted.length - 1] || 0.001;
  return {
    end,
    show: (ms) => shown[sorted.indexOf(ms)] / length,
    real(share) {
      let i = 1;
      while (i < shown.length - 1 && shown[i] < share * length) i++;
      if (shown.length < 2) return 0;
      const part = (share * length - shown[i - 1]) / (shown[i] - shown[i - 1]);
      return sorted[i - 1] + Math.min(1, Math.max(0, part)) * (sorted[i] - sorted[i - 1]);
    },
    words: (forMs) => `slowed down ${Math.max(1, Math.round(forMs / length)).toLocaleString("en")} times, from the recorded times of the hops${shortened ? "; long waits are shortened" : ""}`,
  };
}
