// Events as they come from the server, and those of a file, checked.

import { VERSION } from "./state.js";

const SILENCE_MS = 15_000; // without a sign of life a connection is taken for dead
const MOST_BYTES = 512 << 20;

/** Returns the event that a line holds, or throws an Error that says what is wrong with it. */
export function parse(line) {
  let event;
  try { event = JSON.parse(line); } catch { throw new Error("not JSON"); }
  if (event === null || typeof event !== "object" || Array.isArray(event)) throw new Error("not an object");
  if (typeof event.kind !== "string") throw new Error("has no kind");
  if (!Number.isFinite(event.t) || event.t < 0) throw new Error("has no time t");
  if (!Number.isSafeInteger(event.seq) || event.seq < 0) throw new Error("has no number seq");
  for (const field of ["node", "peer", "message", "action", "state", "link"]) {
    if (event[field] !== undefined && typeof event[field] !== "string") throw new Error(`${field} is not a string`);
  }
  if (event.kind === "hello" && (event.version ?? 0) > VERSION) {
    throw new Error(`the trace has version ${event.version}, this page knows ${VERSION}`);
  }
  return event;
}

/** Returns the events of a trace, or throws an Error that names the line. */
export function parseTrace(text) {
  const events = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "") continue;
    try { events.push(parse(line)); } catch (err) { throw new Error(`Line ${number}: ${err.message}`); }
  }
  if (!events.length) throw new Error("There is no event in it");
  if (!events.some((e) => e.kind === "picture")) throw new Error("There is no picture of the mesh in it");
  return events;
}

/** Reads a trace from a file that somebody opened or dropped. */
export async function readTrace(file) {
  if (file.size > MOST_BYTES) throw new Error(`It has ${file.size} bytes; at most ${MOST_BYTES} are read`);
  return parseTrace(await file.text());
}

/**
 * Follows /events. onEvent is given each event once; onStatus is told "connecting", "open",
 * "lost" (it is tried again) or "refused" with a reason (it is not).
 */
export class Stream {
  constructor({ onEvent, onStatus }) {
    this.onEvent = onEvent;
    this.onStatus = onStatus;
    this.lastHeard = 0;
    this.seq = 0;
    this.began = "";
  }

  open() {
    this.close();
    this.onStatus("connecting");
    this.source = new EventSource("events");
    this.source.onopen = () => this.heard("open");
    this.source.onmessage = (m) => this.take(m.data);
    this.source.addEventListener("alive", () => this.heard("open"));
    this.source.onerror = () => {
      this.onStatus("lost");
      // A browser gives up for good when the answer is not a stream, as from a proxy: try on.
      if (this.source?.readyState === EventSource.CLOSED) this.again();
    };
  }

  again() {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.open(), 2000);
  }

  heard(status) {
    this.lastHeard = Date.now();
    this.onStatus(status);
  }

  take(data) {
    this.heard("open");
    let event;
    try { event = parse(data); } catch (err) {
      this.close();
      this.onStatus("refused", err.message);
      return;
    }
    const begins = event.kind === "hello" || event.kind === "picture";
    if (event.kind === "hello" && event.began !== this.began) {
      this.began = event.began ?? "";
      this.seq = 0; // another life of the server, with numbers of its own
    }
    if (event.seq <= this.seq && !begins) return; // told again after a reconnect
    this.seq = Math.max(this.seq, event.seq);
    this.onEvent(event);
  }

  close() {
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }
}

/** How long a stream may be silent. */
export const silence = SILENCE_MS;
