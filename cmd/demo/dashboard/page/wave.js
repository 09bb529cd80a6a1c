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
    const hops = new Map([[wave.node, { at: 0, hops: 0, peer: "", from: 0 }]]);
    let most = 0, end = 0;
    for (const [id, h] of wave.hops) {
      if (id === wave.node) continue;
      const at = Math.max(0, h.ms);
      hops.set(id, { at, hops: h.hops, peer: h.peer, from: 0 });
      most = Math.max(most, h.hops);
      end = Math.max(end, at);
    }
    for (const h of hops.values()) h.from = Math.min(h.at, hops.get(h.peer)?.at ?? h.at);
    end = Math.max(end, 0.001);
    this.wave = wave;
    this.hops = hops;
    this.most = most;
    this.end = end;
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

  /** Returns the moment of the wave that is shown at now, in its own milliseconds. */
  moment(now) { return Math.min(1, (now - this.began) / this.shown) * this.end; }

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
    const time = this.phase(now) === "held" ? wave.reached?.ms || this.end : moment;
    const hops = this.phase(now) === "held" ? wave.reached?.hops || this.most : this.hopsAt(moment);
    return [
      `Coverage ${percent} % in ${millis(time)}, ${hops} ${hops === 1 ? "hop" : "hops"}`,
      `${wave.node} published · slowed down ${Math.max(1, Math.round(this.shown / this.end)).toLocaleString("en")} times, from the recorded times of the hops`,
    ];
  }

  hopsAt(moment) {
    let most = 0;
    for (const h of this.hops.values()) if (h.at <= moment) most = Math.max(most, h.hops);
    return most;
  }
}
