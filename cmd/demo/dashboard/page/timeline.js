// Which moment is shown: live, held, or played back at some speed.

const MOST_AT_ONCE = 20_000; // events in a frame; more are jumped over

/** The moment that is shown, over a history. mode is "live", "held" or "playing". */
export class Timeline {
  constructor(history, { onEvent, onJump, onMode }) {
    Object.assign(this, { onEvent, onJump, onMode });
    this.speed = 1;
    this.follows = false; // whether the history goes on growing
    this.reset(history, "live");
  }

  /** Begins anew, over another history perhaps. */
  reset(history, mode) {
    this.history = history;
    this.mode = mode;
    this.index = history.dropped + (mode === "live" ? history.events.length : 0);
    this.t = mode === "live" ? history.end : history.start;
    this.state = mode === "live" ? history.live : history.stateAt(this.index);
    this.onMode();
    this.onJump();
  }

  /** Tells that the history has one more event. */
  grown(event) {
    if (this.mode !== "live") return;
    this.index = this.history.dropped + this.history.events.length;
    this.t = this.history.end;
    this.onEvent(event);
  }

  /** Follows what happens now. */
  goLive() { this.reset(this.history, "live"); }

  hold() {
    if (this.mode === "live") this.state = this.history.stateAt(this.index);
    this.setMode("held");
  }

  play() {
    if (this.index >= this.history.dropped + this.history.events.length) this.seek(this.history.start);
    this.setMode("playing");
  }

  /** Pauses, or goes on from there. */
  toggle() { if (this.mode === "held") this.play(); else this.hold(); }

  setMode(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.onMode();
  }

  /** Shows the moment t. */
  seek(t) {
    this.t = Math.min(this.history.end, Math.max(this.history.start, t));
    this.index = this.history.indexAt(this.t);
    this.state = this.history.stateAt(this.index);
    if (this.mode === "live") this.setMode("held");
    this.onJump();
  }

  /** Goes that many events on or back, and holds there. */
  step(by) {
    this.hold();
    const { dropped, events } = this.history;
    const index = Math.min(dropped + events.length, Math.max(dropped + 1, this.index + by));
    if (!events.length || index === this.index) return;
    if (index === this.index + 1) {
      this.advance(index);
    } else {
      this.index = index;
      this.state = this.history.stateAt(index);
      this.t = this.history.event(index - 1).at;
      this.onJump();
    }
  }

  // advance plays the events up to index into the state.
  advance(index) {
    for (; this.index < index; this.index++) {
      const event = this.history.event(this.index);
      this.history.replay(this.state, event);
      this.t = event.at;
      this.onEvent(event);
    }
  }

  /** Lets time pass when it is played. Old moments may have been dropped meanwhile. */
  tick(ms) {
    const { history } = this;
    if (this.mode !== "live" && this.index < history.dropped) this.seek(history.start);
    if (this.mode !== "playing") return;
    const t = this.t + ms * this.speed;
    const index = history.indexAt(t);
    if (index - this.index > MOST_AT_ONCE) this.seek(t);
    else this.advance(index);
    this.t = Math.min(t, history.end);
    if (t < history.end) return;
    if (this.follows) this.goLive(); else this.setMode("held");
  }
}
