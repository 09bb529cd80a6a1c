// The events of the last minutes with key frames between them, so that any moment can be shown again.

import { apply, clone, empty } from "./state.js";

const KEEP_MS = 10 * 60_000;
const MOST_EVENTS = 400_000;
const FRAME_EVENTS = 1500; // between key frames, or
const FRAME_MS = 10_000; // so long

/** What has been. It holds the live state too, that after the last event. */
export class History {
  /** @param {boolean} bounded whether old events are dropped; those of a file are all kept. */
  constructor(bounded = true) {
    this.bounded = bounded;
    this.clear();
  }

  clear() {
    this.live = empty();
    this.events = [];
    this.dropped = 0; // events that were here once; index i is the event dropped+i of all
    this.frames = [];
    this.samples = []; // {at, figures} of each, for the charts and the timeline
    this.actions = []; // events
  }

  /** The moments of the first and last event, in milliseconds. */
  get start() { return this.events.length ? this.events[0].at : 0; }
  get end() { return this.events.length ? this.events[this.events.length - 1].at : 0; }

  /** Adds an event. Its `at` is its time, never before that of the event before it. */
  push(event) {
    event.at = Math.max(Number(event.t) || 0, this.end);
    // What begins a stream has no time of its own.
    if (event.kind === "picture" && this.events.every((e) => e.kind === "hello")) for (const e of [...this.events, ...this.frames]) e.at = event.at;
    const last = this.frames[this.frames.length - 1];
    const index = this.dropped + this.events.length;
    if (!last || index - last.index >= FRAME_EVENTS || event.at - last.at >= FRAME_MS) {
      this.frames.push({ index, at: event.at, state: clone(this.live) });
    }
    this.events.push(event);
    if (event.kind === "action") this.actions.push(event);
    const understood = apply(this.live, event);
    if (understood && event.kind === "sample") this.samples.push({ at: event.at, figures: this.live.figures });
    if (this.bounded) this.trim();
    return understood;
  }

  // trim drops what is too old, at a key frame, so that what remains can be rebuilt.
  trim() {
    const tooOld = this.end - KEEP_MS;
    let frames = 0;
    while (frames + 1 < this.frames.length) {
      const next = this.frames[frames + 1];
      if (next.at > tooOld && this.dropped + this.events.length - next.index <= MOST_EVENTS) break;
      frames++;
    }
    if (frames === 0) return;
    this.frames.splice(0, frames);
    this.events.splice(0, this.frames[0].index - this.dropped);
    this.dropped = this.frames[0].index;
    for (const list of [this.samples, this.actions]) {
      const keep = list.findIndex((e) => e.at >= this.start);
      list.splice(0, keep < 0 ? list.length : keep);
    }
  }

  /** Returns how many of all events have happened by t. */
  indexAt(t) {
    let low = 0, high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle].at <= t) low = middle + 1; else high = middle;
    }
    return this.dropped + low;
  }

  /** Returns the event of that index among all. */
  event(index) { return this.events[index - this.dropped]; }

  /** Returns the state after the first `index` of all events, as one's own. */
  stateAt(index) {
    let frame = this.frames[0];
    if (!frame) return empty();
    for (const f of this.frames) {
      if (f.index > index) break;
      frame = f;
    }
    const state = clone(frame.state);
    for (let i = frame.index; i < index; i++) apply(state, this.event(i));
    return state;
  }

  /** Brings one of its states up to date with its event. */
  replay(state, event) { apply(state, event); }

  /** Calls visit for the events before index, the latest first, until it returns false. */
  backwards(index, visit) {
    for (let i = Math.min(index, this.dropped + this.events.length) - 1; i >= this.dropped; i--) {
      if (visit(this.event(i), i) === false) return;
    }
  }
}
