// Events as they come from the server, and those of a file, checked.

import { VERSION } from "./state.js";

const SILENCE_MS = 40_000; // without a sign of life, which comes each 15 s, a connection is taken for dead
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
  for (const field of ["picture", "figures", "about"]) {
    if (event[field] !== undefined && (event[field] === null || typeof event[field] !== "object")) throw new Error(`${field} is not an object`);
  }
  if (event.nodes !== undefined && !Array.isArray(event.nodes)) throw new Error("nodes is not a list");
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

/** Returns what a request for that path has to carry: the token, if the page's address has one. */
export function token() { return new URLSearchParams(location.hash.slice(1)).get("token") ?? ""; }

/** Returns the address of a path of the server for those who cannot set a header. */
export function withToken(path) { return token() ? `${path}?token=${encodeURIComponent(token())}` : path; }

// fetchPast fetches what the server remembers: the events of its last minutes.
async function fetchPast() {
  const answer = await fetch("trace.jsonl", { headers: token() ? { "Kith-Token": token() } : {} });
  if (!answer.ok) throw new Error((await answer.json().catch(() => ({}))).error ?? `The server answers ${answer.status}`);
  return parseTrace(await answer.text());
}

/**
 * Follows /events. onEvent is given each event once; onStatus is told "connecting", "open",
 * "lost" (it is tried again), "ended" (there will be no more) or "refused" with a reason.
 * Where the server plays a file, onFile is given all of it.
 */
export class Stream {
  constructor({ onEvent, onStatus, onFile }) {
    Object.assign(this, { onEvent, onStatus, onFile });
    this.lastHeard = 0;
    this.seq = 0;
    this.began = "";
  }

  open() {
    this.close();
    this.onStatus("connecting");
    this.waiting = null;
    this.source = new EventSource(withToken("events"));
    this.source.onopen = () => this.heard();
    this.source.onmessage = (m) => this.take(m.data, m.lastEventId);
    this.source.addEventListener("here", () => this.heard());
    this.source.addEventListener("end", () => this.end());
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

  heard() {
    this.lastHeard = Date.now();
    this.onStatus("open");
  }

  // takeFile fetches as a whole what comes from a file anyway: event by event takes much longer.
  async takeFile() {
    this.close();
    try { this.onFile(await fetchPast()); } catch (err) { this.onStatus("refused", err.message); }
  }

  end() {
    this.close();
    this.onStatus("ended");
    // Another mesh may be started at the same place.
    this.again();
  }

  take(data, id) {
    let event;
    try { event = parse(data); } catch (err) {
      this.close();
      this.onStatus("refused", err.message);
      return;
    }
    if (id.startsWith("line-")) {
      this.takeFile();
      return;
    }
    this.heard();
    if (this.waiting) this.waiting.push(event);
    else if (event.kind === "hello" && event.began !== this.began) this.catchUp(event);
    else this.pass(event);
  }

  // catchUp begins with what the server remembers of the time before, so that one can go back to it.
  async catchUp(hello) {
    const waiting = this.waiting = [hello];
    let past = [];
    try { past = await fetchPast(); } catch { /* then the time begins now */ }
    if (this.waiting !== waiting) return; // it was opened again meanwhile
    this.waiting = null;
    for (const event of [...past, ...waiting]) this.pass(event);
  }

  /** Hands on an event, unless it was told before, as after a reconnect. */
  pass(event) {
    if (event.kind === "hello" && event.began !== this.began) {
      this.began = event.began ?? "";
      this.seq = 0; // another life of the server, with numbers of its own
    }
    // What is made for one reader has the number of the last event that it stands for.
    const forMe = event.kind === "hello" || event.kind === "picture" || event.kind === "gap";
    if (event.seq < this.seq || (event.seq === this.seq && !forMe)) return;
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
